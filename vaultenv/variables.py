"""The table of the launcher's environment variables: `Settings` reads it, docs/vault-env.md and the C scan are made from it.

Names and meanings follow Bank-Vaults' vault-env and HashiCorp's Vault client
(https://developer.hashicorp.com/vault/docs/commands#configure-environment-variables).
"""

import vaultenv.variable_types as types

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from vaultenv.agent_settings import AgentSettings
    from vaultenv.template_sources import TemplateSource

ALWAYS, UNLESS_LOGIN, NEVER = "always", "unless VAULT_TOKEN is vault:login", "never"
APPROLE, PASSWORD = ("approle",), ("userpass", "ldap")
SERVICE_ACCOUNT_TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount/token"  # noqa: S105 (a path)


class Variable:
    """The facts about one variable, and its default value as an attribute of `Settings`.

    `parse` returns the value of the field from name and text; without it, `Settings` does not read the variable. `names` are
    the variables for the value, of which the first wins: the alias, if there is one, and `name`. `removed` defines when the
    variable is removed from the program's environment. With `only_for_requests` the variable has no effect on a start without
    references. `methods` are the auth methods that read the variable: with any other one it is the program's own.
    """

    __slots__ = (
        "default",
        "field",
        "help",
        "methods",
        "name",
        "names",
        "only_for_requests",
        "parse",
        "removed",
    )

    def __init__(
        self,
        name: str,
        parse: "Callable[[str, str], object] | None",
        default: str = "",
        *,
        help: str = "",
        alias: str = "",
        removed: str = ALWAYS,
        only_for_requests: bool = False,
        methods: "tuple[str, ...]" = (),
    ) -> None:
        self.name = name
        self.parse = parse
        self.default = default
        self.help = help
        self.names = (alias, name) if alias else (name,)
        self.removed = removed
        self.only_for_requests = only_for_requests
        self.methods = methods

    def is_read(self, auth_method: str) -> bool:
        """Return whether the launcher reads the variable if it logs in with this method; else it is the program's own."""
        return not self.methods or auth_method in self.methods

    def __set_name__(self, owner: type, field: str) -> None:
        self.field = field

    def __get__(self, settings: object, owner: type) -> "Any":
        """Return the value of the default, which is parsed only if a start needs it."""
        return self if settings is None or not self.parse else self.parse(self.name, self.default)


variable: "Callable[..., Any]" = Variable
"""A row; the field has the type in its annotation."""


