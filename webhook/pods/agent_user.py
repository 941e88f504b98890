"""The user and group of an agent: annotated ones, or those of the program that reads its files."""

from collections.abc import Iterator

from vaultkube.problem import Problem
from vaultkube.wire.pods import PodSpec
from webhook.config.hashicorp.login import Origin, about
from webhook.config.hashicorp.table import AgentConfig


def agent_user(agent: AgentConfig, pod_spec: PodSpec) -> tuple[int, int]:
    """Return the user and the group of the agent in the pod."""
    if not agent.run_as_same_user:
        return agent.run_as_user, agent.run_as_group
    user, group = _first_user(pod_spec)
    if group is None or "run_as_group" in agent.annotated:
        group = agent.run_as_group
    return agent.run_as_user if user is None else user, group


def has_security_context(agent: AgentConfig) -> bool:
    """Return whether the agent's container gets a security context.

    A user in the pod's annotations overrides an operator who sets none.
    """
    annotated = {"run_as_user", "run_as_group", "run_as_same_user"} & agent.annotated
    return agent.set_security_context or bool(annotated and "set_security_context" not in agent.annotated)


def user_problems(agent: AgentConfig, pod_spec: PodSpec) -> Iterator[Problem]:
    """Yield a problem if the agent is to run as the program's user, and the pod names none, or root."""
    if not (agent.run_as_same_user and has_security_context(agent)):
        return
    user, _ = _first_user(pod_spec)
    origin = Origin("run_as_same_user")
    if user is None:
        message = (
            ": the first container has no securityContext.runAsUser, and the pod has none: set one of them"
        )
        yield Problem("file-mode", *about(origin, message))
    elif user == 0:
        message = (
            ": the first container runs as root, and the agent never does: name a user in agent-run-as-user"
        )
        yield Problem("file-mode", *about(origin, message))


def _first_user(pod_spec: PodSpec) -> tuple[int | None, int | None]:
    """Return the user and the group of the first container; None for one that neither it nor the pod sets."""
    pod_context = pod_spec.get("securityContext") or {}
    own = next((each.get("securityContext") for each in pod_spec.get("containers") or ()), None) or {}
    user, group = own.get("runAsUser"), own.get("runAsGroup")
    return (
        pod_context.get("runAsUser") if user is None else user,
        pod_context.get("runAsGroup") if group is None else group,
    )
