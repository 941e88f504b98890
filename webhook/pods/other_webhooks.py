"""Pods that Bank-Vaults' webhook, or its successor's, has changed: they are left alone, so that both can run side by side."""

from collections.abc import Iterator, Mapping
from typing import Any

from vaultkube.deadline import Deadline
from vaultkube.problem import Problem
from webhook.pods.environment import Sources
from webhook.pods.facts import INIT_CONTAINERS, find_containers
from webhook.pods.launcher import INIT_CONTAINER, LAUNCHER
from webhook.pods.references import find_references

_SUCCESSORS_INIT_CONTAINER = "copy-secret-init"
_LAUNCHERS = (LAUNCHER, "/vault/secret-init", "/bao/secret-init")


def is_of_other_webhook(pod_spec: Mapping[str, Any]) -> bool:
    """Return whether one of those webhooks has changed the pod: their init containers copy with a shell."""
    return any(
        container.get("name") == _SUCCESSORS_INIT_CONTAINER
        or (container.get("name") == INIT_CONTAINER and _program(container).rpartition("/")[2] == "sh")
        for container in pod_spec.get(INIT_CONTAINERS) or ()
    )


def other_webhook_warnings(
    pod_spec: Mapping[str, Any], sources: Sources, deadline: Deadline
) -> Iterator[Problem]:
    """Yield a warning for each container that such a webhook has missed: it will start with raw references."""
    for place, container in find_containers(pod_spec):
        if _program(container) not in _LAUNCHERS and find_references(container, sources, deadline):
            message = (
                f"container {container.get('name')}: it holds Vault references, and Bank-Vaults' webhook, which has "
                "changed this pod, does not start it through vault-env; pods of that webhook are left as they are"
            )
            yield Problem("pod", ("spec", *place), message)


def _program(container: Mapping[str, Any]) -> str:
    return str((container.get("command") or [""])[0])
