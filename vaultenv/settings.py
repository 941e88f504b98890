"""The values that a process was given for the variables of `vaultenv.variables`, checked."""

from vaultenv.basics.duration import seconds
from vaultenv.basics.jsontext import loads
from vaultenv.basics.text import NotUtf8, decoded, whole_number
from vaultenv.errors import InvalidSetting
from vaultenv.variables import LARGEST_NUMBER, VARIABLES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_DEFAULTS = {variable.name: variable.default for variable in VARIABLES}

_PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY")
TRUE = frozenset(("1", "t", "T", "TRUE", "true", "True"))
FALSE = frozenset(("0", "f", "F", "FALSE", "false", "False"))


class Settings:
    """What the environment tells the launcher; made once, never changed. Its repr shows nothing, as it holds
    a token.

    Raises InvalidSetting with the variable's name and the accepted form.
    """

    __slots__ = (
        "_environ",
        "address",
        "auth_method",
        "auth_mount",
        "ca_bytes",
        "ca_directory",
        "ca_file",
        "client_certificate",
        "client_key",
        "client_timeout_s",
        "daemon",
        "daemon_action",
        "delay_s",
        "from_path",
        "grace_s",
        "headers",
        "ignore_missing",
        "interval_s",
        "json_log",
        "jwt_file",
        "log_level",
        "log_server",
        "max_retries",
        "namespace",
        "passthrough",
        "password",
        "password_file",
        "proxies",
        "reuse",
        "revoke_token",
        "role",
        "role_id",
        "secret_id",
        "secret_id_file",
        "server_name",
        "skip_verify",
        "system_ca_directories",
        "system_ca_file",
        "timeout_s",
        "token",
        "token_file",
        "token_path",
        "transit_batch_size",
        "transit_key",
        "transit_mount",
        "unwrap_token",
        "username",
    )

    def __init__(self, environ: "Mapping[bytes, bytes]") -> None:
        self._environ = environ
        self._read_connection()
        self._read_login()
        self._read_tls()
        self._read_times()
        self._read_launcher()
        self._read_daemon()

    def _read_connection(self) -> None:
        if self._flag("VAULT_SRV_LOOKUP"):
            raise InvalidSetting("VAULT_SRV_LOOKUP is not supported: write the host and port into VAULT_ADDR")
        self.address = self._trimmed("VAULT_AGENT_ADDR") or self._trimmed("VAULT_ADDR")
        self.namespace = self._text("VAULT_NAMESPACE").strip("/")
        self.headers = self._header_map()
        self.proxies = {name: self.foreign(name, name.lower()) for name in _PROXIES}
        self.proxies["VAULT_PROXY_ADDR"] = self._text("VAULT_PROXY_ADDR")

    def _read_login(self) -> None:
        self.token = self._trimmed("VAULT_TOKEN")
        self.token_file = self._text("VAULT_TOKEN_FILE")
        self.token_path = self._text("VAULT_TOKEN_PATH")
        self.unwrap_token = self._flag("VAULT_UNWRAP_TOKEN")
        self.auth_method = self._text("VAULT_AUTH_METHOD")
        self.auth_mount = _path("VAULT_PATH", _without_controls("VAULT_PATH", self.foreign("VAULT_PATH")))
        if self.auth_mount.startswith("auth/"):
            raise InvalidSetting(f"VAULT_PATH is {self.auth_mount!r}: leave auth/ out, it is put in front")
        self.role = self._text("VAULT_ROLE")
        self.jwt_file = self._text("KUBERNETES_SERVICE_ACCOUNT_TOKEN") or self._text("VAULT_JWT_FILE")
        self.role_id = self._text("VAULT_APPROLE_ROLE_ID")
        self.secret_id = self._text("VAULT_APPROLE_SECRET_ID")
        self.secret_id_file = self._text("VAULT_APPROLE_SECRET_ID_FILE")
        self.username = _segment("VAULT_USERNAME", self._text("VAULT_USERNAME"))
        self.password = self._text("VAULT_PASSWORD")
        self.password_file = self._text("VAULT_PASSWORD_FILE")

    def _read_tls(self) -> None:
        self.ca_file = self._text("VAULT_CACERT")
        self.ca_directory = self._text("VAULT_CAPATH")
        self.ca_bytes = self._lines("VAULT_CACERT_BYTES")
        self.system_ca_file = self.foreign("SSL_CERT_FILE")
        self.system_ca_directories = tuple(filter(None, self.foreign("SSL_CERT_DIR").split(":")))
        self.client_certificate = self._text("VAULT_CLIENT_CERT")
        self.client_key = self._text("VAULT_CLIENT_KEY")
        self.server_name = self._host("VAULT_TLS_SERVER_NAME")
        self.skip_verify = self._flag("VAULT_SKIP_VERIFY")

    def _read_times(self) -> None:
        self.client_timeout_s = self._duration_s("VAULT_CLIENT_TIMEOUT", least_s=0.001)
        self.timeout_s = self._duration_s("VAULT_ENV_TIMEOUT")
        self.max_retries = self._count("VAULT_MAX_RETRIES") if self._text("VAULT_MAX_RETRIES") else None
        self.delay_s = self._duration_s("VAULT_ENV_DELAY")

    def _read_launcher(self) -> None:
        self.ignore_missing = self._flag("VAULT_IGNORE_MISSING_SECRETS")
        self.from_path = self._lines("VAULT_ENV_FROM_PATH")
        self.passthrough = frozenset(name.strip() for name in self._lines("VAULT_ENV_PASSTHROUGH").split(","))
        self.transit_key = _segment("VAULT_TRANSIT_KEY_ID", self._text("VAULT_TRANSIT_KEY_ID"))
        self.transit_mount = _path("VAULT_TRANSIT_PATH", self._text("VAULT_TRANSIT_PATH"))
        self.transit_batch_size = self._count("VAULT_TRANSIT_BATCH_SIZE", least=1)
        self.log_level = self._text("VAULT_LOG_LEVEL")
        self.json_log = self._flag("VAULT_JSON_LOG")
        self.log_server = self._log_server()
        self.revoke_token = self._flag("VAULT_REVOKE_TOKEN")
        self.reuse = self._flag("VAULT_ENV_REUSE")

    def _read_daemon(self) -> None:
        self.daemon = self._flag("VAULT_ENV_DAEMON")
        self.daemon_action = self._text("VAULT_ENV_DAEMON_ACTION")
        self.interval_s = self._duration_s("VAULT_ENV_DAEMON_INTERVAL")
        self.grace_s = self._duration_s("VAULT_ENV_DAEMON_GRACE")

    def _header_map(self) -> dict[str, str]:
        text = self._lines("VAULT_HEADERS")
        try:
            headers = loads(text.encode()) if text else {}
        except ValueError:
            headers = None
        if not isinstance(headers, dict) or not all(map(_is_header, headers.items())):
            raise InvalidSetting(
                "VAULT_HEADERS must be a JSON object of header names and texts, without X-Vault- names"
            )
        return headers

    def _host(self, name: str) -> str:
        text = self._text(name)
        if text:
            from vaultenv.basics.host import is_host

            if not is_host(text):
                raise InvalidSetting(f"{name} is {text!r}: write a host's name")
        return text

    def _log_server(self) -> str:
        text = self._text("VAULT_ENV_LOG_SERVER")
        if text:
            from vaultenv.basics.host import SYSLOG_PORT, host_and_port

            if not host_and_port(text, SYSLOG_PORT):
                raise InvalidSetting(f"VAULT_ENV_LOG_SERVER is {text!r}: write host:port")
        return text

    def foreign(self, *names: str) -> str:
        """The first of some variables that is set, which may not be in the table; what is not UTF-8 is not
        set.
        """
        for name in names:
            if raw := self._environ.get(name.encode()):
                return raw.decode("utf-8", "ignore")
        return ""

    def _text(self, name: str) -> str:
        """The variable's text, its default if it is not set or empty; without control characters."""
        return _without_controls(name, self._lines(name))

    def _trimmed(self, name: str) -> str:
        """The same, without blanks and line breaks around it."""
        return _without_controls(name, self._lines(name).strip())

    def _lines(self, name: str) -> str:
        """The same, which may have several lines."""
        raw = self._environ.get(name.encode())
        if not raw:
            return _DEFAULTS[name]
        try:
            return decoded(raw)
        except NotUtf8:
            raise InvalidSetting(f"{name} must be UTF-8 text") from None

    def _flag(self, name: str) -> bool:
        text = self._text(name)
        if text not in TRUE and text not in FALSE:
            raise InvalidSetting(f"{name} is {text!r}: write true or false")
        return text in TRUE

    def _duration_s(self, name: str, least_s: float = 0.0) -> float:
        try:
            duration_s = seconds(self._text(name))
        except ValueError:
            raise InvalidSetting(
                f"{name} is {self._text(name)!r}: write a duration, e.g. 30s, 1m30s or 30"
            ) from None
        if duration_s < least_s:
            raise InvalidSetting(f"{name} is {self._text(name)!r}: it must be longer than 0")
        return duration_s

    def _count(self, name: str, least: int = 0) -> int:
        text = self._text(name)
        number = whole_number(text, LARGEST_NUMBER)
        if number is None or number < least:
            raise InvalidSetting(f"{name} is {text!r}: write a whole number from {least} to {LARGEST_NUMBER}")
        return number


def _without_controls(name: str, text: str) -> str:
    """The text; raises InvalidSetting, which does not show it, if a request could not carry it as it is."""
    if not text.isprintable() and any(char < " " or "\x7f" <= char < "\xa0" for char in text):
        raise InvalidSetting(
            f"{name} holds a control character: take it out; it may be a line break at the end"
        )
    return text


def _path(name: str, text: str) -> str:
    """Return the text without slashes around and doubled ones; raise InvalidSetting if it leads elsewhere."""
    return "/".join(_segment(name, part) for part in text.split("/") if part)


def _segment(name: str, text: str) -> str:
    """Return the text, which is put into a path; raise InvalidSetting if it would lead out of its place there."""
    if "/" in text or text in (".", ".."):
        raise InvalidSetting(f"{name} holds {text!r}: it must be the name of one thing in Vault")
    return text


def _is_header(pair: tuple[str, object]) -> bool:
    name, value = pair
    token = name.replace("-", "").replace("_", "")
    plain = isinstance(value, str) and value.isascii() and value.isprintable()
    return plain and token.isascii() and token.isalnum() and not name.lower().startswith("x-vault-")
