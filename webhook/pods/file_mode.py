"""File mode of HashiCorp's annotations in a pod: the volumes in its containers, and the containers of the agent."""

import json
from collections.abc import Iterator
from dataclasses import replace

from vaultkube.documents.patching import patched
from vaultkube.problem import Problem
from vaultkube.wire.containers import Container, VolumeMount
from vaultkube.wire.pods import ContainerList, PodSpec
from webhook.config.hashicorp.file_mode import FileMode
from webhook.config.hashicorp.files import folders_among
from webhook.config.hashicorp.login import Origin, about
from webhook.pods.agent import (
    AGENT,
    INIT_AGENT,
    agent_container,
    agent_volumes,
    role_mounts,
    secret_places,
)
from webhook.pods.agent_account import account_problems, token_path
from webhook.pods.agent_role import Agent, Role
from webhook.pods.agent_user import user_problems
from webhook.pods.container import writable
from webhook.pods.facts import (
    ALWAYS,
    INIT_CONTAINERS,
    ends_by_itself,
    find_containers,
    is_native,
    with_containers,
    with_volumes,
)
from webhook.pods.launcher import Launcher, is_init_container
from webhook.pods.plan import MOST_ADDED

_PATCHES = {Role.INIT: "init_json_patch", Role.SIDECAR: "json_patch", Role.NATIVE: "json_patch"}


def has_agent(pod_spec: PodSpec) -> bool:
    """Return whether the pod has a container with an agent's name, whichever webhook has added it."""
    return any(container.get("name") in (AGENT, INIT_AGENT) for _, container in find_containers(pod_spec))


def find_agent(pod_spec: PodSpec, mode: FileMode, launcher: Launcher) -> Agent:
    """Return the agent of the pod."""
    config = launcher.config
    path = token_path(config, mode, pod_spec)
    if path and not config.jwt_file:
        launcher = launcher.with_config(replace(config, jwt_file=path, token_audience=""))
    return Agent(mode, launcher, _roles(mode, pod_spec), pod_spec)


def _roles(mode: FileMode, pod_spec: PodSpec) -> tuple[Role, ...]:
    agent = mode.agent
    init = (Role.INIT,) if agent.pre_populate else ()
    if agent.pre_populate_only:
        return init
    if agent.configmap:
        return (*init, Role.SIDECAR)
    if is_native(mode.sidecar, pod_spec):
        return (Role.NATIVE,)
    return (*init, Role.SIDECAR)


def mount_secrets(pod_spec: PodSpec, agent: Agent) -> PodSpec:
    """Return the PodSpec in which containers mount the volumes of the files, read-only unless annotated otherwise."""
    mode = agent.mode
    mounts = [_secret_mount(name, path, mode) for name, path in secret_places(mode)]

    def mounting(key: ContainerList, container: Container) -> Container:
        if not gets_files(key, container, mode):
            return container
        return {**container, "volumeMounts": _with_secrets(container, mounts)}

    return with_containers(pod_spec, mounting)


def too_many_mounts(pod_spec: PodSpec, mode: FileMode) -> Iterator[Problem]:
    """Yield a problem if the mounts of all containers are longer than what can be stored."""
    mounts = [_secret_mount(name, path, mode) for name, path in secret_places(mode)]
    number = sum(gets_files(place[0], container, mode) for place, container in find_containers(pod_spec))
    if number * len(json.dumps(mounts)) > MOST_ADDED:
        message = (
            ": the mounts of the files in all containers are longer than 1.5 MiB, with which no pod can be stored: use fewer "
            "paths, or name the containers in agent-inject-containers"
        )
        yield Problem("file-mode", *about(Origin("volume_path"), message))


def _with_secrets(container: Container, mounts: list[VolumeMount]) -> list[VolumeMount]:
    """Return the container's mounts with the added ones.

    One with another mount inside is writable, for that one's directory.
    """
    every = [*(container.get("volumeMounts") or ()), *mounts]
    outer = folders_among((mount.get("mountPath") or "").rstrip("/") for mount in every)
    return every[: -len(mounts)] + [
        writable(mount) if mount["mountPath"] in outer else mount for mount in mounts
    ]


def _secret_mount(name: str, path: str, mode: FileMode) -> VolumeMount:
    mount: VolumeMount = {"name": name, "mountPath": path}
    return mount if mode.is_writable else {**mount, "readOnly": True}


def gets_files(key: str, container: Container, mode: FileMode) -> bool:
    """Return whether the container mounts the files: if named, by default if it starts after they are written."""
    if is_init_container(container):
        return False
    if mode.agent.containers:
        return container.get("name") in mode.agent.named
    runs_before = key == INIT_CONTAINERS and container.get("restartPolicy") != ALWAYS
    return not runs_before or mode.agent.init_first


def with_agent(pod_spec: PodSpec, agent: Agent) -> tuple[PodSpec, tuple[Problem, ...]]:
    """Return the PodSpec with the containers and volumes of the agent, and the problems of its JSON Patches."""
    new, problems = pod_spec.copy(), list[Problem]()
    for role in agent.roles:
        container, found = _patched(agent_container(agent, role), role, agent.mode)
        problems += found
        if role is Role.SIDECAR:
            new["containers"] = [*(new.get("containers") or ()), container]
        else:
            new[INIT_CONTAINERS] = _init_containers(new.get(INIT_CONTAINERS) or [], container, agent.mode)
    new["volumes"] = with_volumes(new, agent_volumes(agent))
    if "share_process_namespace" in agent.mode.agent.annotated:
        new["shareProcessNamespace"] = agent.mode.agent.share_process_namespace
    return new, tuple(problems)


