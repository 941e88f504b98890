"""Names of images."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhook.registry.failures import Kind, RegistryFailure
from webhook.registry.reference import ImageReference, parse_reference, pinned

SHA256 = "sha256:" + "0123456789abcdef" * 4
SHA512 = "sha512:" + "0123456789abcdef" * 8


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("alpine", ("docker.io", "library/alpine", "latest", "")),
        ("alpine:3.20", ("docker.io", "library/alpine", "3.20", "")),
        ("team/app", ("docker.io", "team/app", "latest", "")),
        ("docker.io/alpine", ("docker.io", "library/alpine", "latest", "")),
        ("index.docker.io/team/app:1", ("docker.io", "team/app", "1", "")),
        ("foo:5000", ("docker.io", "library/foo", "5000", "")),
        ("localhost/app", ("localhost", "app", "latest", "")),
        ("localhost:5000/app:v1.2_3-x", ("localhost:5000", "app", "v1.2_3-x", "")),
        ("registry.example.com/a/b/c/d/e/f", ("registry.example.com", "a/b/c/d/e/f", "latest", "")),
        ("vault:8200/x", ("vault:8200", "x", "latest", "")),
        ("[2001:db8::1]:5000/app", ("[2001:db8::1]:5000", "app", "latest", "")),
        (f"quay.io/a/b@{SHA256}", ("quay.io", "a/b", "", SHA256)),
        (f"quay.io/a/b:tag@{SHA512}", ("quay.io", "a/b", "tag", SHA512)),
        ("quay.io/a__b/c--d/e.f", ("quay.io", "a__b/c--d/e.f", "latest", "")),
    ],
)
def test_a_name_is_parsed(image: str, expected: tuple[str, str, str, str]) -> None:
    assert parse_reference(image) == ImageReference(*expected)


@pytest.mark.parametrize(
    "image",
    [
        "",
        " ",
        "/",
        "alpine\n",
        "al pine",
        "Alpine",
        "Foo/bar",
        "quay.io/Foo",
        "http://x/y",
        "https://quay.io/a",
        "a.b//c",
        "a.b/c/",
        "a.b/",
        ".b/c",
        "a..b/c",
        "quay.io:0/a",
        "quay.io:65536/a",
        "quay.io:/a",
        "quay.io:08/a",
        "-a.b/c",
        "a_b.c/d",
        "user@quay.io/a",
        "alpine:",
        "alpine:-x",
        "alpine:a:b",
        f"alpine:{'x' * 129}",
        "alpine@",
        "alpine@sha256:0123",
        f"alpine@{SHA256.upper()}",
        f"alpine@{SHA256}0",
        "alpine@md5:0123456789abcdef0123456789abcdef",
        f"quay.io/{'a' * 256}",
        f"{'a' * 64}.io/x",
        "0123456789abcdef" * 4,
        "[2001:db8::1/app",
        "[:::]/app",
        "quay.io/a___b",
        "quay.io/é",
    ],
)
def test_an_invalid_name_is_refused(image: str) -> None:
    with pytest.raises(RegistryFailure) as caught:
        parse_reference(image)
    assert caught.value.kind is Kind.INVALID_REFERENCE


PART = st.from_regex(r"[a-z0-9]{1,8}(?:(?:[._]|__|-{1,3})[a-z0-9]{1,8}){0,2}", fullmatch=True)
HOST = st.from_regex(r"[a-z0-9]{1,8}(?:\.[a-z0-9]{1,8}){1,2}(?::[1-9][0-9]{0,3})?", fullmatch=True)
TAG = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}", fullmatch=True)


@given(HOST, st.lists(PART, min_size=1, max_size=4), TAG)
def test_every_part_of_a_full_name_survives_parsing(host: str, parts: list[str], tag: str) -> None:
    repository = "/".join(parts)
    assert parse_reference(f"{host}/{repository}:{tag}") == ImageReference(host, repository, tag, "")


@given(st.text(max_size=300))
def test_any_text_is_a_name_or_refused(text: str) -> None:
    try:
        found = parse_reference(text)
    except RegistryFailure as failure:
        assert failure.kind is Kind.INVALID_REFERENCE
        return
    assert (
        found.repository
        and found.tag_or_digest
        and parse_reference(f"{found.name}:{found.tag or 'x'}").repository == found.repository
    )


@pytest.mark.parametrize("image", ["alpine", "alpine:3", f"quay.io/a/b:1@{SHA256}", "localhost:5000/app"])
def test_a_pinned_name_is_read_by_its_digest(image: str) -> None:
    found, before = parse_reference(pinned(image, SHA256)), parse_reference(image)
    assert (found.name, found.tag_or_digest) == (before.name, SHA256)
    assert pinned(pinned(image, SHA256), SHA512) == pinned(image, SHA256)
