"""The launcher's environment variables, each in one row; docs/vault-env.md and the parser follow this table.

Names and meanings follow Bank-Vaults' vault-env and HashiCorp's Vault client
(https://developer.hashicorp.com/vault/docs/commands#configure-environment-variables).
"""

from vaultenv.basics.record import Record

LARGEST_NUMBER = 999_999_999
"""The largest whole number that a variable can hold."""
ALWAYS, UNLESS_LOGIN, NEVER = "always", "unless VAULT_TOKEN is vault:login", "never"
SERVICE_ACCOUNT_TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount/token"  # noqa: S105 (a path)


class Variable(Record):
    """A row: a variable's default text, whether the program is denied it, and its meaning."""

    __slots__ = ("default", "meaning", "name", "removed")

    def __init__(self, name: str, default: str, removed: str, meaning: str) -> None:
        self.name = name
        self.default = default
        self.removed = removed
        self.meaning = meaning


_ROWS = (
    (
        "VAULT_ADDR",
        "https://127.0.0.1:8200",
        UNLESS_LOGIN,
        "Address of Vault, `https://host[:port][/prefix]`; `file:///path` is the embedded store",
    ),
    (
        "VAULT_AGENT_ADDR",
        "",
        UNLESS_LOGIN,
        "Address of a Vault Agent or proxy; wins over VAULT_ADDR",
    ),
    (
        "VAULT_NAMESPACE",
        "",
        UNLESS_LOGIN,
        "Vault Enterprise (and OpenBao) namespace of every request",
    ),
    (
        "VAULT_TOKEN",
        "",
        UNLESS_LOGIN,
        "Token to use instead of a login; `vault:login` hands the token of the login to the program",
    ),
    (
        "VAULT_TOKEN_FILE",
        "",
        NEVER,
        "File with a token to use instead of a login",
    ),
    (
        "VAULT_TOKEN_PATH",
        "",
        NEVER,
        "File with a token that is used if it exists, else there is a login",
    ),
    (
        "VAULT_AUTH_METHOD",
        "jwt",
        ALWAYS,
        "Method of the login",
    ),
    (
        "VAULT_ROLE",
        "default",
        ALWAYS,
        "Role of the login",
    ),
    (
        "VAULT_PATH",
        "kubernetes",
        ALWAYS,
        "Mount of the auth method: the login goes to `auth/<VAULT_PATH>/login`",
    ),
    (
        "VAULT_JWT_FILE",
        SERVICE_ACCOUNT_TOKEN,
        NEVER,
        "File with the JWT for the login, read again at each attempt",
    ),
    (
        "KUBERNETES_SERVICE_ACCOUNT_TOKEN",
        "",
        NEVER,
        "Another name for VAULT_JWT_FILE; wins over it",
    ),
    (
        "VAULT_CACERT",
        "",
        UNLESS_LOGIN,
        "File with the CA certificates (PEM) that Vault's certificate must come from",
    ),
    (
        "VAULT_CAPATH",
        "",
        UNLESS_LOGIN,
        "Directory with such files",
    ),
    (
        "VAULT_CACERT_BYTES",
        "",
        NEVER,
        "Such certificates themselves (PEM)",
    ),
    (
        "VAULT_CLIENT_CERT",
        "",
        UNLESS_LOGIN,
        "File with the client certificate (PEM)",
    ),
    (
        "VAULT_CLIENT_KEY",
        "",
        UNLESS_LOGIN,
        "File with the key of the client certificate (PEM)",
    ),
    (
        "VAULT_TLS_SERVER_NAME",
        "",
        UNLESS_LOGIN,
        "Name that Vault's certificate must have, if not the host of the address",
    ),
    (
        "VAULT_SKIP_VERIFY",
        "false",
        UNLESS_LOGIN,
        "Accept any certificate of Vault; for experiments only",
    ),
    (
        "VAULT_CLIENT_TIMEOUT",
        "10s",
        UNLESS_LOGIN,
        "Longest time for one request",
    ),
    (
        "VAULT_ENV_TIMEOUT",
        "60s",
        ALWAYS,
        "Longest time from start to exec, all attempts included; `0` waits without end",
    ),
    (
        "VAULT_MAX_RETRIES",
        "",
        UNLESS_LOGIN,
        "How often a read is attempted again; not set: until VAULT_ENV_TIMEOUT",
    ),
    (
        "VAULT_IGNORE_MISSING_SECRETS",
        "false",
        ALWAYS,
        "A variable whose path is missing is left out instead of ending the start",
    ),
    (
        "VAULT_ENV_FROM_PATH",
        "",
        ALWAYS,
        "Paths whose keys all become variables, `path[#version],…`; docs/references.md",
    ),
    (
        "VAULT_ENV_PASSTHROUGH",
        "",
        ALWAYS,
        "Names of this table, by comma, that the program gets nevertheless",
    ),
    (
        "VAULT_TRANSIT_KEY_ID",
        "",
        ALWAYS,
        "Key of the transit engine that decrypts `vault:v1:…` values",
    ),
    (
        "VAULT_TRANSIT_PATH",
        "transit",
        ALWAYS,
        "Mount of the transit engine",
    ),
    (
        "VAULT_TRANSIT_BATCH_SIZE",
        "25",
        ALWAYS,
        "Most ciphertexts in one request",
    ),
    (
        "VAULT_LOG_LEVEL",
        "info",
        ALWAYS,
        "Least level that is logged: debug, info, warn or error",
    ),
    (
        "VAULT_JSON_LOG",
        "false",
        ALWAYS,
        "Log lines as JSON",
    ),
    (
        "VAULT_ENV_DAEMON",
        "false",
        ALWAYS,
        "Stay as parent of the program and renew leases",
    ),
    (
        "VAULT_ENV_DELAY",
        "0s",
        ALWAYS,
        "Pause before the program starts",
    ),
    (
        "VAULT_REVOKE_TOKEN",
        "false",
        ALWAYS,
        "Revoke the token, and all that was leased with it, after the last read",
    ),
    (
        "VAULT_SRV_LOOKUP",
        "false",
        UNLESS_LOGIN,
        "Not supported",
    ),
    (
        "VAULT_WRAP_TTL",
        "",
        UNLESS_LOGIN,
        "Has no effect on the launcher",
    ),
    (
        "VAULT_MFA",
        "",
        UNLESS_LOGIN,
        "Has no effect on the launcher",
    ),
    (
        "VAULT_CLUSTER_ADDR",
        "",
        ALWAYS,
        "Has no effect on the launcher",
    ),
    (
        "VAULT_REDIRECT_ADDR",
        "",
        ALWAYS,
        "Has no effect on the launcher",
    ),
    (
        "VAULT_CLI_NO_COLOR",
        "",
        ALWAYS,
        "Has no effect on the launcher",
    ),
    (
        "VAULT_RATE_LIMIT",
        "",
        ALWAYS,
        "Has no effect on the launcher",
    ),
    (
        "VAULT_HEADERS",
        "",
        NEVER,
        "JSON object of headers for every request",
    ),
    (
        "VAULT_PROXY_ADDR",
        "",
        NEVER,
        "Proxy to Vault; wins over HTTPS_PROXY, HTTP_PROXY and NO_PROXY",
    ),
    (
        "VAULT_UNWRAP_TOKEN",
        "false",
        ALWAYS,
        "The given token is a wrapping token: unwrap it first, once",
    ),
    (
        "VAULT_APPROLE_ROLE_ID",
        "",
        ALWAYS,
        "Role ID of the method `approle`",
    ),
    (
        "VAULT_APPROLE_SECRET_ID",
        "",
        ALWAYS,
        "Secret ID of the method `approle`",
    ),
    (
        "VAULT_APPROLE_SECRET_ID_FILE",
        "",
        ALWAYS,
        "File with that secret ID, read again at each attempt",
    ),
    (
        "VAULT_AWS_IAM_SERVER_ID",
        "",
        ALWAYS,
        "Value of X-Vault-AWS-IAM-Server-ID in the method `aws-iam`",
    ),
    (
        "VAULT_USERNAME",
        "",
        ALWAYS,
        "User name of the methods `userpass` and `ldap`",
    ),
    (
        "VAULT_PASSWORD",
        "",
        ALWAYS,
        "Password of the methods `userpass` and `ldap`",
    ),
    (
        "VAULT_PASSWORD_FILE",
        "",
        ALWAYS,
        "File with that password, read again at each attempt",
    ),
    (
        "VAULT_ENV_LOG_SERVER",
        "",
        NEVER,
        "`host:port` of a syslog server (UDP) that gets every log line too",
    ),
    (
        "VAULT_ENV_DAEMON_ACTION",
        "restart",
        ALWAYS,
        "What the daemon does with the program when secrets have changed or expire: `restart`, "
        "`exit`, or the name of a signal, e.g. `SIGHUP`",
    ),
    (
        "VAULT_ENV_DAEMON_INTERVAL",
        "0s",
        ALWAYS,
        "How often the daemon reads KV secrets again; `0` never does",
    ),
    (
        "VAULT_ENV_DAEMON_GRACE",
        "10s",
        ALWAYS,
        "How long the program may take to end before the daemon kills it",
    ),
    (
        "VAULT_ENV_REUSE",
        "false",
        ALWAYS,
        "Take the values from the running program of the same container, if it was started by "
        "vault-env with the same references; for probes and `kubectl exec`",
    ),
    (
        "VAULT_CACERT_RELOAD",
        "true",
        NEVER,
        "Has no effect on the launcher, which reads files when it needs them",
    ),
)
VARIABLES = tuple(Variable(*row) for row in _ROWS)
