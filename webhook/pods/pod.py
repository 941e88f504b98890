"""What happens to a pod: first which of its containers need the launcher, then the pod with it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from webhook.annotations import Config, container_variables
from webhook.facts import Facts
from webhook.pods import launcher
from webhook.pods.container import image_command, is_wrapped, wrap_container
from webhook.pods.launcher import Launcher
from webhook.pods.references import References, Sources, find_references

PodSpec = Mapping[str, Any]
Place = tuple[str, int]
"""A container: the list of the PodSpec that it stands in, and its position there."""

_LISTS = ("initContainers", "containers")


@dataclass(frozen=True)
class Plan:
    """Which containers get the launcher, which images must be asked for their command, and what is wrong."""

    wrapped: Mapping[Place, References]
    images: Mapping[Place, str]
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def references(self) -> int:
        """The number of references in the pod."""
        return sum(len(found.paths) for found in self.wrapped.values())


def plan_pod(pod_spec: PodSpec, config: Config, sources: Sources) -> Plan:
    """Return what the pod needs; a pod without references, or wrapped by the predecessor, needs nothing."""
    if _is_foreign(pod_spec):
        return Plan({}, {})
    wrapped: dict[Place, References] = {}
    images: dict[Place, str] = {}
    problems: list[str] = []
    for place, container in _places(pod_spec):
        references = find_references(container, sources)
        if not references and not config.from_path:
            continue
        if _is_windows(pod_spec):
            return Plan({}, {}, warnings=("a Windows pod is left as it is: vault-env runs on Linux",))
        wrapped[place] = references
        problems += [f"container {container.get('name')}: {problem}" for problem in references.problems]
        problems += _conflicts(container, config)
        if not container.get("command") and container.get("name") not in (config.entry_points or {}):
            images[place] = container.get("image") or ""
    if wrapped:
        problems += _volume_conflicts(pod_spec, config)
    return Plan(wrapped, images, tuple(problems), tuple(_warnings(pod_spec, config)) if wrapped else ())


def mutate_pod_spec(
    pod_spec: PodSpec, plan: Plan, config: Config, facts: Facts, added: Launcher
) -> tuple[PodSpec, tuple[str, ...]]:
    """Return the PodSpec in which the containers of `plan` start the launcher, and what is wrong with them."""
    if not plan.wrapped:
        return pod_spec, ()
    variables = container_variables(config)
    if config.tls_secret:
        variables["VAULT_CACERT"] = launcher.CA_FILE
    if added.settings.launcher_log_server:
        variables["VAULT_ENV_LOG_SERVER"] = added.settings.launcher_log_server
    problems: list[str] = []
    new: dict[str, Any] = dict(pod_spec)
    for place in plan.wrapped:
        key, index = place
        container = pod_spec[key][index]
        words = _words(container, plan.images.get(place), config, facts)
        if not words:
            problems.append(
                f"container {container.get('name')}: image {container.get('image')} has no entry point and no command; "
                "set `command` in the container"
            )
        if new[key] is pod_spec[key]:
            new[key] = list(pod_spec[key])
        new[key][index] = wrap_container(container, words, variables, added.mounts(), config)
    return _with_launcher(new, pod_spec, added), tuple(problems)


def _with_launcher(new: dict[str, Any], pod_spec: PodSpec, added: Launcher) -> PodSpec:
    init_containers = new.get("initContainers") or []
    if not any(container.get("name") == launcher.INIT_CONTAINER for container in init_containers):
        new["initContainers"] = [added.init_container(pod_spec), *init_containers]
    volumes = new.get("volumes") or []
    names = {volume.get("name") for volume in volumes}
    new["volumes"] = volumes + [volume for volume in added.volumes() if volume["name"] not in names]
    return new


def _words(container: Mapping[str, Any], image: str | None, config: Config, facts: Facts) -> list[str]:
    args = container.get("args") or []
    if container.get("command"):
        return [*container["command"], *args]
    given = (config.entry_points or {}).get(container.get("name") or "")
    if given:
        return [*given, *args]
    return image_command(facts.images[image or ""], args)


def _places(pod_spec: PodSpec) -> Iterator[tuple[Place, Mapping[str, Any]]]:
    for key in _LISTS:
        for index, container in enumerate(pod_spec.get(key) or ()):
            if container.get("name") != launcher.INIT_CONTAINER:
                yield (key, index), container


def _is_foreign(pod_spec: PodSpec) -> bool:
    """Whether the predecessor's webhook has already been here: its init container copies with a shell."""
    return any(
        container.get("name") == launcher.INIT_CONTAINER and (container.get("command") or [""])[0] == "sh"
        for container in pod_spec.get("initContainers") or ()
    )


def _is_windows(pod_spec: PodSpec) -> bool:
    system = (pod_spec.get("os") or {}).get("name") or (pod_spec.get("nodeSelector") or {}).get(
        "kubernetes.io/os"
    )
    return system == "windows"


def _conflicts(container: Mapping[str, Any], config: Config) -> Iterator[str]:
    taken = {launcher.MOUNT_PATH: launcher.VOLUME}
    if config.tls_secret:
        taken[launcher.TLS_MOUNT_PATH] = launcher.TLS_VOLUME
    for mount in container.get("volumeMounts") or ():
        path = (mount.get("mountPath") or "").rstrip("/")
        if path in taken and mount.get("name") != taken[path]:
            yield f"container {container.get('name')}: mounts volume {mount.get('name')} at {path}, where vault-env must be; mount it elsewhere"


def _volume_conflicts(pod_spec: PodSpec, config: Config) -> Iterator[str]:
    expected = {launcher.VOLUME: "emptyDir"}
    if config.tls_secret:
        expected[launcher.TLS_VOLUME] = "secret"
    for volume in pod_spec.get("volumes") or ():
        kind = expected.get(volume.get("name"))
        if kind and kind not in volume:
            yield f"volume {volume['name']} of the pod has the name of a volume that the webhook adds; rename it"


def _warnings(pod_spec: PodSpec, config: Config) -> Iterator[str]:
    if pod_spec.get("automountServiceAccountToken") is False and config.auth_method in (
        "jwt",
        "kubernetes",
        "",
    ):
        yield "automountServiceAccountToken is false: vault-env will find no ServiceAccount token to log in with"
    for _, container in _places(pod_spec):
        if is_wrapped(container) and not container.get("args"):
            yield f"container {container.get('name')}: `command` is the launcher alone, without a program in `args`"
