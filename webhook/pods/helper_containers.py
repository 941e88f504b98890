"""The containers of Bank-Vaults' helpers: our agent or HashiCorp's for logins and files, and consul-template.

Names, arguments, mounts and variables are those of Bank-Vaults' webhook (v1.23); capabilities are added only for root.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from vaultenv.agent_document import agent_text
from vaultenv.agent_settings import AgentSettings
from vaultkube.documents.quantity import fitting
from vaultkube.expansion import double_dollars
from vaultkube.policy.paths import RequestedPath
from vaultkube.wire.containers import Container, EnvVar, SecurityContext, VolumeMount
from vaultkube.wire.pods import ACCOUNT_PATH, PodSpec
from webhook.config.annotations import Config
from webhook.config.configure import without_program
from webhook.config.helper_table import SECRETS_PATH
from webhook.pods import launcher
from webhook.pods.agent import AGENT
from webhook.pods.agent_program import AGENT_VARIABLE
from webhook.pods.agent_role import Role
from webhook.pods.cloud_identity import identity_mounts, identity_variables
from webhook.pods.facts import find_containers
from webhook.pods.helper_volumes import (
    AGENT_CONFIG,
    AGENT_LOGIN_CONFIG,
    AGENT_SECRETS,
    CONFIG_FILE,
    TEMPLATE_CONFIG,
    TEMPLATE_SECRETS,
    account_mount_of,
)
from webhook.pods.launcher import Launcher
from webhook.pods.resources import launcher_resources

TEMPLATE = "consul-template"
_CONFIGURED = frozenset([AGENT_CONFIG, AGENT_LOGIN_CONFIG, TEMPLATE_CONFIG])
_HOME = "/home/consul-template"
_USER, _GROUP = 100, 1000
"""The users `vault` and `consul-template` in the images of these programs, and their group."""
_CAPABILITIES = ["CHOWN", "SETFCAP", "SETGID", "SETPCAP", "SETUID"]
_PROGRAM_VARIABLES = ("VAULT_ADDR", "VAULT_SKIP_VERIFY", "VAULT_NAMESPACE", "VAULT_CACERT")
_NON_ROOT_VARIABLES: list[EnvVar] = [
    {"name": "SKIP_CHOWN", "value": "true"},
    {"name": "SKIP_SETCAP", "value": "true"},
]
"""Variables with which the entry point of HashiCorp's image skips steps that need root."""
_READABLE = 0o644


class Helpers(NamedTuple):
    """The helpers of one pod: the launcher of its annotations, and the PodSpec of its author."""

    launcher: Launcher
    pod_spec: PodSpec

    @property
    def config(self) -> Config:
        """Return the configuration of the pod."""
        return self.launcher.config

    def requested_paths(self) -> Iterator[RequestedPath]:
        """Yield an unknown path for each ConfigMap, as the paths that it requests from Vault are not known."""
        for field in ("agent_configmap", "template_configmap"):
            if getattr(self.config, field):
                place = f"annotation {self.config.name_of(field)}"
                yield RequestedPath(self.config.path_of(field), place, None)


def is_helper(container: Container) -> bool:
    """Return whether the container is HashiCorp's agent or consul-template with a ConfigMap, added by this webhook."""
    names = {mount.get("name") for mount in container.get("volumeMounts") or ()}
    return container.get("name") in (AGENT, TEMPLATE) and not names.isdisjoint(_CONFIGURED)


def token_container(helpers: Helpers) -> Container:
    """Return the init container that writes the token with a mode for all users, as only this pod has the volume."""
    config = helpers.config
    if config.agent_configmap:
        return _hashicorps_login(helpers)
    own = without_program(config)
    if config.account_path != ACCOUNT_PATH and not (own.jwt_file or own.token_audience):
        own = replace(own, jwt_file=f"{config.account_path}/token")
    added = helpers.launcher.with_config(own)
    text = agent_text(AgentSettings(home=launcher.MOUNT_PATH, token_mode=_READABLE))
    variables = {**added.variables(""), AGENT_VARIABLE: double_dollars(text)}
    identity = identity_variables(config, helpers.pod_spec)
    texts: list[EnvVar] = [{"name": name, "value": value} for name, value in variables.items()]
    container: Container = {
        "name": AGENT,
        "image": config.launcher_image,
        "imagePullPolicy": config.launcher_pull_policy,
        "command": Role.INIT.command,
        "env": [*identity, *texts],
        "securityContext": _launchers_context(helpers),
        "volumeMounts": [
            *_own_mounts(own),
            *account_mount_of(config, helpers.pod_spec),
            *identity_mounts(config, helpers.pod_spec),
        ],
    }
    return _with_launchers_resources(container, helpers)


def agent_container(helpers: Helpers) -> Container:
    """Return the container of HashiCorp's agent beside the program."""
    config = helpers.config
    args = [
        "agent",
        "-config",
        f"/vault/config/{CONFIG_FILE}",
        *(["-exit-after-auth"] if config.agent_once else ()),
    ]
    requested_cpu, cpu = _agents(config, "cpu")
    requested_memory, memory = _agents(config, "memory")
    shares = config.agent_share_processes is not False
    return {
        "name": AGENT,
        "image": config.agent_image,
        "imagePullPolicy": config.agent_pull_policy,
        "args": args,
        "env": [*_variables(helpers), *_entry_point(helpers), *config.agent_variables],
        "securityContext": _context(helpers, ["IPC_LOCK", *_ptrace(shares)]),
        "volumeMounts": [
            *_own_mounts(config),
            *account_mount_of(config, helpers.pod_spec),
            {"name": AGENT_SECRETS, "mountPath": SECRETS_PATH},
            _file_mount(AGENT_CONFIG, "/vault/config"),
        ],
        "resources": {
            "limits": {"cpu": cpu, "memory": memory},
            "requests": {"cpu": requested_cpu, "memory": requested_memory},
        },
    }


