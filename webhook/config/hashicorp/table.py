"""The table of HashiCorp's annotations: a field of `AgentConfig` for each, with its key, type, default, mode and help.

Keys and defaults: https://developer.hashicorp.com/vault/docs/deploy/kubernetes/injector/annotations, and the injector's
source (vault-k8s 1.7). docs/hashicorp-annotations.md is made from this table.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from vaultkube.settings_table import rows_of
from vaultkube.value_types import BOOLEAN, CONTAINERS, COUNT, DURATION, LINE, QUANTITY, TEXT, optional
from webhook.config.hashicorp.auth import AUTH_TYPE, KUBERNETES
from webhook.config.hashicorp.rows import AgentAnnotation, Mode, each, single
from webhook.config.hashicorp.value_types import (
    AUTH_PATH,
    CACHE_TOKEN,
    DEFAULT_TEMPLATE,
    FEATURES,
    FRACTION,
    JSON_PATCH,
    LAX_BOOLEAN,
    LOG_FORMAT,
    LOG_LEVEL,
    OCTAL,
    SHELL_WORDS,
)

_EXEC, _FILES, _BOTH, _NONE = Mode.EXEC, Mode.FILES, Mode.BOTH, Mode.NONE
_AMOUNT, _TIME = optional(QUANTITY), optional(DURATION)
_ONE_CONNECTION = "vault-env has one connection, which it keeps"
_OWN_PAUSES = "vault-env has pauses of its own, until VAULT_ENV_TIMEOUT"
_TEMPLATE_FILE = "no file is read: write the template into agent-inject-template-NAME"
_CA_KEY = "the agent treats it as a directory of CA certificates: name a file in ca-cert"
_AGENTS_CONFIG = "there is no agent to configure: write the paths into agent-inject-secret-NAME"
_TOKEN_VOLUME = "name the token's file as the container mounts it in auth-config-token-path"  # noqa: S105
AMOUNTS = (
    ("cpu", "limits_cpu", "requests_cpu"),
    ("memory", "limits_memory", "requests_memory"),
    ("ephemeral-storage", "limits_ephemeral", "requests_ephemeral"),
)
"""The resources of an agent, each with the fields of its limit and its request."""


# fmt: off
@dataclass(frozen=True)
class AgentConfig:
    """The annotations of one pod over the injector's variables; a mapping has the values of `key`-NAME by NAME."""

    inject: bool = single("agent-inject", BOOLEAN, "false", _BOTH, "the gate: without true, all annotations of this family are ignored")
    status: str = single("agent-inject-status", LINE, "", _BOTH, "`injected` leaves the pod as it is; the webhook writes this value. Any other text has no effect")
    as_sidecar: bool = single("agent-run-as-sidecar", BOOLEAN, "true", _BOTH, "false: exec mode, the secrets become variables of the program")
    command: tuple[str, ...] = single("agent-exec-command", SHELL_WORDS, "", _EXEC, "the program of the first container that gets the secrets, in the place of its `command`; never run by a shell. Alone it implies agent-run-as-sidecar: \"false\", with a warning")
    containers: tuple[str, ...] = single("agent-inject-containers", CONTAINERS, "", _BOTH, "the containers that get the secrets; by default the first one of `containers` in exec mode, and for files all of them, with the init containers that start after the agent's")
    secrets: Mapping[str, str] = each("agent-inject-secret", LINE, "", _BOTH, "a path of Vault; without a template it brings all keys of its secret")
    templates: Mapping[str, str] = each("agent-inject-template", TEXT, "", _BOTH, "a template in consul-template's language; in exec mode it writes `KEY=VALUE` lines")
    template_files: Mapping[str, str] = each("agent-inject-template-file", LINE, "", _FILES, "a template as a file of the agent's container; the one for a secret called `file-…` is agent-inject-template", why=_TEMPLATE_FILE, refused=True)
    default_template: str = single("agent-inject-default-template", DEFAULT_TEMPLATE, "map", _BOTH, "the template of a path without one", setting="AGENT_INJECT_DEFAULT_TEMPLATE")
    left: Mapping[str, str] = each("agent-template-left-delim", LINE, "{{", _BOTH, "the left delimiter of the template")
    right: Mapping[str, str] = each("agent-template-right-delim", LINE, "}}", _BOTH, "the right delimiter of the template")
    error_on_missing_key: Mapping[str, bool] = each("error-on-missing-key", LAX_BOOLEAN, "false", _BOTH, "a key that the secret does not have is an error of the template")
    files: Mapping[str, str] = each("agent-inject-file", LINE, "", _FILES, "the file's name, or its path below the volume's")
    perms: Mapping[str, int | None] = each("agent-inject-perms", OCTAL, "", _FILES, "the file's mode; `agent-inject-perms-token` that of `agent-inject-token`, else 0640")
    commands: Mapping[str, str] = each("agent-inject-command", TEXT, "", _FILES, "a command that the agent runs after each change of the file; the image has no shell of its own")
    volume_path: str = single("secret-volume-path", LINE, "/vault/secrets", _FILES, "where the containers mount the volume of the files")
    volume_paths: Mapping[str, str] = each("secret-volume-path", LINE, "", _FILES, "the same for one file")
    preserve_case: bool = single("preserve-secret-case", LAX_BOOLEAN, "false", _FILES, "capital letters of NAME stay in the file's name")
    preserve_cases: Mapping[str, bool] = each("preserve-secret-case", LAX_BOOLEAN, "false", _FILES, "the same for one file")
    token: bool = single("agent-inject-token", LAX_BOOLEAN, "false", _FILES, "the token of the login as the file `token` of secret-volume-path", why="no file is written; `VAULT_TOKEN: vault:login` in env hands the token to the program")

    service: str = single("service", LINE, "", _BOTH, "the address of Vault, one that the operator allows", sets="address")
    role: str = single("role", LINE, "", _BOTH, "the role to log in with; by default the operator's VAULT_ROLE, else the pod's ServiceAccount", sets="role")
    namespace: str = single("namespace", LINE, "", _BOTH, "the namespace in Vault Enterprise or OpenBao", sets="vault_namespace")
    auth_type: str = single("auth-type", AUTH_TYPE, KUBERNETES, _BOTH, "the method of the login", setting="AGENT_INJECT_VAULT_AUTH_TYPE")
    auth_path: str = single("auth-path", AUTH_PATH, "", _BOTH, "the mount of the method, with `auth/` in front; by default the operator's VAULT_PATH, with another auth-type than kubernetes and jwt the mount of that name, such as auth/approle", setting="AGENT_INJECT_VAULT_AUTH_PATH", sets="path")
    auth_config: Mapping[str, str] = each("auth-config", LINE, "", _BOTH, "a parameter of the method, with - for _, e.g. `auth-config-token-path`")
    auth_min_backoff_s: float | None = single("auth-min-backoff", _TIME, "", _FILES, "the first pause between attempts to log in", setting="AGENT_INJECT_AUTH_MIN_BACKOFF", why=_OWN_PAUSES)
    auth_max_backoff_s: float | None = single("auth-max-backoff", _TIME, "", _FILES, "the longest such pause", setting="AGENT_INJECT_AUTH_MAX_BACKOFF", why=_OWN_PAUSES)
    tls_secret: str = single("tls-secret", LINE, "", _BOTH, "a Secret whose files ca-cert, client-cert and client-key name as /vault/tls/FILE", sets="tls_secret")
    ca_cert: str = single("ca-cert", LINE, "", _BOTH, "a file with Vault's CA: /vault/tls/KEY of tls-secret, or a file of the container")
    ca_key: str = single("ca-key", LINE, "", _FILES, "a directory of CA certificates, whatever its name says", why=_CA_KEY, refused=True)
    client_cert: str = single("client-cert", LINE, "", _BOTH, "a file with the client's certificate, as ca-cert")
    client_key: str = single("client-key", LINE, "", _BOTH, "a file with its key, as ca-cert")
    tls_server_name: str = single("tls-server-name", LINE, "", _BOTH, "the name that Vault's certificate must have", variable="VAULT_TLS_SERVER_NAME")
    tls_skip_verify: bool = single("tls-skip-verify", LAX_BOOLEAN, "false", _BOTH, "do not verify Vault's certificate; ignored unless the operator sets VAULT_ALLOW_OBJECT_SKIP_VERIFY", sets="skip_verify")
    client_timeout_s: float | None = single("client-timeout", _TIME, "", _BOTH, "how long one request to Vault may take", sets="client_timeout_s")
    client_max_retries: int | None = single("client-max-retries", optional(COUNT), "", _BOTH, "how often a request is attempted again", variable="VAULT_MAX_RETRIES")
    proxy_address: str = single("proxy-address", LINE, "", _BOTH, "a proxy on the way to Vault", setting="AGENT_INJECT_PROXY_ADDR", variable="VAULT_PROXY_ADDR")
    log_level: str = single("log-level", LOG_LEVEL, "info", _BOTH, "the least level that is logged", sets="log_level")
    log_format: str = single("log-format", LOG_FORMAT, "standard", _BOTH, "json: log lines as JSON", sets="json_log")

    image: str = single("agent-image", LINE, "", _FILES, "the image of HashiCorp's own program, used only with agent-configmap; otherwise the agent is the launcher's image, `vault-env-image`", setting="AGENT_INJECT_VAULT_IMAGE")
    configmap: str = single("agent-configmap", LINE, "", _FILES, "a ConfigMap with config.hcl and config-init.hcl for HashiCorp's own program, whose image is agent-image", why=_AGENTS_CONFIG, refused=True)
    extra_secret: str = single("agent-extra-secret", LINE, "", _FILES, "a Secret that the agent mounts at /vault/custom")
    copy_volume_mounts: str = single("agent-copy-volume-mounts", LINE, "", _FILES, "a container whose volume mounts the agent gets too")
    pre_populate: bool = single("agent-pre-populate", LAX_BOOLEAN, "true", _FILES, "an init container writes the files before the program starts", why="the program always starts with its secrets")
    pre_populate_only: bool = single("agent-pre-populate-only", LAX_BOOLEAN, "false", _FILES, "no agent runs beside the program")
    init_first: bool = single("agent-init-first", LAX_BOOLEAN, "false", _FILES, "that init container is the first")
    service_account_volume: str = single("agent-service-account-token-volume-name", LINE, "", _FILES, "a projected volume with the token to log in with", why=_TOKEN_VOLUME, refused=True)
    request_namespace: str = single("agent-request-namespace", LINE, "", _NONE, "the pod's namespace, as the injector notes it", why="the webhook takes it from the request")
    limits_cpu: str | None = single("agent-limits-cpu", _AMOUNT, "500m", _FILES, "cpu limit of the agent", setting="AGENT_INJECT_CPU_LIMIT")
    limits_memory: str | None = single("agent-limits-mem", _AMOUNT, "128Mi", _FILES, "memory limit of the agent", setting="AGENT_INJECT_MEM_LIMIT")
    limits_ephemeral: str | None = single("agent-limits-ephemeral", _AMOUNT, "", _FILES, "ephemeral storage limit of the agent", setting="AGENT_INJECT_EPHEMERAL_LIMIT")
    requests_cpu: str | None = single("agent-requests-cpu", _AMOUNT, "10m", _FILES, "cpu request of the agent", setting="AGENT_INJECT_CPU_REQUEST")
    requests_memory: str | None = single("agent-requests-mem", _AMOUNT, "32Mi", _FILES, "memory request of the agent", setting="AGENT_INJECT_MEM_REQUEST")
    requests_ephemeral: str | None = single("agent-requests-ephemeral", _AMOUNT, "", _FILES, "ephemeral storage request of the agent", setting="AGENT_INJECT_EPHEMERAL_REQUEST")
    revoke_on_shutdown: bool = single("agent-revoke-on-shutdown", LAX_BOOLEAN, "false", _FILES, "the agent revokes its token when the pod ends", setting="AGENT_INJECT_REVOKE_ON_SHUTDOWN", why="nothing of vault-env is left to revoke it")
    revoke_grace_s: int = single("agent-revoke-grace", COUNT, "5", _FILES, "how long it waits before that, in seconds, for a program that still ends")
    run_as_user: int = single("agent-run-as-user", COUNT, "100", _FILES, "the agent's user", setting="AGENT_INJECT_RUN_AS_USER", why="vault-env runs as the container's user")
    run_as_group: int = single("agent-run-as-group", COUNT, "1000", _FILES, "the agent's group", setting="AGENT_INJECT_RUN_AS_GROUP", why="vault-env runs as the container's user")
    run_as_same_user: bool = single("agent-run-as-same-user", LAX_BOOLEAN, "false", _FILES, "the agent runs as the user of the first container, so that the program can read files with mode 0600", setting="AGENT_INJECT_RUN_AS_SAME_USER", why="vault-env runs as the container's user")
    set_security_context: bool = single("agent-set-security-context", LAX_BOOLEAN, "true", _FILES, "the agent's container has a security context", setting="AGENT_INJECT_SET_SECURITY_CONTEXT")
    share_process_namespace: bool = single("agent-share-process-namespace", LAX_BOOLEAN, "false", _FILES, "the containers of the pod see each other's processes, so that a command can signal the program")
    go_max_procs: int | None = single("go-max-procs", optional(COUNT), "", _NONE, "processors that the agent uses", why="vault-env uses one")
    exit_on_login_error: bool = single("agent-auto-auth-exit-on-err", LAX_BOOLEAN, "false", _FILES, "the agent ends if it cannot log in", why="a start that fails always ends")
    cache_enable: bool = single("agent-cache-enable", LAX_BOOLEAN, "false", _FILES, "the agent has a cache and a listener")
    cache_listener_port: int = single("agent-cache-listener-port", COUNT, "8200", _FILES, "the listener's port")
    cache_use_token: str = single("agent-cache-use-auto-auth-token", CACHE_TOKEN, "true", _FILES, "requests to the listener get the agent's token")
    cache_exit_on_error: bool = single("agent-cache-exit-on-err", LAX_BOOLEAN, "false", _NONE, "the agent ends if it cannot restore its cache", why="the cache is never stored")
    enable_quit: bool = single("agent-enable-quit", LAX_BOOLEAN, "false", _FILES, "/agent/v1/quit on the listener ends the agent")
    exit_on_retry_failure: bool = single("template-config-exit-on-retry-failure", LAX_BOOLEAN, "true", _FILES, "the agent ends when all retries of a template have failed", setting="AGENT_INJECT_TEMPLATE_CONFIG_EXIT_ON_RETRY_FAILURE", why="a start that fails always ends")
    render_interval_s: float | None = single("template-static-secret-render-interval", _TIME, "", _FILES, "how often secrets without a lease are read again", setting="AGENT_INJECT_TEMPLATE_STATIC_SECRET_RENDER_INTERVAL", why="vault-env reads once, or with vault-env-daemon by VAULT_ENV_DAEMON_INTERVAL in the container's env")
    connections_per_host: int = single("template-max-connections-per-host", COUNT, "0", _NONE, "connections for templates", setting="AGENT_INJECT_TEMPLATE_MAX_CONNECTIONS_PER_HOST", why=_ONE_CONNECTION)
    lease_renewal_threshold: float = single("template-lease-renewal-threshold", FRACTION, "0", _FILES, "the part of a lease after which it is renewed", setting="AGENT_INJECT_TEMPLATE_LEASE_RENEWAL_THRESHOLD")
    disable_idle_connections: tuple[str, ...] = single("agent-disable-idle-connections", FEATURES, "", _NONE, "features of the agent without idle connections", setting="AGENT_INJECT_DISABLE_IDLE_CONNECTIONS", why=_ONE_CONNECTION)
    disable_keep_alives: tuple[str, ...] = single("agent-disable-keep-alives", FEATURES, "", _NONE, "features of the agent without kept connections", setting="AGENT_INJECT_DISABLE_KEEP_ALIVES", why=_ONE_CONNECTION)
    json_patch: str = single("agent-json-patch", JSON_PATCH, "", _FILES, "changes to the agent's container")
    init_json_patch: str = single("agent-init-json-patch", JSON_PATCH, "", _FILES, "changes to the agent's init container")
    telemetry: Mapping[str, str] = each("agent-telemetry", TEXT, "", _NONE, "a parameter of the agent's telemetry", why="vault-env has no telemetry")

    annotated: frozenset[str] = field(default_factory=frozenset)
    """The fields that annotations of this pod set."""

    @cached_property
    def named(self) -> frozenset[str]:
        """The `containers`, to look up many names."""
        return frozenset(self.containers)
# fmt: on


AGENT_ANNOTATIONS = rows_of(AgentConfig, AgentAnnotation)
