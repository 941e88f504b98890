"""The client on the real registry: open, with Basic and with Bearer authentication."""

import json
from typing import Any

import pytest

from tests.servers.images import Blob, Image, Index, image, index
from tests.servers.registry import Registry
from tests.webhook.registry import hostile
from tests.webhook.registry.conftest import Connect, pull_secrets
from tests.webhook.registry.hostile_server import HostileServer
from vaultkube.deadline import Deadline
from vaultkube.errors import ImageNotRead
from webhook.registry.client import RegistryClient
from webhook.registry.query import ImageConfig, ImageQuery

BOTH: dict[str, Any] = {"entrypoint": ["/app", "--flag"], "cmd": ["serve", "$HOME", "$(X)"]}
AMD, ARM = image(**BOTH), image(**BOTH, architecture="arm64")


def fetch(client: RegistryClient, registry: Registry, reference: str, *architectures: str) -> ImageConfig:
    query = ImageQuery(reference, pull_secrets(registry), architectures=architectures)
    return client.fetch(query, Deadline(10))


@pytest.mark.parametrize("form", ["docker", "oci"])
@pytest.mark.parametrize(
    "settings",
    [BOTH, {"entrypoint": ["/app"]}, {"cmd": ["sh"]}, {}],
    ids=["both", "entrypoint only", "cmd only", "neither"],
)
def test_entrypoint_and_command_are_read_as_they_are(
    registry: Registry, connect: Connect, form: str, settings: dict[str, list[str]]
) -> None:
    pushed = image(**settings, form=form)  # type: ignore[arg-type]
    found = fetch(connect(), registry, registry.push("team/plain:1", pushed))

    assert (found.entrypoint, found.command) == (
        tuple(settings.get("entrypoint", ())),
        tuple(settings.get("cmd", ())),
    )
    assert (found.digest, found.os) == (pushed.digest, "linux")


@pytest.mark.parametrize("form", ["docker", "oci"])
def test_the_pinned_architecture_of_an_index_is_read(registry: Registry, connect: Connect, form: str) -> None:
    arm, amd = (image(cmd=[name], architecture=name, form=form) for name in ("arm64", "amd64"))  # type: ignore[arg-type]
    reference = registry.push("team/both:1", index(arm, amd, form=form))  # type: ignore[arg-type]

    client = connect()
    assert fetch(client, registry, reference, "arm64").command == ("arm64",)
    assert fetch(client, registry, reference, "amd64").command == ("amd64",)


def test_without_a_pin_all_platforms_of_an_index_must_agree(registry: Registry, connect: Connect) -> None:
    agreeing = registry.push("team/agree:1", index(ARM, AMD))
    differing = registry.push("team/differ:1", index(ARM, image(cmd=["other"])))

    client = connect()
    assert fetch(client, registry, agreeing).command == tuple(BOTH["cmd"])
    with pytest.raises(ImageNotRead, match=r"PLATFORMS_DIFFER.*pin the pod"):
        fetch(client, registry, differing)


def test_an_image_without_the_architecture_that_the_pod_pins_says_so(
    server: HostileServer, client: RegistryClient
) -> None:
    only_amd = _index(AMD, platforms=[{"architecture": "amd64", "os": "linux"}])
    reference = server.serve("app", hostile.image(manifest=only_amd.manifest.content))
    with pytest.raises(ImageNotRead, match=r"NO_PLATFORM.*\(linux/arm64, to which the pod pins itself"):
        client.fetch(ImageQuery(reference, architectures=("arm64",)), Deadline(10))


def test_an_image_can_be_named_by_its_digest(registry: Registry, connect: Connect) -> None:
    both = index(ARM, AMD)
    reference = registry.push("team/digest:1", both)
    name, _, _ = reference.rpartition(":")

    found = fetch(connect(), registry, f"{name}:ignored@{both.digest}")
    assert found.digest == both.digest
    assert found.command == tuple(BOTH["cmd"])


def test_the_digest_is_that_of_the_manifest_or_index_of_the_name(
    registry: Registry, connect: Connect
) -> None:
    both = index(ARM, AMD)
    assert fetch(connect(), registry, registry.push("team/pin:1", both)).digest == both.digest


def test_a_missing_image_is_named_in_one_line(registry: Registry, connect: Connect) -> None:
    with pytest.raises(ImageNotRead) as caught:
        fetch(connect(), registry, registry.reference("team/absent:1"))
    text = str(caught.value)
    assert text.startswith(
        f"cannot fetch image descriptor: GET https://{registry.host}/v2/team/absent/manifests/1: MANIFEST_UNKNOWN: "
    )
    assert "\n" not in text


@pytest.mark.parametrize("registry", ["basic", "bearer"], indirect=True)
def test_a_missing_pull_secret_is_unauthorized_with_its_remedy(registry: Registry, connect: Connect) -> None:
    reference = registry.push("team/private:1", AMD)
    with pytest.raises(
        ImageNotRead, match=r"^cannot fetch image descriptor: GET .*: UNAUTHORIZED: .*imagePullSecrets"
    ):
        connect().fetch(ImageQuery(reference, ()), Deadline(10))


def test_a_registry_that_is_not_listed_as_internal_is_not_connected_to(
    anonymous_registry: Registry, connect: Connect
) -> None:
    reference = anonymous_registry.push("team/plain:1", AMD)
    client = connect(REGISTRY_PRIVATE_HOSTS="*")
    with pytest.raises(ImageNotRead, match="UNREACHABLE"):
        fetch(client, anonymous_registry, reference)


def test_an_unknown_certificate_authority_is_refused(anonymous_registry: Registry, connect: Connect) -> None:
    reference = anonymous_registry.push("team/plain:1", AMD)
    client = connect(REGISTRY_CA_FILE="")
    with pytest.raises(ImageNotRead, match=r"UNTRUSTED_CERTIFICATE.*REGISTRY_CA_FILE"):
        fetch(client, anonymous_registry, reference)


def test_an_attestation_before_the_image_is_skipped(registry: Registry, connect: Connect) -> None:
    attestation = image(cmd=["attestation"], architecture="unknown")
    reference = registry.push(
        "team/attested:1",
        _index(attestation, AMD, platforms=[{"architecture": "unknown", "os": "unknown"}, None]),
    )
    assert fetch(connect(), registry, reference).command == tuple(BOTH["cmd"])


def _index(*images: Image, platforms: list[dict[str, str] | None]) -> Index:
    """An index in which each image has the platform given (None: no `platform` at all)."""
    body = json.loads(index(*images).manifest.content)
    for entry, platform in zip(body["manifests"], platforms, strict=True):
        entry.pop("platform")
        entry.update({"platform": platform} if platform else {})
    return Index(Blob(json.dumps(body).encode(), body["mediaType"]), images)