def _init_containers(present: list[Container], added: Container, mode: FileMode) -> list[Container]:
    return [added, *present] if mode.agent.init_first else [*present, added]


def _patched(container: Container, role: Role, mode: FileMode) -> tuple[Container, list[Problem]]:
    field = _PATCHES[role]
    text = getattr(mode.agent, field)
    if not text:
        return container, []
    try:
        new = patched(container, json.loads(text))
    except ValueError as error:
        return container, [Problem("file-mode", *about(Origin(field), f": {error}"))]
    if not isinstance(new, dict) or not (isinstance(new.get("name"), str) and new["name"]):
        message = ": its result is no container with a name"
        return container, [Problem("file-mode", *about(Origin(field), message))]
    changed: Container = new  # type: ignore[assignment]
    return changed, []


def file_problems(pod_spec: PodSpec, agent: Agent) -> Iterator[Problem]:
    """Yield the problems of file mode in this pod, and of its annotations."""
    mode = agent.mode
    yield from mode.problems
    yield from account_problems(mode, pod_spec)
    yield from user_problems(mode.agent, pod_spec)
    yield from _missing(pod_spec, mode)
    yield from _volumes(pod_spec, agent)
    yield from _places(pod_spec, mode)
    yield from _own_places(agent)
    if pod_spec.get("shareProcessNamespace") is False and mode.agent.share_process_namespace:
        message = ": the pod says shareProcessNamespace: false: drop one of the two"
        yield Problem("file-mode", *about(Origin("share_process_namespace"), message))


def file_warnings(pod_spec: PodSpec, agent: Agent) -> Iterator[Problem]:
    """Yield the warnings of file mode, and those about containers that start before the files are written."""
    mode = agent.mode
    yield from mode.warnings
    if ends_by_itself(pod_spec) and Role.SIDECAR in agent.roles and not mode.agent.enable_quit:
        remedy = "vault-agent-sidecar: auto lets it end too"
        if mode.agent.configmap:
            remedy = "enable_quit in its ConfigMap, and agent-enable-quit here, let the program end it"
        message = (
            f"container {AGENT} runs on when the program has ended, so that the pod of a Job never ends: "
            f'agent-pre-populate-only: "true" leaves it out; {remedy}'
        )
        yield Problem("container", ("spec", "restartPolicy"), message)
    if mode.agent.init_first:
        return
    for index, container in enumerate(pod_spec.get(INIT_CONTAINERS) or ()):
        name = container.get("name")
        if name in mode.agent.named and container.get("restartPolicy") != ALWAYS:
            message = f'container {name} runs before the files are there: agent-init-first: "true" lets the agent be first'
            yield Problem("container", ("spec", INIT_CONTAINERS, index), message)


def served_already() -> Problem:
    """Return the warning about a pod with an agent's container, but without the annotation that marks it as served."""
    message = ": the pod has the container of an agent already, so none is added; if HashiCorp's injector sees this pod, let only one of the two see it"
    return Problem("annotation-ignored", *about(Origin("inject"), message))


def _missing(pod_spec: PodSpec, mode: FileMode) -> Iterator[Problem]:
    names = {container.get("name") for _, container in find_containers(pod_spec)}
    for name in mode.agent.containers:
        if name not in names:
            yield Problem("file-mode", *about(Origin("containers"), f": the pod has no container {name}"))


def _volumes(pod_spec: PodSpec, agent: Agent) -> Iterator[Problem]:
    present = {volume.get("name") for volume in pod_spec.get("volumes") or ()}
    for volume in agent_volumes(agent):
        if volume["name"] in present:
            message = f"volume {volume['name']} of the pod has the name of a volume that the webhook adds: rename it"
            yield Problem("volume", ("spec", "volumes"), message)


def _own_places(agent: Agent) -> Iterator[Problem]:
    """Yield a problem for each mount path of files at which the agent's container mounts something else."""
    places = {path: name for name, path in secret_places(agent.mode)}
    needed = dict.fromkeys(
        mount["mountPath"]
        for role in agent.roles
        for mount in role_mounts(agent, role)
        if places.get(mount["mountPath"], mount["name"]) != mount["name"]
    )
    for path in needed:
        message = f"the agent needs {path} for something else: set another secret-volume-path"
        yield Problem("mount", *about(Origin("volume_path"), f": {message}"))


def _places(pod_spec: PodSpec, mode: FileMode) -> Iterator[Problem]:
    """Yield a problem for each container that mounts another volume at the mount path of the files."""
    paths = {path for _, path in secret_places(mode)}
    for place, container in find_containers(pod_spec):
        if not gets_files(place[0], container, mode):
            continue
        for index, mount in enumerate(container.get("volumeMounts") or ()):
            path = (mount.get("mountPath") or "").rstrip("/")
            if path in paths:
                message = (
                    f"container {container.get('name')}: mounts volume {mount.get('name')} at {path}, where the files of "
                    "agent-inject-secret are to be: mount it elsewhere, or set secret-volume-path"
                )
                yield Problem("mount", ("spec", *place, "volumeMounts", index), message)
