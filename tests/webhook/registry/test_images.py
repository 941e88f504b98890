"""Every kind of image on every kind of registry is read as by skopeo."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.servers.accounts import PULLER
from tests.servers.authority import Authority, with_key_usage
from tests.servers.images import image, index
from tests.servers.packages import install_missing
from tests.servers.process import stopping
from tests.servers.registry import Registry
from tests.webhook.registry.conftest import Connect, pull_secrets
from tests.webhook.registry.containers import Containers
from tests.webhook.registry.handmade import artifact, index_of, push_index, without_media_type
from vaultkube.deadline import Deadline
from vaultkube.errors import ImageNotRead
from webhook.registry.client import RegistryClient
from webhook.registry.query import ImageConfig, ImageQuery

ENTRYPOINT, CMD = ["/app", "--flag", "$HOME"], ["serve", "$(X)"]


@pytest.fixture(scope="module")
def containers(session_folder: Path) -> Containers:
    install_missing()
    return Containers(session_folder / "containers")


@pytest.fixture
def client(connect: Connect) -> RegistryClient:
    return connect(CLUSTER_PLATFORMS="linux/amd64,linux/arm64,linux/arm/v7")


def fetch(
    client: RegistryClient, registry: Registry, reference: str, architectures: Sequence[str] = ()
) -> ImageConfig:
    query = ImageQuery(reference, pull_secrets(registry), architectures=tuple(architectures))
    return client.fetch(query, Deadline(10))


def assert_as_skopeo(found: ImageConfig, config: dict[str, Any]) -> None:
    settings = config.get("config") or {}
    assert list(found.entrypoint) == (settings.get("Entrypoint") or [])
    assert list(found.command) == (settings.get("Cmd") or [])
    assert found.os == config["os"]


@pytest.mark.parametrize("form", ["docker", "oci"])
@pytest.mark.parametrize(
    ("entrypoint", "cmd"),
    [(ENTRYPOINT, CMD), (ENTRYPOINT, []), ([], CMD), ([], [])],
    ids=["both", "entrypoint", "cmd", "neither"],
)
def test_an_image_of_buildah_is_read_as_by_skopeo(
    containers: Containers,
    registry: Registry,
    client: RegistryClient,
    form: str,
    entrypoint: list[str],
    cmd: list[str],
) -> None:
    name = f"{form}-{len(entrypoint)}-{len(cmd)}"
    built = containers.build(f"{name}-{registry.mode}", entrypoint, cmd, form)
    reference = containers.push(built, registry, f"buildah/{name}:1")

    found = fetch(client, registry, reference)
    assert_as_skopeo(found, containers.config(registry, reference))
    assert (list(found.entrypoint), list(found.command)) == (entrypoint, cmd)


def test_an_image_with_zstd_layers_is_read(
    containers: Containers, registry: Registry, client: RegistryClient
) -> None:
    built = containers.build(f"zstd-{registry.mode}", ENTRYPOINT, CMD)
    options = ("--format", "oci", "--dest-compress-format", "zstd")
    reference = containers.push(built, registry, "buildah/zstd:1", *options)
    assert_as_skopeo(fetch(client, registry, reference), containers.config(registry, reference))


def test_a_deep_repository_is_read_as_by_skopeo(
    containers: Containers, registry: Registry, client: RegistryClient
) -> None:
    reference = registry.push("a/b/c/d/e/f:1", image(cmd=CMD))
    assert_as_skopeo(fetch(client, registry, reference), containers.config(registry, reference))


@pytest.mark.parametrize("form", ["docker", "oci"])
@pytest.mark.parametrize("architecture", ["amd64", "arm64"])
def test_an_entry_of_an_index_is_read_as_by_skopeo(
    containers: Containers, registry: Registry, client: RegistryClient, form: Any, architecture: str
) -> None:
    both = index(*(image(cmd=[name], architecture=name, form=form) for name in ("arm64", "amd64")), form=form)
    reference = registry.push(f"index/{form}:1", both)
    oracle = containers.config(registry, reference, f"--override-arch={architecture}")
    for named in (reference, f"{reference.rpartition(':')[0]}@{both.digest}"):
        assert_as_skopeo(fetch(client, registry, named, [architecture]), oracle)


def test_a_variant_of_an_index_is_read(
    containers: Containers, registry: Registry, client: RegistryClient
) -> None:
    arms = index(*(image(cmd=[name], architecture="arm", variant=name) for name in ("v5", "v6", "v7")))
    reference = registry.push("index/variants:1", arms)
    oracle = containers.config(registry, reference, "--override-arch=arm", "--override-variant=v7")
    assert_as_skopeo(fetch(client, registry, reference, ["arm"]), oracle)


def test_an_index_that_begins_with_attestations_is_read(
    containers: Containers, registry: Registry, client: RegistryClient
) -> None:
    good, attestation = image(cmd=CMD), artifact("application/vnd.in-toto+json")
    made = index_of(
        attestation, good, platforms=({"os": "unknown", "architecture": "unknown"}, dict(good.platform))
    )
    reference = push_index(registry, "index/attested:1", made, attestation, good)
    assert_as_skopeo(fetch(client, registry, reference), containers.config(registry, reference))


def test_an_entry_without_platform_is_for_linux_on_amd64(registry: Registry, client: RegistryClient) -> None:
    arm, good = image(cmd=["arm"], architecture="arm64"), image(cmd=CMD)
    reference = push_index(
        registry, "index/bare:1", index_of(arm, good, platforms=(dict(arm.platform), None)), arm, good
    )
    assert list(fetch(client, registry, reference, ["amd64"]).command) == CMD


def test_a_manifest_without_media_type_is_read(
    containers: Containers, registry: Registry, client: RegistryClient
) -> None:
    reference = registry.push("bare/manifest:1", without_media_type(image(entrypoint=ENTRYPOINT)))
    assert_as_skopeo(fetch(client, registry, reference), containers.config(registry, reference))


def test_an_index_without_media_type_is_read(
    containers: Containers, registry: Registry, client: RegistryClient
) -> None:
    good = image(cmd=CMD)
    made = index_of(good, platforms=(dict(good.platform),))
    bare = type(made)(
        made.content.replace(f'"mediaType": "{made.media_type}", '.encode(), b"", 1), made.media_type
    )
    assert "mediaType" not in json.loads(bare.content)
    reference = push_index(registry, "bare/index:1", bare, good)
    assert_as_skopeo(fetch(client, registry, reference), containers.config(registry, reference))


def test_an_index_in_an_index_is_read(registry: Registry, client: RegistryClient) -> None:
    amd, arm = image(cmd=CMD), image(cmd=["arm"], architecture="arm64")
    inner = index(amd, arm)
    registry.push("index/nested:inner", inner)
    reference = push_index(registry, "index/nested:1", index_of(inner, platforms=(None,)))
    assert list(fetch(client, registry, reference, ["amd64"]).command) == CMD
    assert list(fetch(client, registry, reference, ["arm64"]).command) == ["arm"]


def test_three_indexes_in_each_other_are_refused(registry: Registry, client: RegistryClient) -> None:
    inner = index(image(cmd=CMD))
    registry.push("index/deep:inner", inner)
    middle = index_of(inner, platforms=(None,))
    registry.put_manifest("index/deep", "middle", middle)
    outer = index_of(type(inner)(middle, ()), platforms=(None,))
    reference = push_index(registry, "index/deep:1", outer)
    with pytest.raises(ImageNotRead, match="INVALID_ANSWER"):
        fetch(client, registry, reference)


def test_an_artifact_that_is_not_an_image_is_refused(registry: Registry, client: RegistryClient) -> None:
    with pytest.raises(ImageNotRead, match="NOT_AN_IMAGE"):
        fetch(client, registry, registry.push("artifact/chart:1", artifact()))


def test_a_missing_tag_is_a_failure(registry: Registry, client: RegistryClient) -> None:
    with pytest.raises(ImageNotRead, match="MANIFEST_UNKNOWN"):
        fetch(client, registry, registry.reference("absent/app:1"))


def test_an_image_for_windows_is_recognised(
    containers: Containers, registry: Registry, client: RegistryClient
) -> None:
    made = image(cmd=["cmd.exe"])
    windows = made.blobs[0].content.replace(b'"os": "linux"', b'"os": "windows"')
    config = type(made.blobs[0])(windows, made.blobs[0].media_type)
    manifest = json.loads(made.manifest.content) | {"config": config.descriptor}
    changed = type(made)(
        type(config)(json.dumps(manifest).encode(), made.manifest.media_type), (config, made.blobs[1]), {}
    )
    found = fetch(client, registry, registry.push("windows/app:1", changed))
    assert found.os == "windows"
    assert found.warnings == ("the image is for windows/amd64, which is not a platform of the pod",)


def test_an_index_without_a_platform_of_the_cluster_is_refused(
    registry: Registry, client: RegistryClient
) -> None:
    reference = registry.push("index/s390x:1", index(image(cmd=CMD, architecture="s390x")))
    with pytest.raises(ImageNotRead, match=r"NO_PLATFORM.*CLUSTER_PLATFORMS"):
        fetch(client, registry, reference)


@pytest.fixture(params=["anonymous", "basic"])
def old_registry(
    request: pytest.FixtureRequest, session_folder: Path, authority: Authority
) -> Iterator[Registry]:
    """Debian's registry 2.8.2, which still converts images to schema 1 for those who ask."""
    install_missing()
    folder = session_folder / f"old-registry-{request.param}"
    with stopping(
        Registry(folder, authority, request.param, binary=Path("/usr/bin/docker-registry"))
    ) as server:
        server.wait()
        yield server


