"""File mode of HashiCorp's annotations: an agent beside the program writes files, and renews them."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from vaultenv.agent_document import agent_text
from vaultenv.agent_settings import FALSE as NO_TOKEN
from vaultenv.agent_settings import AgentFile, AgentSettings, Listener
from vaultkube.problem import Problem
from webhook.config.annotations import Config, Defaults
from webhook.config.configure import address_problems, within_limits, without_program
from webhook.config.hashicorp.annotations import agent_key, find_unknown, parse_agent_config
from webhook.config.hashicorp.contradictions import contradictions, idle_commands, pointless
from webhook.config.hashicorp.exec_mode import (
    GATE,
    INJECTED,
    KEYS,
    STATUS,
    WARNINGS,
    requests_exec_mode,
)
from webhook.config.hashicorp.files import file_problems, read_files, token_file, token_mode, volume_paths
from webhook.config.hashicorp.login import Login, Origin, about, read_agent_login
from webhook.config.hashicorp.rows import AgentAnnotation, Mode
from webhook.config.hashicorp.sources import LONGEST_BYTES
from webhook.config.hashicorp.table import AGENT_ANNOTATIONS, AgentConfig
from webhook.config.hashicorp.template_analysis import template_problems
from webhook.config.settings import Settings
from webhook.config.sidecar import Sidecar

_IMAGE_FIELDS = ("launcher_image", "launcher_pull_policy")
_CONFIGMAP_FIELDS = (
    "secrets",
    "templates",
    "template_files",
    "commands",
    "token",
    "render_interval_s",
)
"""Fields whose annotations HashiCorp's own program does not read: its configuration is a ConfigMap."""
_SIDECAR_KEY = agent_key("as_sidecar")


class FileMode(NamedTuple):
    """File mode of one pod: the login of its agent, the files that it writes, and its form in the pod.

    `volume_paths` are the mount paths of the volumes, the common one first. If there are problems, defaults replace the
    values that cannot be used.
    """

    config: Config
    agent: AgentConfig
    files: tuple[AgentFile, ...]
    volume_paths: tuple[str, ...]
    tls_secret: str
    sidecar: Sidecar
    is_writable: bool
    probes: tuple[str, ...]
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]

    def text(self, *, stays: bool, handover: str) -> str:
        """Return VAULT_ENV_AGENT for an agent that writes the files once, or that `stays` and renews them."""
        agent = self.agent
        usual = AgentSettings()
        settings = AgentSettings(
            self.files,
            token_file(agent),
            interval_s=agent.render_interval_s or usual.interval_s,
            lease_threshold=agent.lease_renewal_threshold or usual.lease_threshold,
            exit_on_retry_failure=agent.exit_on_retry_failure,
            exit_on_login_error=agent.exit_on_login_error,
            min_backoff_s=agent.auth_min_backoff_s or usual.min_backoff_s,
            max_backoff_s=agent.auth_max_backoff_s or usual.max_backoff_s,
            revoke_on_shutdown=agent.revoke_on_shutdown and stays,
            handover=handover,
            token_mode=token_mode(agent) or usual.token_mode,
            listener=_listener(agent) if stays else None,
        )
        return agent_text(settings)


def read_file_mode(
    annotations: Mapping[str, str], own: Config, defaults: Defaults, settings: Settings
) -> FileMode | None:
    """Return the file mode that the annotations request, or None; `own` is the configuration by our own annotations.

    A pod whose status is already `injected` needs none.
    """
    if not annotations.get(GATE, "").strip() or requests_exec_mode(annotations, settings):
        return None
    agent, problems = parse_agent_config(annotations, settings.agent_defaults)
    unreadable = {problem.path[-1] for problem in problems}
    if agent.status == INJECTED or not (agent.inject or GATE in unreadable):
        return None
    login = read_agent_login(agent, defaults["tls_secret"], settings.agent_ca)
    files = () if agent.configmap else read_files(agent)
    config, ignored = within_limits(_config(own, login, defaults), defaults, settings)
    mode = FileMode(
        config,
        agent,
        files,
        volume_paths(agent),
        login.fields["tls_secret"],
        own.sidecar,
        own.secrets_writable,
        own.agent_probes,
        (),
        (),
    )
    too_long = list(_too_long(mode))
    if too_long:
        files = ()
    found = [
        *problems,
        *too_long,
        *find_unknown(annotations),
        *(each for each in login.problems if not (agent.configmap and each.rule == "annotation-refused")),
        *file_problems(agent),
        *template_problems([file.source for file in files], in_files=True),
        *contradictions(agent),
        *pointless(agent, files),
        *(() if "launcher_image" in own.annotated else idle_commands(agent, files)),
        *address_problems(config, defaults, settings),
        *_unused(agent),
        *ignored,
    ]
    return mode._replace(
        files=files,
        problems=tuple(each for each in found if each.rule not in WARNINGS),
        warnings=tuple(each for each in found if each.rule in WARNINGS),
    )


