"""What is wrong with a pod that needs the launcher, so that it is refused."""

from collections.abc import Iterator, Mapping
from typing import Any

from webhook.config.annotations import Config
from webhook.pods import launcher
from webhook.pods.frompath import FromPaths
from webhook.pods.references import References
from webhook.pods.transit import transit_problems

Document = Mapping[str, Any]


def config_problems(config: Config, paths: FromPaths) -> Iterator[str]:
    """Yield what the annotations say that cannot be, whatever the containers are; `paths` are the annotation's."""
    if paths.problem:
        yield f"annotation vault-env-from-path: {paths.problem}"
    if any(item.path.startswith("vault:") for item in paths.items):
        yield "annotation vault-env-from-path: write the path alone, without vault: in front"
    if config.token_audience and config.jwt_file:
        yield "annotations vault-token-audience and vault-jwt-file: set one of them"


def reference_problems(references: References, config: Config) -> Iterator[str]:
    """Yield what is wrong with the references of one container."""
    yield from references.problems
    yield from transit_problems(references, config)


def mount_problems(container: Document, config: Config) -> Iterator[str]:
    """Yield a problem for each mount of the container that stands where the webhook must mount."""
    taken = {mount["mountPath"]: mount["name"] for mount in launcher.mounts(config)}
    for mount in container.get("volumeMounts") or ():
        path = (mount.get("mountPath") or "").rstrip("/")
        if path in taken and mount.get("name") != taken[path]:
            yield (
                f"container {container.get('name')}: mounts volume {mount.get('name')} at {path}, "
                "where vault-env needs its own; mount it elsewhere"
            )


def name_problems(pod_spec: Document) -> Iterator[str]:
    """Yield a problem for a container that has the name of the one that the webhook adds, and is another."""
    for key in ("initContainers", "containers"):
        for container in pod_spec.get(key) or ():
            if container.get("name") == launcher.INIT_CONTAINER and not launcher.is_init_container(container):
                yield f"container {launcher.INIT_CONTAINER} of the pod has the name of the webhook's; rename it"


def volume_problems(pod_spec: Document, config: Config) -> Iterator[str]:
    """Yield a problem for each volume that has the name of one that the webhook adds, and is another."""
    expected = {volume["name"]: volume for volume in launcher.volumes(config)}
    present = set()
    for volume in pod_spec.get("volumes") or ():
        present.add(volume.get("name"))
        added = expected.get(volume.get("name"))
        if added and not launcher.is_volume(volume, added):
            yield f"volume {volume['name']} of the pod has the name of a volume that the webhook adds; rename it"
    if config.token_mount and config.token_mount[0] not in present:
        yield f"annotation token-auth-mount: the pod has no volume {config.token_mount[0]}; add it or correct the name"
