"""Annotations for files that exclude one another, and those that have no effect together."""

from collections.abc import Iterator, Sequence

from vaultenv.agent_settings import AgentFile, AgentSettings, Listener
from vaultkube.documents.quantity import parse_quantity
from vaultkube.problem import Problem
from webhook.config.hashicorp.annotations import agent_key
from webhook.config.hashicorp.login import Origin, about
from webhook.config.hashicorp.table import AMOUNTS, AgentConfig

_BESIDE = ("revoke_on_shutdown", "cache_enable", "enable_quit")
"""Fields for what only an agent beside the program does."""
_BRINGING = ("copy_volume_mounts", "extra_secret", "json_patch", "init_json_patch")
"""Fields with which a program gets into the agent's container."""
_LISTENING = (
    ("cache_use_token", Listener().token, ("cache_enable",)),
    ("cache_listener_port", Listener().port, ("cache_enable", "enable_quit")),
)
"""Fields of a listener, each with its default, and the fields of which one must be set for it."""


def contradictions(agent: AgentConfig) -> Iterator[Problem]:
    """Yield a problem for each value that another annotation, or the value's own meaning, excludes."""
    usual = AgentSettings()
    least, most = (
        agent.auth_min_backoff_s or usual.min_backoff_s,
        agent.auth_max_backoff_s or usual.max_backoff_s,
    )
    if least > most:
        yield _wrong("auth_min_backoff_s", f"{least:g} seconds are more than auth-max-backoff, {most:g}")
    port = agent.cache_listener_port
    if port not in range(1, 65536):
        yield _wrong("cache_listener_port", f"{port} is no port: write a number from 1 to 65535")
    for _, limit_field, request_field in AMOUNTS:
        request, limit = getattr(agent, request_field), getattr(agent, limit_field)
        is_both = {request_field, limit_field} <= agent.annotated
        if is_both and request and limit and parse_quantity(request) > parse_quantity(limit):
            yield _wrong(request_field, f"{request} is more than {limit} in {agent_key(limit_field)}")


def pointless(agent: AgentConfig, files: Sequence[AgentFile]) -> Iterator[Problem]:
    """Yield warnings about an agent without output, or without the process that an annotation needs."""
    if not (agent.configmap or files or agent.token or agent.cache_enable or agent.enable_quit):
        message = ": the agent brings nothing: add agent-inject-secret-NAME or agent-inject-template-NAME"
        yield _ignored("inject", message)
    if agent.pre_populate_only and not agent.pre_populate:
        message = ": with agent-pre-populate-only no agent is left to write the files: drop one of the two"
        yield _ignored("pre_populate", message)
    for field in _BESIDE:
        if agent.pre_populate_only and field in agent.annotated and getattr(agent, field):
            message = " has no effect with agent-pre-populate-only: no agent is left beside the program"
            yield _ignored(field, message)
    for field, default, needed in _LISTENING:
        if getattr(agent, field) != default and not any(getattr(agent, name) for name in needed):
            yield _ignored(field, f' has no effect without {agent_key(needed[0])}: "true"')


def idle_commands(agent: AgentConfig, files: Sequence[AgentFile]) -> Iterator[Problem]:
    """Yield a warning for each command of a file, if no annotation can bring its program into the agent's container."""
    if any(getattr(agent, field) for field in _BRINGING):
        return
    for file in files:
        if file.command:
            message = (
                ": the agent's image has no program but vault-env, and nothing is mounted that may have it"
            )
            yield Problem("agent-command", *about(Origin("commands", file.source.name), message))


def _wrong(field: str, message: str) -> Problem:
    return Problem("annotation-value", *about(Origin(field), f": {message}"))


def _ignored(field: str, message: str) -> Problem:
    return Problem("annotation-ignored", *about(Origin(field), message))