def _agents(config: Config, resource: str) -> tuple[str, str]:
    """Return request and limit of the agent."""
    older, newer, request = (f"agent_{resource}{suffix}" for suffix in ("", "_limit", "_request"))
    limit = getattr(config, older) or getattr(config, newer)
    is_set = request in config.annotated, not config.annotated.keys().isdisjoint([older, newer])
    return fitting(getattr(config, request), limit, is_set=is_set)


def template_container(helpers: Helpers) -> Container:
    """Return the container of consul-template, which reads the token in its home or at the path in an argument."""
    config = helpers.config
    args = ["-config", f"/vault/ct-config/{CONFIG_FILE}", *(["-once"] if config.template_once else ())]
    if config.token_mount:
        args.append(f"-vault-agent-token-file={launcher.TOKEN_MOUNT_PATH}/{config.token_mount[1]}")
    shares = config.template_share_processes is not False
    return {
        "name": TEMPLATE,
        "image": config.template_image,
        "imagePullPolicy": config.template_pull_policy,
        "args": args,
        "env": [*_variables(helpers), {"name": "HOME", "value": _HOME}],
        "securityContext": _context(helpers, _ptrace(shares)),
        "volumeMounts": [
            *_own_mounts(config),
            {"name": TEMPLATE_SECRETS, "mountPath": SECRETS_PATH},
            {"name": launcher.VOLUME, "mountPath": _HOME},
            _file_mount(TEMPLATE_CONFIG, "/vault/ct-config"),
        ],
        "resources": {"limits": {"cpu": config.template_cpu, "memory": config.template_memory}},
    }


def _hashicorps_login(helpers: Helpers) -> Container:
    config = helpers.config
    secrets: VolumeMount = {"name": AGENT_SECRETS, "mountPath": SECRETS_PATH}
    container: Container = {
        "name": AGENT,
        "image": config.agent_image,
        "imagePullPolicy": config.agent_pull_policy,
        "command": ["vault", "agent", f"-config=/vault/agent/{CONFIG_FILE}", "-exit-after-auth"],
        "env": _variables(helpers),
        "securityContext": _context(helpers, []),
        "volumeMounts": [
            *_own_mounts(config),
            *account_mount_of(config, helpers.pod_spec),
            {"name": AGENT_LOGIN_CONFIG, "mountPath": "/vault/agent", "readOnly": True},
            *([] if config.template_configmap else [secrets]),
        ],
    }
    return _with_launchers_resources(container, helpers)


def _with_launchers_resources(container: Container, helpers: Helpers) -> Container:
    own = [each for _, each in find_containers(helpers.pod_spec)]
    resources = launcher_resources(helpers.pod_spec, own, helpers.launcher.settings)
    return {**container, "resources": resources} if resources else container


def _own_mounts(config: Config) -> list[VolumeMount]:
    """Return the writable mount of the launcher's volume, for the token, and those of the login's files."""
    return [{"name": launcher.VOLUME, "mountPath": launcher.MOUNT_PATH}, *launcher.login_mounts(config)]


def _file_mount(volume: str, folder: str) -> VolumeMount:
    return {"name": volume, "mountPath": f"{folder}/{CONFIG_FILE}", "subPath": CONFIG_FILE, "readOnly": True}


def _variables(helpers: Helpers) -> list[EnvVar]:
    ours = helpers.launcher.variables("")
    return [{"name": name, "value": ours[name]} for name in _PROGRAM_VARIABLES if name in ours]


def _entry_point(helpers: Helpers) -> list[EnvVar]:
    return _NON_ROOT_VARIABLES if helpers.config.run_as_non_root else []


def _ptrace(shares: bool) -> list[str]:
    return ["SYS_PTRACE"] if shares else []


def _launchers_context(helpers: Helpers) -> SecurityContext:
    own = [each for _, each in find_containers(helpers.pod_spec)]
    return helpers.launcher.security_context(helpers.pod_spec, own)


def _context(helpers: Helpers, capabilities: list[str]) -> SecurityContext:
    """Return a context that PodSecurity `restricted` admits, with the number of the image's user.

    If `run-as-non-root` is false, the image's entry point can change from root to that user.
    """
    context, config = _launchers_context(helpers), helpers.config
    context["readOnlyRootFilesystem"] = "readonly_root_fs" in config.annotated and config.readonly_root_fs
    if not config.run_as_non_root:
        context["capabilities"] = {"drop": ["ALL"], "add": [*_CAPABILITIES, *capabilities]}
    elif "runAsUser" not in context and not (helpers.pod_spec.get("securityContext") or {}).get("runAsUser"):
        context["runAsUser"] = _USER
        context.setdefault("runAsGroup", _GROUP)
    return context