class Variables:
    """A row for each variable, under the name of the field that it fills."""

    address: str = variable(
        "VAULT_ADDR",
        types.trimmed,
        "https://127.0.0.1:8200",
        alias="VAULT_AGENT_ADDR",
        removed=UNLESS_LOGIN,
        only_for_requests=True,
        help="Address of Vault, `https://host[:port][/prefix]`; `file:///path` is the embedded store",
    )
    agent_address = Variable(
        "VAULT_AGENT_ADDR",
        None,
        removed=UNLESS_LOGIN,
        only_for_requests=True,
        help="Address of a Vault Agent or proxy; wins over VAULT_ADDR",
    )
    namespace: str = variable(
        "VAULT_NAMESPACE",
        types.namespace,
        removed=UNLESS_LOGIN,
        only_for_requests=True,
        help="Vault Enterprise (and OpenBao) namespace of every request",
    )
    token: str = variable(
        "VAULT_TOKEN",
        types.trimmed,
        removed=UNLESS_LOGIN,
        only_for_requests=True,
        help="Token to use instead of a login; `vault:login` hands the token of the login to the program",
    )
    token_file: str = variable(
        "VAULT_TOKEN_FILE",
        types.line,
        removed=NEVER,
        only_for_requests=True,
        help="File with a token to use instead of a login; wins over VAULT_TOKEN",
    )
    token_path: str = variable(
        "VAULT_TOKEN_PATH",
        types.line,
        removed=NEVER,
        only_for_requests=True,
        help="File with a token that is used if it exists, else there is a login",
    )
    auth_method: str = variable(
        "VAULT_AUTH_METHOD", types.line, "jwt", only_for_requests=True, help="Method of the login"
    )
    role: str = variable(
        "VAULT_ROLE", types.line, "default", only_for_requests=True, help="Role of the login"
    )
    auth_mount: str = variable(
        "VAULT_PATH",
        types.auth_mount,
        only_for_requests=True,
        help="Mount of the auth method: the login goes to `auth/<VAULT_PATH>/login`; default: the method's usual mount",
    )
    jwt_file: str = variable(
        "VAULT_JWT_FILE",
        types.line,
        SERVICE_ACCOUNT_TOKEN,
        alias="KUBERNETES_SERVICE_ACCOUNT_TOKEN",
        removed=NEVER,
        only_for_requests=True,
        help="File with the JWT for the login, read again at each attempt",
    )
    kubernetes_jwt_file = Variable(
        "KUBERNETES_SERVICE_ACCOUNT_TOKEN",
        None,
        removed=NEVER,
        only_for_requests=True,
        help="Another name for VAULT_JWT_FILE; wins over it",
    )
    ca_file: str = variable(
        "VAULT_CACERT",
        types.line,
        removed=UNLESS_LOGIN,
        only_for_requests=True,
        help="File with the CA certificates (PEM) that Vault's certificate must come from",
    )
    ca_directory: str = variable(
        "VAULT_CAPATH",
        types.line,
        removed=UNLESS_LOGIN,
        only_for_requests=True,
        help="Directory with such files",
    )
    ca_bytes: str = variable(
        "VAULT_CACERT_BYTES",
        types.lines,
        removed=NEVER,
        only_for_requests=True,
        help="Such certificates themselves (PEM)",
    )
    client_certificate: str = variable(
        "VAULT_CLIENT_CERT",
        types.line,
        removed=UNLESS_LOGIN,
        only_for_requests=True,
        help="File with the client certificate (PEM)",
    )
    client_key: str = variable(
        "VAULT_CLIENT_KEY",
        types.line,
        removed=UNLESS_LOGIN,
        only_for_requests=True,
        help="File with the key of the client certificate (PEM)",
    )
    server_name: str = variable(
        "VAULT_TLS_SERVER_NAME",
        types.host,
        removed=UNLESS_LOGIN,
        only_for_requests=True,
        help="Name that Vault's certificate must have, if not the host of the address",
    )
    skip_verify: bool = variable(
        "VAULT_SKIP_VERIFY",
        types.flag,
        "false",
        removed=UNLESS_LOGIN,
        only_for_requests=True,
        help="Accept any certificate of Vault; for experiments only",
    )
    client_timeout_s: float = variable(
        "VAULT_CLIENT_TIMEOUT",
        types.timeout_s,
        "10s",
        removed=UNLESS_LOGIN,
        only_for_requests=True,
        help="Longest time for one request",
    )
    timeout_s: float = variable(
        "VAULT_ENV_TIMEOUT",
        types.duration_s,
        "60s",
        only_for_requests=True,
        help="Longest time from start to exec, all attempts included; `0` waits without end",
    )
    max_retries: int | None = variable(
        "VAULT_MAX_RETRIES",
        types.optional_count,
        removed=UNLESS_LOGIN,
        only_for_requests=True,
        help="How often a read is attempted again; not set: until VAULT_ENV_TIMEOUT",
    )
    ignore_missing: bool = variable(
        "VAULT_IGNORE_MISSING_SECRETS",
        types.flag,
        "false",
        only_for_requests=True,
        help="A variable whose path is missing is left out instead of ending the start",
    )
    from_path: str = variable(
        "VAULT_ENV_FROM_PATH",
        types.lines,
        help="Paths whose keys all become variables, `path[#version],…`; docs/references.md",
    )
    templates: "tuple[TemplateSource, ...]" = variable(
        "VAULT_ENV_TEMPLATES",
        types.template_sources,
        help="JSON list of paths and templates whose output, `NAME=value` in each line, becomes variables; the webhook writes it for annotations of `vault.hashicorp.com`",
    )
    agent: "AgentSettings | None" = variable(
        "VAULT_ENV_AGENT",
        types.agent_settings,
        help="JSON object with the files that `--agent` and `--agent-init` write, and how they are kept fresh ([the agent](agent.md)); the webhook writes it for annotations of `vault.hashicorp.com`",
    )
    passthrough: frozenset[str] = variable(
        "VAULT_ENV_PASSTHROUGH",
        types.names,
        help="Names of this table, by comma, that the program gets nevertheless",
    )
    transit_key: str = variable(
        "VAULT_TRANSIT_KEY_ID",
        types.segment,
        only_for_requests=True,
        help="Key of the transit engine that decrypts `vault:v1:…` values",
    )
    transit_mount: str = variable(
        "VAULT_TRANSIT_PATH",
        types.mount,
        "transit",
        only_for_requests=True,
        help="Mount of the transit engine",
    )
    transit_batch_size: int = variable(
        "VAULT_TRANSIT_BATCH_SIZE",
        types.positive_count,
        "25",
        only_for_requests=True,
        help="Most ciphertexts in one request",
    )
    log_level: str = variable(
        "VAULT_LOG_LEVEL",
        types.log_level,
        "info",
        help="Least level that is logged, in any case: debug, info, warn or error; any other word is info",
    )
    json_log: bool = variable(
        "VAULT_JSON_LOG", types.flag, "false", only_for_requests=True, help="Log lines as JSON"
    )
    daemon: bool = variable(
        "VAULT_ENV_DAEMON", types.flag, "false", help="Stay as parent of the program and renew leases"
    )
    delay_s: float = variable(
        "VAULT_ENV_DELAY",
        types.duration_s,
        "0s",
        help="Pause before the program starts; not for probes, hooks and `kubectl exec` beside it",
    )
    revoke_token: bool = variable(
        "VAULT_REVOKE_TOKEN",
        types.flag,
        "false",
        help="Revoke the token, and all that was leased with it, after the last read",
    )
    srv_lookup: bool = variable(
        "VAULT_SRV_LOOKUP", types.unsupported_flag, "false", removed=UNLESS_LOGIN, help="Not supported"
    )
    wrap_ttl = Variable("VAULT_WRAP_TTL", None, removed=UNLESS_LOGIN, help="Has no effect on the launcher")
    mfa = Variable("VAULT_MFA", None, removed=UNLESS_LOGIN, help="Has no effect on the launcher")
    cluster_address = Variable("VAULT_CLUSTER_ADDR", None, help="Has no effect on the launcher")
    redirect_address = Variable("VAULT_REDIRECT_ADDR", None, help="Has no effect on the launcher")
    no_color = Variable("VAULT_CLI_NO_COLOR", None, help="Has no effect on the launcher")
    rate_limit = Variable("VAULT_RATE_LIMIT", None, help="Has no effect on the launcher")
    headers: dict[str, str] = variable(
        "VAULT_HEADERS", types.headers, removed=NEVER, help="JSON object of headers for every request"
    )
    proxy: str = variable(
        "VAULT_PROXY_ADDR",
        types.proxy,
        removed=NEVER,
        help="Proxy to Vault; wins over HTTPS_PROXY, HTTP_PROXY and NO_PROXY",
    )
    unwrap_token: bool = variable(
        "VAULT_UNWRAP_TOKEN",
        types.flag,
        "false",
        help="The given token is a wrapping token: unwrap it first, once",
    )
    role_id: str = variable("VAULT_APPROLE_ROLE_ID", types.line, methods=APPROLE, help="Role ID")
    role_id_file: str = variable(
        "VAULT_APPROLE_ROLE_ID_FILE",
        types.line,
        methods=APPROLE,
        help="File with that role ID, read again at each attempt",
    )
    secret_id: str = variable("VAULT_APPROLE_SECRET_ID", types.line, methods=APPROLE, help="Secret ID")
    secret_id_file: str = variable(
        "VAULT_APPROLE_SECRET_ID_FILE",
        types.line,
        methods=APPROLE,
        help="File with that secret ID, read again at each attempt",
    )
    aws_iam_server_id = Variable(
        "VAULT_AWS_IAM_SERVER_ID", None, methods=("aws-iam",), help="Value of X-Vault-AWS-IAM-Server-ID"
    )
    username: str = variable("VAULT_USERNAME", types.segment, methods=PASSWORD, help="User name")
    password: str = variable("VAULT_PASSWORD", types.line, methods=PASSWORD, help="Password")
    password_file: str = variable(
        "VAULT_PASSWORD_FILE",
        types.line,
        methods=PASSWORD,
        help="File with that password, read again at each attempt",
    )
    log_server: str = variable(
        "VAULT_ENV_LOG_SERVER",
        types.syslog_server,
        removed=NEVER,
        help="`host:port` of a syslog server (UDP) that gets every log line too",
    )
    daemon_action: str = variable(
        "VAULT_ENV_DAEMON_ACTION",
        types.daemon_action,
        types.RESTART,
        help="What the daemon does with the program when secrets have changed or expire: `restart`, `exit`, or the name of a signal, e.g. `SIGHUP`",
    )
    interval_s: float = variable(
        "VAULT_ENV_DAEMON_INTERVAL",
        types.duration_s,
        "0s",
        help="How often the daemon reads KV secrets again; `0` never does",
    )
    grace_s: float = variable(
        "VAULT_ENV_DAEMON_GRACE",
        types.duration_s,
        "10s",
        help="How long the program may take to end before the daemon kills it",
    )
    reuse: bool = variable(
        "VAULT_ENV_REUSE",
        types.flag,
        "false",
        help="Take the values from the running program of the same container, if it was started by vault-env with the same references; for probes and `kubectl exec`",
    )
    ca_reload = Variable(
        "VAULT_CACERT_RELOAD",
        None,
        "true",
        removed=NEVER,
        help="Has no effect on the launcher, which reads files when it needs them",
    )


VARIABLES = tuple([row for row in vars(Variables).values() if isinstance(row, Variable)])
