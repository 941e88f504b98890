"""Manifests, indexes and configurations, read strictly."""

import json
from typing import Any

import pytest

from webhook.registry.failures import Kind, RegistryFailure
from webhook.registry.manifests import Config, Index, Manifest, digest_of, parse_config, parse_manifest
from webhook.registry.platforms import Platform

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
DIGEST = digest_of(b"content")
DESCRIPTOR = {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": DIGEST, "size": 7}
ENTRY = {"mediaType": MANIFEST, "digest": DIGEST, "size": 7}


def encoded(document: Any) -> bytes:
    return json.dumps(document).encode()


def manifest(**changes: Any) -> bytes:
    return encoded({"schemaVersion": 2, "mediaType": MANIFEST, "config": DESCRIPTOR, "layers": [], **changes})


def index(*entries: Any, **changes: Any) -> bytes:
    return encoded({"schemaVersion": 2, "mediaType": INDEX, "manifests": list(entries), **changes})


def kind_of(content: bytes, content_type: str = "") -> Kind:
    with pytest.raises(RegistryFailure) as caught:
        parse_manifest(content, content_type)
    return caught.value.kind


def test_the_documents_own_type_counts_more_than_the_header() -> None:
    assert isinstance(parse_manifest(manifest(), INDEX), Manifest)
    assert isinstance(parse_manifest(index(ENTRY), "text/plain"), Index)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b"\xff\xfe{}",
        "\ufeff{}".encode(),
        b'{"a": NaN}',
        b'{"a": 1, "a": 2}',
        b"{}",
        index(ENTRY, config=DESCRIPTOR),
        index(ENTRY, layers=[]),
        manifest(mediaType=INDEX),
        index(ENTRY, mediaType=MANIFEST),
        manifest(config=None),
        manifest(config=[]),
        manifest(config={**DESCRIPTOR, "digest": "sha256:0"}),
        manifest(config={**DESCRIPTOR, "digest": "md5:" + "0" * 32}),
        manifest(config={**DESCRIPTOR, "size": -1}),
        manifest(config={**DESCRIPTOR, "size": "7"}),
        manifest(config={**DESCRIPTOR, "size": True}),
        manifest(Config=DESCRIPTOR),
        index(7),
        index(*[ENTRY] * 1001),
        index({**ENTRY, "platform": "linux"}),
        encoded({"schemaVersion": 2, "mediaType": INDEX, "manifests": {}}),
    ],
)
def test_malformed_or_ambiguous_documents_are_refused(content: bytes) -> None:
    assert kind_of(content) is Kind.INVALID_ANSWER


@pytest.mark.parametrize(
    "content",
    [
        encoded({"schemaVersion": 1, "fsLayers": []}),
        manifest(mediaType="application/vnd.other+json"),
        manifest(mediaType=["x"]),
        encoded({"mediaType": "application/vnd.oci.artifact.manifest.v1+json", "blobs": []}),
        manifest(config={**DESCRIPTOR, "mediaType": "application/vnd.cncf.helm.config.v1+json"}),
    ],
)
def test_a_document_that_is_not_of_an_image_is_refused(content: bytes) -> None:
    assert kind_of(content) is Kind.NOT_AN_IMAGE


def test_attestations_and_artifacts_are_left_out_of_an_index() -> None:
    found = parse_manifest(
        index(
            {**ENTRY, "platform": {"os": "unknown", "architecture": "unknown"}},
            {**ENTRY, "annotations": {"vnd.docker.reference.type": "attestation-manifest"}},
            {**ENTRY, "mediaType": "application/vnd.other+json"},
            {**ENTRY, "mediaType": ["x"]},
            {**ENTRY, "platform": {"os": "linux", "architecture": "arm64"}},
        ),
        "",
    )
    assert isinstance(found, Index)
    assert [entry.platform for entry in found.entries] == [Platform("linux", "arm64")]


def test_an_image_that_an_old_docker_has_pushed_is_an_image() -> None:
    """https://github.com/distribution/distribution/issues/1622"""
    assert isinstance(
        parse_manifest(manifest(config={**DESCRIPTOR, "mediaType": "application/octet-stream"}), ""), Manifest
    )


def test_entries_that_name_their_platform_come_first() -> None:
    other = digest_of(b"other")
    named = {**ENTRY, "digest": other, "platform": {"os": "linux", "architecture": "amd64"}}
    found = parse_manifest(index(ENTRY, named, {**ENTRY, "platform": None}), "")
    assert isinstance(found, Index)
    assert [entry.digest for entry in found.entries] == [other, DIGEST, DIGEST]


@pytest.mark.parametrize(
    ("settings", "entrypoint", "command"),
    [
        ({"Entrypoint": ["/a"], "Cmd": ["b"]}, ("/a",), ("b",)),
        ({"Entrypoint": None, "Cmd": []}, (), ()),
        ({}, (), ()),
        (None, (), ()),
        ({"Entrypoint": [""], "Cmd": ["/app"]}, (), ("/app",)),
        ({"Entrypoint": ["", "a"], "Cmd": [""]}, ("", "a"), ("",)),
        ({"Cmd": ["é", "", "$(X)", "\n"]}, (), ("é", "", "$(X)", "\n")),
    ],
)
def test_a_configuration_is_read(
    settings: Any, entrypoint: tuple[str, ...], command: tuple[str, ...]
) -> None:
    content = encoded({"os": "linux", "architecture": "arm64", "config": settings})
    assert parse_config(content) == Config(entrypoint, command, Platform("linux", "arm64"))


@pytest.mark.parametrize(
    "settings",
    [
        "text",
        [],
        {"Cmd": "text"},
        {"Cmd": [1]},
        {"Cmd": ["a\0b"]},
        {"Cmd": ["\ud800"]},
        {"Cmd": ["x"] * 257},
        {"Cmd": ["x" * 200_000]},
        {"cmd": ["x"]},
        {"Cmd": ["x"], "cmd": ["y"]},
    ],
)
def test_a_configuration_that_cannot_be_a_command_line_is_refused(settings: Any) -> None:
    with pytest.raises(RegistryFailure) as caught:
        parse_config(encoded({"config": settings}))
    assert caught.value.kind is Kind.INVALID_ANSWER


def test_digests_are_of_both_algorithms() -> None:
    assert digest_of(b"", "sha512:").startswith("sha512:cf83e1357eefb8bd")
    assert digest_of(b"").startswith("sha256:e3b0c44298fc1c14")
