"""Problems for which a pod that needs the launcher is refused."""

from collections.abc import Iterable, Iterator, Sequence

from vaultkube.problem import Problem
from vaultkube.wire.containers import Container, VolumeMount
from vaultkube.wire.pods import PodSpec, Volume
from webhook.config.annotations import Config
from webhook.config.delivery import Delivery
from webhook.pods import launcher
from webhook.pods.connection import connection_problems
from webhook.pods.container import is_command_known, is_never_pulled
from webhook.pods.facts import Place
from webhook.pods.frompath import FromPaths
from webhook.pods.launcher_variables import variable_problems
from webhook.pods.other_webhooks import copies_launcher
from webhook.pods.references import References
from webhook.pods.transit import transit_problems

_VOLUMES = ("spec", "volumes")
_ONE_WEBHOOK = "if Bank-Vaults' webhook has added it, that has missed a container with references: let only one of the two see this pod"


def config_problems(config: Config, paths: FromPaths) -> Iterator[Problem]:
    """Yield the problems of annotations with which no container can start; `paths` are the annotation's."""
    if paths.problem:
        message = f"annotation vault-env-from-path: {paths.problem}"
        yield Problem("from-path", config.path_of("from_path"), message)
    if any([item.path.startswith("vault:") for item in paths.items]):
        message = "annotation vault-env-from-path: write only the path, without vault: in front"
        yield Problem("from-path", config.path_of("from_path"), message)
    if config.token_audience and config.jwt_file:
        message = "annotations vault-token-audience and vault-jwt-file: set one of them"
        yield Problem("from-path", config.path_of("token_audience"), message)


def container_problems(container: Container, references: References, config: Config) -> Iterator[Problem]:
    """Yield the problems of one container, with paths relative to it."""
    yield from references.problems
    if references.ciphertexts:
        yield from transit_problems(references, config)
    yield from variable_problems(container, references, config)
    yield from connection_problems(container, references, config)
    if not is_command_known(container, config) and is_never_pulled(container):
        message = (
            f"image {container.get('image')} is never pulled (imagePullPolicy: Never), so no registry knows its entry point; "
            "set `command` in the container, or the annotation entrypoint"
        )
        yield Problem("image-never-pulled", ("image",), message)
    for index, mount in enumerate(container.get("volumeMounts") or ()):
        path = (mount.get("mountPath") or "").rstrip("/")
        if path in launcher.MOUNT_PATHS and _is_in_the_way(path, mount, config):
            message = f"mounts volume {mount.get('name')} at {path}, where vault-env needs its own; mount it elsewhere"
            yield Problem("mount", ("volumeMounts", index), message)


def _is_in_the_way(path: str, mount: VolumeMount, config: Config) -> bool:
    """Return whether the webhook mounts another volume at the path."""
    return any(
        own["mountPath"] == path and own["name"] != mount.get("name") for own in launcher.mounts(config)
    )


def repeated_names(places: Iterable[tuple[Place, Container]]) -> Iterator[Problem]:
    """Yield a problem for a container with the name of an earlier one."""
    names: set[str] = set()
    for place, container in places:
        name = container.get("name") or ""
        if name in names:
            message = f"container {name}: another container of the pod has this name, which Kubernetes refuses; rename one of them"
            yield Problem("container-name", ("spec", *place, "name"), message)
        names.add(name)


def name_problems(places: Sequence[tuple[Place, Container]]) -> Iterator[Problem]:
    """Yield the problems of repeated names, and one for a container that has the name of the one that the webhook adds and is
    another.
    """
    yield from repeated_names(places)
    for place, container in places:
        if container.get("name") == launcher.INIT_CONTAINER and not launcher.is_init_container(container):
            remedy = _ONE_WEBHOOK if copies_launcher(container) else "rename it"
            message = (
                f"container {launcher.INIT_CONTAINER} of the pod has the name of the webhook's; {remedy}"
            )
            yield Problem("refused", ("spec", *place), message)


def volume_problems(pod_spec: PodSpec, config: Config) -> Iterator[Problem]:
    """Yield a problem for each volume that has the name of one that the webhook adds, but another content."""
    present = {volume.get("name"): volume for volume in pod_spec.get("volumes") or ()}
    for name in sorted(launcher.VOLUMES & present.keys()):
        if not _is_ours(present[name], config):
            message = f"volume {name} of the pod has the name of a volume that the webhook adds; rename it"
            yield Problem("volume", _VOLUMES, message)
    if config.token_mount and config.token_mount[0] not in present:
        message = (
            f"annotation token-auth-mount: the pod has no volume {config.token_mount[0]}; "
            "add it or correct the name"
        )
        yield Problem("volume", _VOLUMES, message)


def _is_ours(volume: Volume, config: Config) -> bool:
    """Return whether the volume is one that the webhook adds in some delivery, or has a name that it does not add."""
    added = [each for delivery in Delivery for each in launcher.volumes(config, delivery)]
    same_name = [each for each in added if each["name"] == volume["name"]]
    return not same_name or any(launcher.is_volume(volume, each) for each in same_name)
