"""The credentials for an image, as the kubelet selects them."""

import base64
import json
import time

import pytest

from webhook.registry.credentials import ANONYMOUS, Credential, candidates, read_pull_secret
from webhook.registry.failures import Kind, RegistryFailure
from webhook.registry.query import PullSecret
from webhook.registry.reference import parse_reference


def secret(auths: object, name: str = "pull", wrapped: bool = True) -> PullSecret:
    kind = "kubernetes.io/dockerconfigjson" if wrapped else "kubernetes.io/dockercfg"
    content = {"auths": auths} if wrapped else auths
    return PullSecret("team", name, kind, json.dumps(content).encode())


def keys(*names: str) -> PullSecret:
    """A secret in which each key has a user of the same name."""
    return secret({name: {"username": name, "password": "x"} for name in names})


def users(image: str, *secrets: PullSecret) -> list[str]:
    return [credential.username for credential in candidates(parse_reference(image), secrets)]


@pytest.mark.parametrize(
    ("key", "image"),
    [
        ("quay.io", "quay.io/a/b"),
        ("https://quay.io", "quay.io/a/b"),
        ("https://quay.io/", "quay.io/a/b"),
        ("https://quay.io/v1/", "quay.io/a/b"),
        ("quay.io/v2/", "quay.io/a/b"),
        ("quay.io/v2/a", "quay.io/a/b"),
        ("quay.io/team", "quay.io/team-b/x"),
        ("*.example.com", "a.example.com/x"),
        ("*.*.example.com", "a.b.example.com/x"),
        ("reg-?.example.com", "reg-1.example.com/x"),
        ("reg-[0-9].example.com", "reg-1.example.com/x"),
        ("localhost:5000", "localhost:5000/x"),
        ("[2001:db8::1]:5000", "[2001:db8::1]:5000/x"),
        ("docker.io", "alpine"),
        ("docker.io/library", "alpine"),
        ("https://index.docker.io/v1/", "alpine"),
        ("index.docker.io", "docker.io/team/app"),
    ],
)
def test_a_key_is_for_an_image(key: str, image: str) -> None:
    assert users(image, keys(key)) == [key]


@pytest.mark.parametrize(
    ("key", "image"),
    [
        ("quay.io", "quay.io:443/a"),
        ("quay.io:443", "quay.io/a"),
        ("*.example.com", "a.b.example.com/x"),
        ("*.example.com", "example.com/x"),
        ("quay.io/other", "quay.io/a"),
        ("quay.io/v2", "quay.io/a"),
        ("registry-1.docker.io", "alpine"),
        ("*", "quay.io/a"),
        ("[a.example.com", "a.example.com/x"),
        ("", "quay.io/a"),
        ("index.docker.io", "quay.io/a"),
    ],
)
def test_a_key_is_not_for_an_image(key: str, image: str) -> None:
    assert candidates(parse_reference(image), [keys(key)]) == (ANONYMOUS,)


def test_all_matching_keys_are_tried_the_longest_first() -> None:
    assert users("quay.io/team/app", keys("quay.io", "quay.io/team", "quay.io/team/app", "gcr.io")) == [
        "quay.io/team/app",
        "quay.io/team",
        "quay.io",
    ]


def test_the_same_key_is_tried_in_the_order_of_the_secrets() -> None:
    first = secret({"quay.io": {"username": "first", "password": "x"}})
    second = secret({"https://quay.io/v2/": {"username": "second", "password": "x"}})
    assert users("quay.io/a", first, second) == ["first", "second"]
    assert users("quay.io/a", second, first) == ["second", "first"]


def test_two_spellings_of_a_key_in_one_secret_are_both_tried() -> None:
    hub = {"docker.io": {"username": "a", "password": "x"}, "https://docker.io/v2/": {"username": "b"}}
    assert users("alpine", secret(hub)) == ["a", "b"]


def test_the_default_secret_is_tried_after_the_pods_own() -> None:
    found = candidates(parse_reference("quay.io/a"), [keys("quay.io")], [keys("quay.io/a", "gcr.io")])
    assert [credential.username for credential in found] == ["quay.io", "quay.io/a"]


def test_the_key_of_docker_hub_counts_only_where_nothing_else_matches() -> None:
    assert users("alpine", keys("docker.io", "https://index.docker.io/v1/")) == ["docker.io"]


def test_dockercfg_has_no_wrapper() -> None:
    assert users("quay.io/a", secret({"quay.io": {"username": "u", "password": "p"}}, wrapped=False)) == ["u"]


