"""Types of the values of variables: each parses the text of the variable `name`, or raises InvalidSetting with the name.

No message shows a text with a control character, which no request could send unchanged: it may be a secret.
"""

from vaultenv.basics.duration import seconds
from vaultenv.basics.jsontext import loads
from vaultenv.basics.text import whole_number
from vaultenv.errors import InvalidSetting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from vaultenv.agent_settings import AgentSettings
    from vaultenv.template_sources import TemplateSource

HTTP_PORT = 80
LARGEST_NUMBER = 999_999_999
"""The largest whole number that a variable can hold."""
TRUE = frozenset(("1", "t", "T", "TRUE", "true", "True"))
FALSE = frozenset(("0", "f", "F", "FALSE", "false", "False"))
RESTART, EXIT = "restart", "exit"
_LEVELS = {"trace": "debug", "warning": "warn", "err": "error"}
"""Words of Vault's own log levels (https://developer.hashicorp.com/vault/docs/commands/server#log-level)."""
SIGNALS = (
    "SIGABRT SIGALRM SIGBUS SIGCHLD SIGCONT SIGFPE SIGHUP SIGILL SIGINT SIGIO SIGIOT SIGKILL SIGPIPE "
    "SIGPOLL SIGPROF SIGPWR SIGQUIT SIGRTMAX SIGRTMIN SIGSEGV SIGSTKFLT SIGSTOP SIGSYS SIGTERM "
    "SIGTRAP SIGTSTP SIGTTIN SIGTTOU SIGURG SIGUSR1 SIGUSR2 SIGVTALRM SIGWINCH SIGXCPU SIGXFSZ"
)
"""The names of signals, in one text: only a complete interpreter can load `_signal`."""
AUTH_METHODS = (
    "jwt",
    "kubernetes",
    "approle",
    "cert",
    "userpass",
    "ldap",
    "aws-ec2",
    "aws-iam",
    "gcp-gce",
    "gcp-iam",
    "azure",
)
"""The names that VAULT_AUTH_METHOD may have; `vaultenv.client.logins` has the request of each."""


def lines(name: str, text: str) -> str:
    """Return the text, which may have several lines."""
    return text


def line(name: str, text: str) -> str:
    """Return the text if it has no control characters."""
    if not text.isprintable() and any(char < " " or "\x7f" <= char < "\xa0" for char in text):
        raise InvalidSetting(
            f"{name} holds a control character: take it out; it may be a line break at the end"
        )
    return text


def trimmed(name: str, text: str) -> str:
    """Return the line without blanks and line breaks around it."""
    return line(name, text.strip())


def namespace(name: str, text: str) -> str:
    """Return the line without slashes around it."""
    return line(name, text).strip("/")


def segment(name: str, text: str) -> str:
    """Return the line as one segment of a path; raise InvalidSetting if it would lead to another path."""
    if "/" in line(name, text) or text in (".", ".."):
        raise InvalidSetting(f"{name} holds {text!r}: it must be the name of one thing in Vault")
    return text


def mount(name: str, text: str) -> str:
    """Return the segments of a mount with single slashes between them; raise InvalidSetting as `segment` does."""
    return "/".join([segment(name, part) for part in text.split("/") if part])


def auth_mount(name: str, text: str) -> str:
    """Return the mount of an auth method; raise InvalidSetting also for one that begins with `auth/`."""
    found = mount(name, text)
    if found.startswith("auth/"):
        raise InvalidSetting(f"{name} is {found!r}: leave auth/ out, it is put in front")
    return found


def host(name: str, text: str) -> str:
    """Return the name or address of a host."""
    if line(name, text):
        from vaultenv.basics.host import is_host

        if not is_host(text):
            raise InvalidSetting(f"{name} is {text!r}: write a host's name")
    return text


def proxy(name: str, text: str) -> str:
    """Return the address of an HTTP proxy, with its scheme; no message shows the text, which may hold a password."""
    if not text:
        return text
    from vaultenv.basics.host import host_and_port

    plain = text if "://" in text else f"http://{text}"
    scheme, _, rest = plain.partition("://")
    if scheme.lower() != "http":
        raise InvalidSetting(f"{name}: only proxies of the form http://host:port are supported")
    if not host_and_port(rest.rpartition("@")[2].partition("/")[0], HTTP_PORT):
        raise InvalidSetting(f"{name} is not an address: write http://host:port")
    return line(name, plain)


