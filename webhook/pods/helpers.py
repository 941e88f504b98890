"""Bank-Vaults' helpers in a pod: the mounts of their files in its containers, and the helpers themselves."""

from collections.abc import Iterator
from typing import NamedTuple

from vaultkube.problem import Problem
from vaultkube.wire.containers import Container, VolumeMount
from vaultkube.wire.pods import ContainerList, PodSpec
from webhook.config.annotations import Config
from webhook.config.helpers import files_path, has_agent_sidecar, writes_token
from webhook.pods import launcher
from webhook.pods.agent import AGENT
from webhook.pods.facts import (
    ALWAYS,
    INIT_CONTAINERS,
    find_containers,
    is_native,
    with_containers,
    with_volumes,
)
from webhook.pods.frompath import read_from_paths
from webhook.pods.helper_containers import (
    TEMPLATE,
    Helpers,
    agent_container,
    template_container,
    token_container,
)
from webhook.pods.helper_volumes import AGENT_SECRETS, TEMPLATE_SECRETS, helper_volumes
from webhook.pods.launcher import Launcher, is_init_container
from webhook.pods.problems import config_problems, volume_problems

_NAMES = (AGENT, TEMPLATE)


class Helper(NamedTuple):
    """A container to add, and the list of the PodSpec that it belongs to."""

    container: Container
    key: ContainerList


def find_helpers(pod_spec: PodSpec, added: Launcher) -> Helpers | None:
    """Return the helpers that the annotations request, None if they request none."""
    config = added.config
    is_requested = writes_token(config) or config.template_configmap or has_agent_sidecar(config)
    return Helpers(added, pod_spec) if is_requested else None


def has_token(pod_spec: PodSpec) -> bool:
    """Return whether an init container of the pod writes the token."""
    return any(container.get("name") == AGENT for container in pod_spec.get(INIT_CONTAINERS) or ())


def is_needed(helpers: Helpers, has_references: bool) -> bool:
    """Return whether the pod gets its helpers: always if they write files, for a login only if there are references.

    A pod gets no login if an earlier review, without references, has mounted the launcher as an image: no init container
    can write a token there.
    """
    config = helpers.config
    takes_token = not any(
        volume.get("name") == launcher.VOLUME and "image" in volume
        for volume in helpers.pod_spec.get("volumes") or ()
    )
    return (has_references and takes_token) or bool(config.template_configmap or config.agent_configmap)


def mount_files(pod_spec: PodSpec, helpers: Helpers) -> PodSpec:
    """Return the PodSpec in which containers mount the files of helpers, with the launcher's volume in memory."""
    config, new = helpers.config, pod_spec.copy()
    volume = TEMPLATE_SECRETS if config.template_configmap else AGENT_SECRETS
    mount: VolumeMount = {"name": volume, "mountPath": files_path(config)}

    def mounting(key: ContainerList, container: Container) -> Container:
        return _mounting(container, mount) if _gets_files(key, container, config) else container

    if config.template_configmap or config.agent_configmap:
        new = with_containers(pod_spec, mounting)
    new["volumes"] = with_volumes(pod_spec, helper_volumes(config, pod_spec))
    return new


def _gets_files(key: ContainerList, container: Container, config: Config) -> bool:
    if is_init_container(container) or container.get("name") in _NAMES:
        return False
    if key == INIT_CONTAINERS and container.get("restartPolicy") != ALWAYS:
        return bool(config.template_configmap and config.template_once and config.template_in_init_containers)
    return True


def _mounting(container: Container, mount: VolumeMount) -> Container:
    present = container.get("volumeMounts") or []
    is_there = any(other.get("name") == mount["name"] for other in present)
    return container if is_there else {**container, "volumeMounts": [*present, mount]}