def is_served(annotations: Mapping[str, str]) -> bool:
    """Return whether the pod says that it has an agent already, whosever it is: the operator's own would be a second one."""
    return bool(annotations.get(GATE, "").strip()) and annotations.get(STATUS, "").strip() == INJECTED


def _config(own: Config, login: Login, defaults: Defaults) -> Config:
    """Return the configuration of the agent's container, without the fields for a program."""
    fields = {**defaults, **login.fields, "tls_secret": ""}
    fields.update({field: getattr(own, field) for field in _IMAGE_FIELDS})
    if "jwt_file" in login.fields:
        fields["token_audience"] = ""
    annotated = {field: own.annotated[field] for field in _IMAGE_FIELDS if field in own.annotated}
    return replace(
        without_program(Config(**fields)),
        variables=login.variables,
        tls_files={},
        annotated={**annotated, **login.annotated},
        keys=KEYS,
    )


def _listener(agent: AgentConfig) -> Listener | None:
    if agent.cache_enable:
        return Listener(agent.cache_listener_port, agent.cache_use_token, agent.enable_quit)
    return Listener(agent.cache_listener_port, NO_TOKEN, quit=True) if agent.enable_quit else None


def _too_long(mode: FileMode) -> Iterator[Problem]:
    """Yield a problem for an agent whose settings are longer than Linux allows for a variable.

    Its files are not checked further.
    """
    length = len(mode.text(stays=True, handover="")) if mode.agent.cache_listener_port else 0
    if length > LONGEST_BYTES:
        message = (
            f": paths and templates come to {length} bytes, and a program cannot be started with more than "
            f"{LONGEST_BYTES}: shorten them, or name a file in agent-inject-template-file-NAME"
        )
        yield Problem("file-mode", *about(Origin("inject"), message))


def _unused(agent: AgentConfig) -> Iterator[Problem]:
    """Yield a warning for each annotation without effect."""
    for row in AGENT_ANNOTATIONS:
        if row.field in agent.annotated and _has_no_effect(row, agent):
            value = getattr(agent, row.field)
            for name, text in sorted(value.items()) if row.each else [("", value)]:
                if text != row.type.parse(row.default):
                    yield _unused_value(row, name)
    if agent.configmap and not agent.image:
        message = (
            ": it is for HashiCorp's own program: name its image in agent-image, or drop the ConfigMap and write the paths "
            "into agent-inject-secret-NAME"
        )
        yield Problem("annotation-refused", *about(Origin("configmap"), message))
    elif "image" in agent.annotated and agent.image and not agent.configmap:
        message = " has no effect without agent-configmap: the agent is vault-env, from the image of vault-env-image"
        yield Problem("annotation-ignored", *about(Origin("image"), message))


def _has_no_effect(row: AgentAnnotation, agent: AgentConfig) -> bool:
    if agent.configmap and row.field in _CONFIGMAP_FIELDS:
        return True
    if agent.configmap and row.field == "go_max_procs":
        return False
    return row.mode in (Mode.EXEC, Mode.NONE)


def _unused_value(row: AgentAnnotation, name: str) -> Problem:
    if row.field in _CONFIGMAP_FIELDS:
        why = "the ConfigMap of agent-configmap says what the agent does"
        return Problem("annotation-ignored", *about(Origin(row.field, name), f" has no effect: {why}"))
    why = row.why or f'the program is not started by vault-env without {_SIDECAR_KEY}: "false"'
    return Problem("annotation-ignored", *about(Origin(row.field, name), f" has no effect: {why}"))