def syslog_server(name: str, text: str) -> str:
    """Return the host of a syslog server, with or without a port."""
    if line(name, text):
        from vaultenv.basics.host import SYSLOG_PORT, host_and_port

        if not host_and_port(text, SYSLOG_PORT):
            raise InvalidSetting(f"{name} is {text!r}: write host:port")
    return text


def names(name: str, text: str) -> frozenset[str]:
    """Return the words between commas."""
    return frozenset([word.strip() for word in text.split(",")])


def flag(name: str, text: str) -> bool:
    """Return the boolean, in one of Go's words for it."""
    if line(name, text) not in TRUE and text not in FALSE:
        raise InvalidSetting(f"{name} is {text!r}: write true or false")
    return text in TRUE


def unsupported_flag(name: str, text: str) -> bool:
    """Return False; raise InvalidSetting also for true."""
    if flag(name, text):
        raise InvalidSetting(f"{name} is not supported: write the host and port into VAULT_ADDR")
    return False


def duration_s(name: str, text: str) -> float:
    """Return the seconds of a duration in Go's notation or a bare number."""
    try:
        return seconds(line(name, text))
    except ValueError:
        raise InvalidSetting(f"{name} is {text!r}: write a duration, e.g. 30s, 1m30s or 30") from None


def timeout_s(name: str, text: str) -> float:
    """Return the seconds of a duration of at least a millisecond."""
    value_s = duration_s(name, text)
    if value_s < 0.001:
        raise InvalidSetting(f"{name} is {text!r}: it must be longer than 0")
    return value_s


def count(name: str, text: str, least: int = 0) -> int:
    """Return the whole number from `least` to LARGEST_NUMBER."""
    number = whole_number(line(name, text), LARGEST_NUMBER)
    if number is None or number < least:
        raise InvalidSetting(f"{name} is {text!r}: write a whole number from {least} to {LARGEST_NUMBER}")
    return number


def positive_count(name: str, text: str) -> int:
    """Return the whole number above 0."""
    return count(name, text, 1)


def optional_count(name: str, text: str) -> int | None:
    """Return the whole number, or None for empty text."""
    return count(name, text) if text else None


def log_level(name: str, text: str) -> str:
    """Return the name of a level in lower case, in Go's words for it; other words stay, and mean info."""
    word = line(name, text).strip().lower()
    return _LEVELS.get(word, word)


def daemon_action(name: str, text: str) -> str:
    """Return the action of the daemon: `restart`, `exit` or the name of a signal."""
    if line(name, text) not in (RESTART, EXIT, *SIGNALS.split()):
        raise InvalidSetting(f"{name} is {text!r}: write restart, exit, or a signal's name, e.g. SIGHUP")
    return text


def template_sources(name: str, text: str) -> "tuple[TemplateSource, ...]":
    """Return the template sources in a JSON list, none for empty text; their templates are not parsed."""
    if not text:
        return ()
    from vaultenv.template_sources import parse_sources

    try:
        return parse_sources(text)
    except ValueError as error:
        raise InvalidSetting(f"{name} cannot be read: {error}") from None


def agent_settings(name: str, text: str) -> "AgentSettings | None":
    """Return the settings of the agent in a JSON object, None for empty text; its templates are not parsed."""
    if not text:
        return None
    from vaultenv.agent_document import parse_agent

    try:
        return parse_agent(text)
    except ValueError as error:
        raise InvalidSetting(f"{name} cannot be read: {error}") from None


CONNECTION_HEADERS = frozenset(
    ["connection", "content-length", "expect", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"]
)
"""Headers that say where a request ends, or what becomes of its connection, which others may use after it."""


def headers(name: str, text: str) -> dict[str, str]:
    """Return the headers in a JSON object, none of which may be Vault's own, or the connection's."""
    try:
        found = loads(text.encode()) if text else {}
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(map(_is_header, found.items())):
        raise InvalidSetting(
            f"{name} must be a JSON object of header names and texts, without X-Vault- names and those of connections"
        )
    return found


def _is_header(pair: tuple[str, object]) -> bool:
    name, value = pair
    token = name.replace("-", "").replace("_", "")
    plain = isinstance(value, str) and value.isascii() and value.isprintable()
    is_ours = name.lower().startswith("x-vault-") or name.lower() in CONNECTION_HEADERS
    return plain and token.isascii() and token.isalnum() and not is_ours
