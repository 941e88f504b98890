"""The operator's settings: environment variables, and the flags of vault-csi-provider, which win over them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vaultcsi.flags import FlagRow, InvalidFlags, parse_flags
from vaultkube.errors import InvalidSetting
from vaultkube.settings_table import read_table, row_field, rows_of
from vaultkube.value_types import (
    ADDRESS,
    ADDRESSES,
    BOOLEAN,
    BUDGET,
    COUNT,
    DURATION,
    HOST_PORT,
    LINE,
    PATH_PATTERNS,
    POLICY_MODE,
    ValueType,
    choice,
    number,
)

_UNIX = "unix://"


def _vault_address(text: str) -> str:
    return text if text.startswith(f"{_UNIX}/") else str(ADDRESS.parse(text))


def _endpoint(text: str) -> str:
    path = text.removeprefix(_UNIX)
    if not path.startswith("/") or path.endswith("/"):
        raise ValueError(text)
    return path


def _level(text: str) -> str:
    level = choice("trace", "debug", "info", "warn", "warning", "error", "off")(text)
    return {"trace": "debug", "off": "error"}.get(level, level)


def _interval_s(text: str) -> float:
    interval_s: float = DURATION.parse(text)
    if not interval_s:
        raise ValueError(text)
    return interval_s


_VAULT_ADDRESS = ValueType(f"{ADDRESS.accepted}, or unix:///PATH", _vault_address)
_ENDPOINT = ValueType("the path of a socket, such as /provider/vault.sock", _endpoint)
_LEVEL = ValueType("one of trace, debug, info, warn, error, off", _level)
_THREADS = ValueType("a whole number from 1 to 256", number(1, 256))
_INTERVAL = ValueType("a duration such as 5s, longer than 0", _interval_s)


def _setting(name: str, type: ValueType, default: str, *, flag: str = "", help: str) -> Any:
    return row_field(FlagRow(type=type, default=default, help=help, settings=(name,), flag=flag))


@dataclass(frozen=True)
class Settings:
    """The settings of the provider; a class may replace those about Vault."""

    endpoint: str = _setting(
        "CSI_ENDPOINT",
        _ENDPOINT,
        "/provider/vault.sock",
        flag="endpoint",
        help="the socket that the driver calls",
    )
    health_address: tuple[str, int] = _setting(
        "HEALTH_ADDR",
        HOST_PORT,
        ":8080",
        flag="health-addr",
        help="where /health/ready, /health/live and /metrics are answered",
    )
    log_level: str = _setting("LOG_LEVEL", _LEVEL, "info", flag="log-level", help="the log's level")
    address: str = _setting(
        "VAULT_ADDR",
        _VAULT_ADDRESS,
        "https://127.0.0.1:8200",
        flag="vault-addr",
        help="the address of Vault; unix:///PATH is a proxy beside the provider",
    )
    mount: str = _setting(
        "VAULT_MOUNT", LINE, "kubernetes", flag="vault-mount", help="the mount of the auth method"
    )
    vault_namespace: str = _setting(
        "VAULT_NAMESPACE",
        LINE,
        "",
        flag="vault-namespace",
        help="the namespace of Vault Enterprise or OpenBao",
    )
    ca_file: str = _setting(
        "VAULT_CACERT",
        LINE,
        "",
        flag="vault-tls-ca-cert",
        help="PEM file with Vault's CA; default: the system's",
    )
    ca_directory: str = _setting(
        "VAULT_CAPATH", LINE, "", flag="vault-tls-ca-directory", help="a folder of PEM files with Vault's CA"
    )
    server_name: str = _setting(
        "VAULT_TLS_SERVER_NAME",
        LINE,
        "",
        flag="vault-tls-server-name",
        help="the name that Vault's certificate must have",
    )
    client_certificate_file: str = _setting(
        "VAULT_CLIENT_CERT", LINE, "", flag="vault-tls-client-cert", help="PEM file with a client certificate"
    )
    client_key_file: str = _setting(
        "VAULT_CLIENT_KEY", LINE, "", flag="vault-tls-client-key", help="the key of VAULT_CLIENT_CERT"
    )
    skip_verify: bool = _setting(
        "VAULT_SKIP_VERIFY",
        BOOLEAN,
        "false",
        flag="vault-tls-skip-verify",
        help="do not verify Vault's certificate",
    )
    address_allow_list: tuple[str, ...] = _setting(
        "VAULT_ADDR_ALLOWLIST",
        ADDRESSES,
        "",
        help="Vault addresses that classes may name, beside VAULT_ADDR; none: all",
    )
    path_patterns: tuple[str, ...] = _setting(
        "VAULT_PATH_POLICY",
        PATH_PATTERNS,
        "",
        help="the paths of Vault that a class may name, with what is below them: see docs/path-policy.md; none: all",
    )
    path_policy_mode: str = _setting(
        "VAULT_PATH_POLICY_MODE",
        POLICY_MODE,
        "enforce",
        help="whether a class that names another path is refused, or a warning in the log",
    )
    hmac_secret_name: str = _setting(
        "HMAC_SECRET_NAME",
        LINE,
        "vault-csi-provider-hmac-key",
        flag="hmac-secret-name",
        help="the Secret of the provider's namespace with the key of the versions; it is made where it is missing",
    )
    most_logins: int = _setting(
        "CACHE_SIZE",
        COUNT,
        "1000",
        flag="cache-size",
        help="how many logins are cached, one for each pod and role",
    )
    mount_timeout_s: float = _setting(
        "MOUNT_TIMEOUT", BUDGET, "30s", help="how long one mount may take; the kubelet waits two minutes"
    )
    node: str = _setting(
        "NODE_NAME",
        LINE,
        "",
        help="the node, so that tokens of its pods are revoked when the pods are gone; without it they last until they expire",
    )
    renewal_interval_s: float = _setting(
        "RENEWAL_INTERVAL", _INTERVAL, "5s", help="how often leases are checked for renewal"
    )
    pods_interval_s: float = _setting(
        "PODS_INTERVAL", DURATION, "30s", help="how often the pods of NODE_NAME are listed"
    )
    threads: int = _setting(
        "THREADS",
        _THREADS,
        "16",
        help="how many mounts are made at once, three quarters of them for one namespace; the others wait",
    )
    drain_s: float = _setting(
        "DRAIN_TIMEOUT", DURATION, "20s", help="how long mounts that have begun may take after SIGTERM"
    )


ROWS = rows_of(Settings, FlagRow)


def read_settings(arguments: Sequence[str], environ: Mapping[str, str]) -> Settings:
    """Return the settings; raise InvalidSetting, which names every unusable setting, or InvalidFlags for wrong flags."""
    flags, problems = parse_flags(ROWS, arguments)
    try:
        return Settings(**read_table(ROWS, {**environ, **flags}, problems))
    except InvalidSetting as error:
        raise (InvalidFlags(str(error)) if problems else error) from None


def usage() -> str:
    """Return the help of the command: each flag with its variable, its purpose and its default."""
    flags = [f"  --{row.flag} ({row.settings[0]}): {row.described}" for row in ROWS if row.flag]
    variables = [f"  {row.settings[0]}: {row.described}" for row in ROWS if not row.flag]
    head = [
        "usage: vault-webhook csi-provider [--FLAG=VALUE ...]",
        "",
        "Serve the Secrets Store CSI driver of a node.",
    ]
    return "\n".join([*head, "", "flags, and the variable of each:", *flags, "", "variables:", *variables])