@pytest.mark.parametrize("encoded", ["dXNlcjpwYTpzcw==", "dXNlcjpwYTpzcw", "dXNlcjpw\nYTpzcw==\n"])
def test_auth_counts_more_than_user_and_password(encoded: str) -> None:
    found = candidates(
        parse_reference("quay.io/a"),
        [secret({"quay.io": {"auth": encoded, "username": "x", "password": "y"}})],
    )
    assert found == (Credential("user", "pa:ss"),)


def test_an_identity_token_is_read() -> None:
    found = candidates(parse_reference("quay.io/a"), [secret({"quay.io": {"identitytoken": "refresh"}})])
    assert found == (Credential(identity_token="refresh"),)


@pytest.mark.parametrize("auths", [{}, None, {"quay.io": {}}, {"quay.io": None}, {"": {"username": "u"}}])
def test_an_empty_entry_is_an_anonymous_credential(auths: object) -> None:
    assert candidates(parse_reference("quay.io/a"), [secret(auths)]) == (ANONYMOUS,)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no json",
        b"[]",
        b'{"auths": []}',
        b'{"auths": {"quay.io": "text"}}',
        b'{"auths": {"quay.io": {"auth": "####"}}}',
        b'{"auths": {"quay.io": {"auth": "bm9jb2xvbg=="}}}',
        b'{"auths": {"quay.io": {"password": 7}}}',
        b"\xff",
    ],
)
def test_a_secret_that_cannot_be_read_is_named_but_not_shown(content: bytes) -> None:
    broken = PullSecret("team", "broken", "kubernetes.io/dockerconfigjson", content)
    if not content:  # the kubelet passes over a secret without data
        assert candidates(parse_reference("quay.io/a"), [broken]) == (ANONYMOUS,)
        return
    with pytest.raises(RegistryFailure) as caught:
        candidates(parse_reference("quay.io/a"), [broken])
    assert caught.value.kind is Kind.INVALID_PULL_SECRET
    assert "team/broken" in caught.value.detail


def test_nothing_secret_is_in_a_repr() -> None:
    assert "hidden" not in repr(Credential("user", "hidden", "hidden"))
    assert "hidden" not in repr(PullSecret("team", "pull", "x", b"hidden"))


@pytest.mark.timed
def test_a_pattern_made_to_be_slow_is_matched_fast() -> None:
    started = time.monotonic()
    assert users(f"{'a' * 63}.io/x", keys(f"{'*a' * 30}b.io")) == [""]
    assert time.monotonic() - started < 0.5


@pytest.mark.parametrize(
    ("kind", "key", "there"),
    [
        ("kubernetes.io/dockerconfigjson", ".dockerconfigjson", True),
        ("kubernetes.io/dockercfg", ".dockercfg", True),
        ("kubernetes.io/dockercfg", ".dockerconfigjson", False),
        ("Opaque", ".dockerconfigjson", False),
    ],
)
def test_type_and_key_of_a_secret_must_agree(kind: str, key: str, there: bool) -> None:
    document = {
        "metadata": {"namespace": "team", "name": "pull"},
        "type": kind,
        "data": {key: base64.b64encode(b"{}").decode()},
    }
    expected = PullSecret("team", "pull", kind, b"{}") if there else None
    assert read_pull_secret(document) == expected


def test_the_base64_of_a_manifest_may_have_line_breaks() -> None:
    encoded = base64.b64encode(b'{"quay.io": {}}').decode()
    document = {"type": "kubernetes.io/dockercfg", "data": {".dockercfg": f"{encoded[:8]}\n{encoded[8:]}\n"}}
    found = read_pull_secret(document)
    assert found and found.data == b'{"quay.io": {}}'


@pytest.mark.parametrize("data", [{}, None, {".dockercfg": None}, {".dockercfg": "####"}, {".dockercfg": 7}])
def test_a_secret_without_usable_data_is_no_pull_secret(data: object) -> None:
    assert read_pull_secret({"type": "kubernetes.io/dockercfg", "data": data}) is None


def test_a_secret_that_somebody_made_by_hand_may_have_no_name() -> None:
    document = {"type": "kubernetes.io/dockercfg", "data": {".dockercfg": base64.b64encode(b"{}").decode()}}
    assert read_pull_secret(document) == PullSecret("", "", "kubernetes.io/dockercfg", b"{}")