_CROSS_CHECK = """
import json, sys
from docker_registry_client import DockerRegistryClient
host, repository, tag, user, password, ca = sys.argv[1:]
options = {"username": user, "password": password} if user else {}
manifest, _ = DockerRegistryClient(f"https://{host}", verify_ssl=ca, api_version=2, **options).repository(repository).manifest(tag)
config = json.loads(manifest["history"][0]["v1Compatibility"])["config"]
print(json.dumps([config.get("Entrypoint") or [], config.get("Cmd") or []]))
"""


@pytest.mark.parametrize(
    ("entrypoint", "cmd"), [(ENTRYPOINT, CMD), (ENTRYPOINT, [])], ids=["both", "entrypoint"]
)
def test_docker_registry_client_reads_the_same_from_schema_1(
    containers: Containers,
    old_registry: Registry,
    client: RegistryClient,
    entrypoint: list[str],
    cmd: list[str],
) -> None:
    built = containers.build(f"schema1-{old_registry.mode}-{len(cmd)}", entrypoint, cmd, "docker")
    repository = f"cross/check-{len(cmd)}"
    reference = containers.push(built, old_registry, f"{repository}:1", "--format", "v2s2")
    found = fetch(client, old_registry, reference)

    account = (PULLER.name, PULLER.password) if old_registry.mode == "basic" else ("", "")
    arguments = [
        old_registry.host,
        repository,
        "1",
        *account,
        str(with_key_usage(old_registry.endpoint.ca_file)),
    ]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _CROSS_CHECK, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [list(found.entrypoint), list(found.command)] == [entrypoint, cmd]
