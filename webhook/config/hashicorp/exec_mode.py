"""Exec mode of HashiCorp's annotations as a configuration of ours.

The launcher, which the webhook puts before the program, provides the secrets; there is no agent and no file.
"""

from collections.abc import Iterator, Mapping, Set
from dataclasses import replace
from typing import NamedTuple

from vaultenv.template_sources import TemplateSource
from vaultkube.problem import Problem
from webhook.config.annotation_keys import annotation_path
from webhook.config.annotations import Config, Defaults
from webhook.config.configure import address_problems, within_limits
from webhook.config.hashicorp.annotations import agent_key, find_unknown, parse_agent_config
from webhook.config.hashicorp.leases import lease_warnings
from webhook.config.hashicorp.login import Login, Origin, about, read_login
from webhook.config.hashicorp.rows import AgentAnnotation, Mode
from webhook.config.hashicorp.sources import LONGEST_BYTES, read_sources, source_problems
from webhook.config.hashicorp.table import AGENT_ANNOTATIONS, AgentConfig
from webhook.config.hashicorp.template_analysis import template_problems
from webhook.config.settings import Settings

GATE = agent_key("inject")
STATUS = agent_key("status")
INJECTED = "injected"
SERVICE = agent_key("service")

LOGIN_FIELDS = (
    "address",
    "role",
    "path",
    "auth_method",
    "vault_namespace",
    "skip_verify",
    "tls_secret",
    "service_account",
    "token_audience",
    "jwt_file",
    "token_mount",
    "client_timeout_s",
)
"""Fields of `Config` for the address and the login: each family of annotations has its own."""
_PATH_FIELDS = ("from_path", "from_path_include", "from_path_exclude")
_MODE_KEYS = (agent_key("as_sidecar"), agent_key("command"))
_SOURCE_KEYS = tuple(f"{agent_key(field)}-" for field in ("secrets", "templates"))
KEYS: Mapping[str, str] = {row.sets: agent_key(row.field) for row in AGENT_ANNOTATIONS if row.sets} | {
    "auth_method": agent_key("auth_type")
}
WARNINGS = ("agent-command", "annotation-ignored", "annotation-unknown", "lease-ends", "template-warned")
_NO_AGENT = "no agent runs and no file is written"


class ExecMode(NamedTuple):
    """Exec mode of one pod: the configuration of its containers, their names, and the program of the first one.

    `is_injected` is whether the pod itself says so. If there are problems, defaults replace the values that cannot be
    used.
    """

    config: Config
    containers: tuple[str, ...]
    command: tuple[str, ...]
    is_injected: bool
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


def read_exec_mode(
    annotations: Mapping[str, str], own: Config, defaults: Defaults, settings: Settings
) -> ExecMode | None:
    """Return the exec mode that the annotations request, or None; `own` is the configuration by our own annotations.

    An unreadable value of the gate is a problem of exec mode, because nothing else of the pod shows what its author
    means.
    """
    if not any(annotations.get(key, "").strip() for key in _MODE_KEYS):
        return None
    agent, problems = parse_agent_config(annotations, settings.agent_defaults)
    unreadable = {problem.path[-1] for problem in problems}
    if not (_is_requested(agent, unreadable) and (agent.inject or GATE in unreadable)):
        return None
    login, sources = read_login(agent, defaults["tls_secret"], settings.agent_ca), read_sources(agent)
    config, ignored = within_limits(_config(own, login, sources, defaults), defaults, settings)
    text = config.templates
    if len(text) > LONGEST_BYTES:
        config, sources = replace(config, sources=()), ()
    found = [
        *problems,
        *find_unknown(annotations),
        *([_implied()] if _is_implied(agent) else ()),
        *login.problems,
        *source_problems(agent, text),
        *template_problems(sources),
        *(() if own.daemon else lease_warnings(sources)),
        *address_problems(config, defaults, settings),
        *_unused(agent),
        *ignored,
    ]
    return ExecMode(
        config,
        agent.containers,
        agent.command,
        agent.status == INJECTED,
        tuple(each for each in found if each.rule not in WARNINGS),
        tuple(each for each in found if each.rule in WARNINGS),
    )


def is_exec_mode(agent: AgentConfig) -> bool:
    """Return whether the program gets variables instead of files."""
    return _is_implied(agent) or not agent.as_sidecar


def requests_exec_mode(annotations: Mapping[str, str], settings: Settings) -> bool:
    """Return whether the annotations request exec mode, whatever the value of the gate."""
    if not any(annotations.get(key, "").strip() for key in _MODE_KEYS):
        return False
    agent, problems = parse_agent_config(annotations, settings.agent_defaults)
    return _is_requested(agent, {problem.path[-1] for problem in problems})


def _is_requested(agent: AgentConfig, unreadable: Set[object]) -> bool:
    return is_exec_mode(agent) or _MODE_KEYS[0] in unreadable


def _is_implied(agent: AgentConfig) -> bool:
    return "command" in agent.annotated and "as_sidecar" not in agent.annotated


def gate_warnings(annotations: Mapping[str, str]) -> Iterator[Problem]:
    """Yield a warning about a pod that probably should get secrets, and does not."""
    if annotations.get(GATE) is not None:
        return
    sources = sorted(key for key in annotations if key.startswith(_SOURCE_KEYS))
    present = [key for key in (*_MODE_KEYS, *sources) if annotations.get(key, "").strip()]
    if present:
        message = f'annotation {present[0]} has no effect without {GATE}: "true"'
        yield Problem("annotation-ignored", annotation_path(present[0]), message)


def _config(own: Config, login: Login, sources: tuple[TemplateSource, ...], defaults: Defaults) -> Config:
    fields = {field: defaults[field] for field in (*LOGIN_FIELDS, *_PATH_FIELDS)}
    fields.update(login.fields)
    if "jwt_file" in login.fields:
        fields["token_audience"] = ""
    others = {field: key for field, key in own.annotated.items() if field not in fields}
    return replace(
        own,
        **fields,
        sources=sources,
        tls_files=login.tls_files,
        variables=login.variables,
        annotated={**others, **login.annotated},
        keys=KEYS,
    )


def _implied() -> Problem:
    return Problem(
        "annotation-ignored",
        *about(Origin("command"), ': it implies agent-run-as-sidecar: "false"; write that too'),
    )


def _unused(agent: AgentConfig) -> Iterator[Problem]:
    """Yield a problem for each annotation that exec mode must refuse, and a warning for each without effect."""
    for row in AGENT_ANNOTATIONS:
        if row.mode in (Mode.FILES, Mode.NONE) and row.field in agent.annotated:
            value = getattr(agent, row.field)
            for name, text in sorted(value.items()) if row.each else [("", value)]:
                is_overruled = row.field == "template_files" and name in agent.templates
                if text != row.type.parse(row.default) and not is_overruled:
                    yield _unused_value(row, name)


def _unused_value(row: AgentAnnotation, name: str) -> Problem:
    origin = Origin(row.field, name)
    if row.refused:
        return Problem("annotation-refused", *about(origin, f": exec mode cannot use it: {row.why}"))
    return Problem(
        "annotation-ignored", *about(origin, f" has no effect in exec mode: {row.why or _NO_AGENT}")
    )
