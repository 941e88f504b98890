"""Credentials for a registry, and the message if it accepts none."""

import json
import logging

import pytest

from tests.servers.accounts import PULLER
from tests.servers.authority import Authority
from tests.servers.images import image
from tests.servers.registry import Registry
from tests.servers.tokens import REFRESH_PREFIX
from tests.webhook.registry.conftest import Connect, pull_secrets
from vaultkube.deadline import Deadline
from vaultkube.errors import ImageNotRead
from webhook.registry.query import ImageQuery, PullSecret

PRIVATE = pytest.mark.parametrize("registry", ["basic", "bearer"], indirect=True)


def secret(key: str, name: str = "pull", **entry: str) -> PullSecret:
    content = json.dumps({"auths": {key: entry}}).encode()
    return PullSecret("team", name, "kubernetes.io/dockerconfigjson", content)


def right(registry: Registry, key: str = "") -> PullSecret:
    return secret(key or registry.host, username=PULLER.name, password=PULLER.password)


def wrong(registry: Registry, key: str = "") -> PullSecret:
    return secret(key or registry.host, username="somebody", password="hidden-password")


@pytest.fixture
def reference(registry: Registry) -> str:
    return registry.push("access/app:1", image(cmd=["x"]))


@PRIVATE
def test_every_secret_that_matches_is_tried(registry: Registry, reference: str, connect: Connect) -> None:
    narrow = wrong(registry, f"{registry.host}/access")
    query = ImageQuery(reference, (wrong(registry), narrow, right(registry)))
    assert connect().fetch(query, Deadline(10)).command == ("x",)


@PRIVATE
def test_the_default_secret_is_tried_after_the_pods_own(
    registry: Registry, reference: str, connect: Connect
) -> None:
    query = ImageQuery(reference, (wrong(registry),), default_secrets=(right(registry),))
    assert connect().fetch(query, Deadline(10)).command == ("x",)


@pytest.mark.parametrize("registry", ["anonymous"], indirect=True)
def test_an_open_registry_is_read_with_an_unneeded_credential(
    registry: Registry, reference: str, connect: Connect
) -> None:
    assert connect().fetch(ImageQuery(reference, (wrong(registry),)), Deadline(10)).command == ("x",)


@pytest.mark.parametrize("registry", ["bearer"], indirect=True)
def test_an_identity_token_is_exchanged(registry: Registry, reference: str, connect: Connect) -> None:
    token = secret(registry.host, identitytoken=REFRESH_PREFIX + PULLER.name)
    assert connect().fetch(ImageQuery(reference, (token,)), Deadline(10)).command == ("x",)
    with pytest.raises(ImageNotRead, match="UNAUTHORIZED"):
        connect().fetch(ImageQuery(reference, (secret(registry.host, identitytoken="other"),)), Deadline(10))


@PRIVATE
def test_no_credential_is_in_a_message_or_the_log(
    registry: Registry, reference: str, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), pytest.raises(ImageNotRead) as caught:
        connect().fetch(ImageQuery(reference, (wrong(registry),)), Deadline(10))
    message = f"{caught.value} {caplog.text} {wrong(registry)!r}"
    assert "UNAUTHORIZED" in message and reference in message
    assert "hidden-password" not in message and "Authorization" not in message


def test_a_secret_that_cannot_be_read_is_named(registry: Registry, reference: str, connect: Connect) -> None:
    broken = PullSecret("team", "broken", "kubernetes.io/dockerconfigjson", b"hidden-password")
    with pytest.raises(ImageNotRead, match=r"INVALID_PULL_SECRET: .*team/broken") as caught:
        connect().fetch(ImageQuery(reference, (broken, *pull_secrets(registry))), Deadline(10))
    assert "hidden-password" not in str(caught.value)


@PRIVATE
def test_pull_secrets_for_other_images_are_named(
    registry: Registry, reference: str, connect: Connect
) -> None:
    query = ImageQuery(reference, (right(registry, "127.0.0.1"),))
    message = f"UNAUTHORIZED: .*no entry of the pull secrets is for {registry.host}/access/app"
    with pytest.raises(ImageNotRead, match=message):
        connect().fetch(query, Deadline(10))


@PRIVATE
def test_missing_pull_secrets_are_named_if_they_may_be_the_cause(
    registry: Registry, reference: str, connect: Connect
) -> None:
    missing = "missing or not of a type for registries: pull secret pull-b"
    with pytest.raises(ImageNotRead, match=f"UNAUTHORIZED: .*{missing}"):
        connect().fetch(ImageQuery(reference, missing_secrets=("pull-b",)), Deadline(10))
    query = ImageQuery(reference, (right(registry),), missing_secrets=("pull-b",))
    assert missing in connect().fetch(query, Deadline(10)).warnings[0]


def test_an_invalid_name_is_quoted_in_the_message(connect: Connect) -> None:
    with pytest.raises(ImageNotRead, match=r"image 'Foo/bar': INVALID_REFERENCE: .*\(the repository is not"):
        connect().fetch(ImageQuery("Foo/bar"), Deadline(10))


def test_a_mirror_is_read_in_place_of_its_registry(registry: Registry, connect: Connect) -> None:
    registry.push("hub/library/mirrored:1", image(cmd=["mirrored"]))
    client = connect(REGISTRY_MIRRORS=f"docker.io={registry.host}/hub")
    found = client.fetch(ImageQuery("mirrored:1", pull_secrets(registry)), Deadline(10))
    assert found.command == ("mirrored",)


@PRIVATE
def test_credentials_of_a_registry_do_not_go_to_its_mirror(registry: Registry, connect: Connect) -> None:
    registry.push("hub/library/mirrored:1", image(cmd=["mirrored"]))
    client = connect(REGISTRY_MIRRORS=f"docker.io={registry.host}/hub")
    with pytest.raises(ImageNotRead, match="UNAUTHORIZED"):
        client.fetch(ImageQuery("mirrored:1", (right(registry, "docker.io"),)), Deadline(10))


def test_skipping_verification_is_ignored_with_a_warning_unless_the_operator_allows_it(
    registry: Registry, reference: str, connect: Connect, authority: Authority
) -> None:
    query = ImageQuery(reference, pull_secrets(registry), skip_verify=True)
    assert "registry-skip-verify is ignored" in connect().fetch(query, Deadline(10)).warnings[0]

    with pytest.raises(ImageNotRead, match=r"UNTRUSTED_CERTIFICATE.*registry-skip-verify is ignored"):
        connect(REGISTRY_CA_FILE="").fetch(query, Deadline(10))
    allowed = connect(REGISTRY_CA_FILE="", REGISTRY_ALLOW_SKIP_VERIFY="true")
    assert allowed.fetch(query, Deadline(10)).warnings == ()


def test_an_image_that_may_only_be_on_the_nodes_is_explained(registry: Registry, connect: Connect) -> None:
    query = ImageQuery(registry.reference("access/absent:1"), pull_secrets(registry), pull_policy="Never")
    with pytest.raises(ImageNotRead, match="imagePullPolicy is Never"):
        connect().fetch(query, Deadline(10))
