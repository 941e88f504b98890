"""Differences for a manifest that works with HashiCorp's injector (vault-k8s 1.7).

docs/differences-hashicorp.md has all of them.
"""

from collections.abc import Iterator

from vaultkube.problem import Problem
from vaultkube.wire.pods import PodSpec
from webhook.config.hashicorp.login import Origin, about
from webhook.config.hashicorp.table import AgentConfig
from webhook.offline.operator_settings import Operator
from webhook.pods.agent_role import Agent, Role
from webhook.pods.facts import INIT_CONTAINERS
from webhook.pods.file_mode import gets_files

_REQUESTS = frozenset(["requests_cpu", "requests_memory"])


def injector_migration(agent: Agent, operator: Operator) -> Iterator[Problem]:
    """Yield the differences for a pod that gets this agent instead of HashiCorp's."""
    mode = agent.mode
    yield from _login(mode.agent, operator)
    if mode.agent.configmap:
        return
    yield Problem("agent-program", ("spec",), "the agent is vault-env, without a shell")
    yield from _patches(mode.agent)
    if not _REQUESTS & mode.agent.annotated:
        yield Problem("agent-requests", ("spec",), "the agent requests 10m and 32Mi")
    if not mode.is_writable:
        yield Problem("files-read-only", ("spec",), f"{', '.join(mode.volume_paths)} is mounted read-only")
    yield from _init_containers(agent, agent.pod_spec)
    if Role.NATIVE in agent.roles:
        yield Problem("native-agent", ("spec",), "the agent is an init container that stays")
    if mode.agent.revoke_on_shutdown and Role.SIDECAR in agent.roles:
        yield Problem(
            "revoke-pause", *about(Origin("revoke_on_shutdown"), ": the kubelet waits, not a shell")
        )


def _login(annotated: AgentConfig, operator: Operator) -> Iterator[Problem]:
    if not (annotated.role or annotated.configmap or "role" in annotated.auth_config):
        yield Problem("agent-role", *about(Origin("inject"), ": the role is the pod's ServiceAccount"))
    if annotated.service and not operator.known:
        message = f": {annotated.service} must be the operator's address or on the list"
        yield Problem("service-list", *about(Origin("service"), message))


def _patches(annotated: AgentConfig) -> Iterator[Problem]:
    for field in ("json_patch", "init_json_patch"):
        if getattr(annotated, field):
            yield Problem(
                "agent-patch", *about(Origin(field), ": it changes another container than the injector's")
            )


def _init_containers(agent: Agent, pod_spec: PodSpec) -> Iterator[Problem]:
    for index, container in enumerate(pod_spec.get(INIT_CONTAINERS) or ()):
        if not gets_files(INIT_CONTAINERS, container, agent.mode):
            message = f"container {container.get('name')} does not mount the files"
            yield Problem("init-files", ("spec", INIT_CONTAINERS, index), message)