def with_helpers(pod_spec: PodSpec, helpers: Helpers) -> PodSpec:
    """Return the PodSpec with its helpers.

    The login is the first init container, consul-template in `once` mode follows the launcher's copy, and helpers that
    run on are the first of the containers.
    """
    new = pod_spec.copy()
    for container, key in _helpers(helpers):
        present = new.get(key) or []
        if container["name"] not in {each.get("name") for _, each in find_containers(new)}:
            place = (
                0 if container["name"] == AGENT or key != INIT_CONTAINERS else _place_behind_copies(present)
            )
            new[key] = [*present[:place], container, *present[place:]]
    if _shares_processes(helpers.config, pod_spec):
        new["shareProcessNamespace"] = True
    return new


def _shares_processes(config: Config, pod_spec: PodSpec) -> bool:
    """Return whether a helper that writes files may see the processes of the program, and so signal it.

    A pod with the host's processes allows that already. A pod that refuses is respected, unless an annotation decides.
    """
    if not (config.template_configmap or has_agent_sidecar(config)):
        return False
    annotated = config.template_share_processes if config.template_configmap else config.agent_share_processes
    is_open = "shareProcessNamespace" not in pod_spec and not pod_spec.get("hostPID")
    return is_open if annotated is None else annotated


def _place_behind_copies(present: list[Container]) -> int:
    """Return the first place after the launcher's copy and the container vault-agent."""
    ours = [
        index
        for index, container in enumerate(present)
        if is_init_container(container) or container.get("name") == AGENT
    ]
    return max(ours, default=-1) + 1


def _helpers(helpers: Helpers) -> Iterator[Helper]:
    config = helpers.config
    if writes_token(config):
        yield Helper(token_container(helpers), INIT_CONTAINERS)
    if config.template_configmap:
        made = template_container(helpers)
        yield Helper(made, INIT_CONTAINERS) if config.template_once else _staying(made, helpers)
    if has_agent_sidecar(config):
        yield _staying(agent_container(helpers), helpers)


def _staying(container: Container, helpers: Helpers) -> Helper:
    """Return the helper beside the program: a native sidecar if that is set, or if the pod ends by itself."""
    if is_native(helpers.config.sidecar, helpers.pod_spec):
        return Helper({**container, "restartPolicy": ALWAYS}, INIT_CONTAINERS)
    return Helper(container, "containers")


def problems_of_helpers(pod_spec: PodSpec, helpers: Helpers) -> Iterator[Problem]:
    """Yield the problems of the login, and one for each container, volume and mount of the pod that conflicts with a helper's."""
    config = helpers.config
    yield from config_problems(config, read_from_paths(config.from_path))
    yield from volume_problems(pod_spec, config)
    present = {container.get("name"): (place, container) for place, container in find_containers(pod_spec)}
    for made, _ in _helpers(helpers):
        place, container = present.get(made["name"], (None, made))
        if place and any(container.get(field) != made.get(field) for field in ("command", "args")):
            message = f"container {made['name']} has the name of one that the webhook adds: rename it"
            yield Problem("helper", ("spec", *place), message)
    volumes = {volume.get("name"): volume for volume in pod_spec.get("volumes") or ()}
    for volume in helper_volumes(config, helpers.pod_spec):
        name = volume["name"]
        if name not in launcher.VOLUMES and not launcher.is_volume(volumes.get(name, volume), volume):
            message = f"volume {name} of the pod has the name of a volume that the webhook adds: rename it"
            yield Problem("volume", ("spec", "volumes"), message)
    yield from _mounts_in_the_way(pod_spec, config)


def _mounts_in_the_way(pod_spec: PodSpec, config: Config) -> Iterator[Problem]:
    if not (config.template_configmap or config.agent_configmap):
        return
    own = TEMPLATE_SECRETS if config.template_configmap else AGENT_SECRETS
    for place, container in find_containers(pod_spec):
        for index, mount in enumerate(container.get("volumeMounts") or ()):
            is_there = (mount.get("mountPath") or "").rstrip("/") == files_path(config)
            if is_there and mount.get("name") != own and _gets_files(place[0], container, config):
                message = (
                    f"container {container.get('name')}: mounts volume {mount.get('name')} at {files_path(config)}, where the "
                    "files of the helper are to be: mount it elsewhere, or set vault-configfile-path"
                )
                yield Problem("mount", ("spec", *place, "volumeMounts", index), message)
