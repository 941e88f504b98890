"""Pods that Bank-Vaults' webhook, or its successor's, has changed.

They are not changed again, so that both webhooks can run side by side.
"""

from collections.abc import Mapping

from vaultkube.deadline import Deadline
from vaultkube.wire.containers import Container
from vaultkube.wire.pods import PodSpec
from webhook.pods.environment import Sources
from webhook.pods.facts import INIT_CONTAINERS, Place, find_containers
from webhook.pods.launcher import INIT_CONTAINER, LAUNCHER
from webhook.pods.references import References, find_references

_SUCCESSORS_INIT_CONTAINER = "copy-secret-init"
_LAUNCHERS = (LAUNCHER, "/vault/secret-init", "/bao/secret-init")


def find_foreign(
    pod_spec: PodSpec, sources: Sources, deadline: Deadline
) -> Mapping[Place, References] | None:
    """Return the references of each container that starts with such a webhook's launcher; None for other pods.

    An init container with its name counts only if that launcher starts every program with references.
    """
    if not any(map(copies_launcher, pod_spec.get(INIT_CONTAINERS) or ())):
        return None
    found = {}
    for place, container in find_containers(pod_spec):
        references = find_references(container, sources, deadline)
        if _program(container) in _LAUNCHERS:
            found[place] = references
        elif references:
            return None
    return found or None


def copies_launcher(container: Container) -> bool:
    """Return whether the init container has the name of one that copies a launcher, and runs a shell."""
    name = container.get("name")
    return name == _SUCCESSORS_INIT_CONTAINER or (
        name == INIT_CONTAINER and _program(container).rpartition("/")[2] == "sh"
    )


def _program(container: Container) -> str:
    return str((container.get("command") or [""])[0])
