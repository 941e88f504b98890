"""A container in which the launcher starts the program."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from vaultkube.expansion import double_dollars
from vaultkube.wire.containers import Container, EnvVar, Lifecycle, VolumeMount
from webhook.config.annotations import Config
from webhook.pods.connection import withheld_variables
from webhook.pods.launcher import LAUNCHER
from webhook.pods.references import References
from webhook.registry.query import ImageConfig

_LOG_LEVEL = "VAULT_LOG_LEVEL"
PROBES: tuple[Literal["livenessProbe", "readinessProbe", "startupProbe"], ...] = (
    "livenessProbe",
    "readinessProbe",
    "startupProbe",
)
_HOOKS: tuple[Literal["postStart", "preStop"], ...] = ("postStart", "preStop")


def is_wrapped(container: Container) -> bool:
    """Return whether the container already starts the launcher."""
    return bool((container.get("command") or [""])[0] == LAUNCHER)


def is_command_known(container: Container, config: Config) -> bool:
    """Return whether the command line is known without the image."""
    return bool(container.get("command") or (container.get("name") or "") in (config.entry_points or {}))


def is_never_pulled(container: Container) -> bool:
    """Return whether the image is only read from the node: a registry may have another one of that name."""
    return bool(container.get("imagePullPolicy") == "Never")


def image_command(image: ImageConfig, args: Sequence[str]) -> list[str]:
    """Return the command line of a container with this image and only `args` in the pod.

    Words of the image are escaped: the kubelet expands `$(NAME)` in the pod's fields, not in the image's.
    """
    entry_point = [double_dollars(word) for word in image.entrypoint]
    return [*entry_point, *(args or [double_dollars(word) for word in image.command])]


def wrap_container(
    container: Container,
    words: Sequence[str],
    variables: Mapping[str, str],
    mounts: Sequence[VolumeMount],
    references: References,
    config: Config,
) -> Container:
    """Return the container in which the launcher starts `words`, with `variables` and `mounts`.

    `variables` are as the kubelet expands them; `references` are those of the container.
    """
    wrapped = container.copy()
    if not is_wrapped(container):
        wrapped["command"] = [LAUNCHER]
        wrapped["args"] = list(words)
    env = _with_variables(container.get("env") or [], references.names, variables)
    withheld = [name for name in withheld_variables(container, config) if name not in variables]
    empty: list[EnvVar] = [{"name": name, "value": ""} for name in withheld]
    wrapped["env"] = [*empty, *env]
    wrapped["volumeMounts"] = _with_mounts(container.get("volumeMounts") or [], mounts)
    if config.mutate_probes:
        for probe in PROBES:
            if container.get(probe):
                wrapped[probe] = _wrap_handler(container[probe])
    if config.mutate_lifecycle_hooks and container.get("lifecycle"):
        wrapped["lifecycle"] = _wrap_hooks(container["lifecycle"])
    return wrapped


def _with_variables(env: list[EnvVar], own: frozenset[str], variables: Mapping[str, str]) -> list[EnvVar]:
    """Return `env` with each of `variables` once: instead of the pod's own variable, else at the end.

    `own` are the names in `env`.
    """
    added: list[EnvVar] = [
        {"name": name, "value": text} for name, text in variables.items() if name not in own
    ]
    if len(added) < len(variables):
        env = [_replaced(entry, variables) for entry in env]
    return env + added


def _replaced(entry: EnvVar, variables: Mapping[str, str]) -> EnvVar:
    """Return the variable with its value from `variables`; the container's own log level is not replaced."""
    name = entry.get("name", "")
    return _with_value(entry, variables[name]) if name in variables and name != _LOG_LEVEL else entry


def _with_value(entry: EnvVar, text: str) -> EnvVar:
    new: EnvVar = {**entry, "value": text}
    new.pop("valueFrom", None)
    return new


def _with_mounts(mounts: list[VolumeMount], added: Sequence[VolumeMount]) -> list[VolumeMount]:
    """Return `mounts` with each of `added` that is missing; a mount with another one inside is made writable.

    The container runtime makes the directory of the inner mount in the outer one.
    """
    new = list(mounts)
    for mount in added:
        inside = mount["mountPath"] + "/"
        is_outer = any([_path(other).startswith(inside) for other in mounts])
        fitting = writable(mount) if is_outer else mount
        present = [place for place, other in enumerate(mounts) if _is_same(other, mount)]
        if not present:
            new.append(fitting)
        elif is_outer and mounts[present[0]].get("readOnly"):
            new[present[0]] = fitting
    return new


def writable(mount: VolumeMount) -> VolumeMount:
    """Return the mount without `readOnly`."""
    new = mount.copy()
    new.pop("readOnly", None)
    return new


def _is_same(mount: VolumeMount, other: VolumeMount) -> bool:
    return bool(mount.get("name") == other["name"]) and _path(mount) == other["mountPath"]


def _path(mount: VolumeMount) -> str:
    return (mount.get("mountPath") or "").rstrip("/")


def _wrap_hooks(hooks: Lifecycle) -> Lifecycle:
    wrapped = hooks.copy()
    for key in _HOOKS:
        if hooks.get(key):
            wrapped[key] = _wrap_handler(hooks[key])
    return wrapped


def _wrap_handler(handler: Any) -> Any:
    """Return the probe or hook with the launcher before its command, if it has one."""
    command = (handler.get("exec") or {}).get("command")
    if not command or command[0] == LAUNCHER:
        return handler
    return {**handler, "exec": {**handler["exec"], "command": [LAUNCHER, *command]}}
