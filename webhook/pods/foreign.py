"""Pods that Bank-Vaults' webhook, or its successor's, has changed: they are left alone, so that both can run side by side."""

from collections.abc import Iterator, Mapping
from typing import Any

from vaultkube.deadline import Deadline
from webhook.pods.environment import Sources
from webhook.pods.launcher import INIT_CONTAINER, LAUNCHER
from webhook.pods.references import find_references

_SUCCESSORS_INIT_CONTAINER = "copy-secret-init"
_LAUNCHERS = (LAUNCHER, "/vault/secret-init", "/bao/secret-init")


def is_foreign(pod_spec: Mapping[str, Any]) -> bool:
    """Whether one of those webhooks has been here: their init containers copy with a shell."""
    return any(
        container.get("name") == _SUCCESSORS_INIT_CONTAINER
        or (container.get("name") == INIT_CONTAINER and _program(container).rpartition("/")[2] == "sh")
        for container in pod_spec.get("initContainers") or ()
    )


def foreign_warnings(pod_spec: Mapping[str, Any], sources: Sources, deadline: Deadline) -> Iterator[str]:
    """Yield a warning for each container that such a webhook has missed: it will start with raw references."""
    for key in ("initContainers", "containers"):
        for container in pod_spec.get(key) or ():
            if _program(container) not in _LAUNCHERS and find_references(container, sources, deadline):
                yield (
                    f"container {container.get('name')}: it holds Vault references, and Bank-Vaults' webhook, which has "
                    "changed this pod, does not start it through vault-env; pods of that webhook are left as they are"
                )


def _program(container: Mapping[str, Any]) -> str:
    return str((container.get("command") or [""])[0])
