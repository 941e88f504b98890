"""The text of the agent's settings: the form of VAULT_ENV_AGENT, which the webhook writes.

It is a JSON object. A file is a template source (`vaultenv/template_sources.py`) with a path for its output; its
template may also be a `template_file` of the agent's container. Fields that are left out have the values shown last:

    {"files": [{"name": "config", "path": "secret/data/app", "template": "A={{ … }}", "template_file": "/etc/a.ctmpl",
                "file": "/vault/secrets/config", "mode": "0640", "command": "pkill -HUP app", "interval": "30s"}],
     "token_file": "/vault/secrets/token", "interval": "5m", "lease_threshold": "0.9", "exit_on_retry_failure": true,
     "exit_on_login_error": false, "min_backoff": "1s", "max_backoff": "5m", "revoke_on_shutdown": false,
     "home": "/home/vault", "handover": "/vault/agent-cache/leases", "listener": {"port": 8200, "token": "true", "quit": false},
     "token_mode": "0640"}

`token_file`, `handover` and `listener` are optional. A file without `mode` has the mode of an existing file, and without
`interval` the interval of all files. `token_mode` is the mode of the files with the token. Durations have Go's form;
`lease_threshold` is the part of a lease after which it is renewed, above 0 and up to 1.
"""

from __future__ import annotations

from vaultenv.agent_settings import FALSE, FORCE, TRUE, AgentFile, AgentSettings, Listener
from vaultenv.basics.duration import seconds
from vaultenv.basics.jsontext import Number, dumps, loads
from vaultenv.template_sources import read_source, source_document

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from vaultenv.basics.record import Record

_LONGEST_MODE = 4
_DAY_S = 86400.0
_PORTS = 65535
_USUAL = AgentSettings()
_USUAL_LISTENER = Listener()


def agent_text(settings: AgentSettings) -> str:
    """Return the JSON text of the settings, in ASCII."""
    document: dict[str, object] = {"files": [_file_document(file) for file in settings.files]}
    document |= _documented(settings, _USUAL, _FIELDS)
    if settings.listener:
        document["listener"] = _documented(settings.listener, _USUAL_LISTENER, _LISTENER_FIELDS)
    return dumps(document)


def parse_agent(text: str) -> AgentSettings:
    """Return the settings in the JSON text; raise ValueError, which names the fault and the field without the value."""
    document = loads(text.encode("utf-8", "surrogatepass"))
    if not isinstance(document, dict):
        raise ValueError("it is not a JSON object")
    rest = {field: value for field, value in document.items() if field not in ("files", "listener")}
    values = _read(rest, _FIELDS, "it")
    files = document.get("files", [])
    if not isinstance(files, list):
        raise ValueError("it: files is not a list")
    values["files"] = tuple([_file(file, f"file {position}") for position, file in enumerate(files, 1)])
    if "listener" in document:
        values["listener"] = Listener(**_read(document["listener"], _LISTENER_FIELDS, "listener"))
    return AgentSettings(**values)


class _Field:
    """One field of the JSON: its name, its attribute, and the functions that read and write its value."""

    __slots__ = ("attribute", "name", "read", "write")

    def __init__(
        self,
        name: str,
        read: Callable[[Any], object],
        write: Callable[[Any], object] = lambda value: value,
        attribute: str = "",
    ) -> None:
        self.name = name
        self.read = read
        self.write = write
        self.attribute = attribute or name


def _text(value: Any) -> str:
    if type(value) is not str:
        raise ValueError
    return value


def _place(value: Any) -> str:
    """Return an absolute path without `.` and `..`; raise ValueError for any other."""
    parts = _text(value).split("/")
    if parts[0] or not parts[-1] or "\0" in value or any(part in ("", ".", "..") for part in parts[1:]):
        raise ValueError
    return str(value)


def _switch(value: Any) -> bool:
    if type(value) is not bool:
        raise ValueError
    return value


def _duration(value: Any) -> float:
    duration_s = seconds(_text(value))
    if not duration_s:
        raise ValueError
    return duration_s


def _fraction(value: Any) -> float:
    fraction = float(_text(value))
    if not 0 < fraction <= 1:
        raise ValueError
    return fraction


def _octal(value: Any) -> int:
    if not _text(value) or len(value) > _LONGEST_MODE or value.strip("01234567"):
        raise ValueError
    return int(value, 8)


def _port(value: Any) -> int:
    if not isinstance(value, Number) or not 0 < int(value) <= _PORTS:
        raise ValueError
    return int(value)


def _token(value: Any) -> str:
    if value not in (TRUE, FALSE, FORCE):
        raise ValueError
    return str(value)


def _duration_text(duration_s: float) -> str:
    text = f"{duration_s:.6f}".rstrip("0").rstrip(".") if duration_s < _DAY_S else f"{duration_s:.0f}"
    return text + "s"


_FIELDS = (
    _Field("token_file", _place),
    _Field("interval", _duration, _duration_text, "interval_s"),
    _Field("lease_threshold", _fraction, "{:.9g}".format),
    _Field("exit_on_retry_failure", _switch),
    _Field("exit_on_login_error", _switch),
    _Field("min_backoff", _duration, _duration_text, "min_backoff_s"),
    _Field("max_backoff", _duration, _duration_text, "max_backoff_s"),
    _Field("revoke_on_shutdown", _switch),
    _Field("home", _place),
    _Field("handover", _place),
    _Field("token_mode", _octal, "{:04o}".format),
)
_LISTENER_FIELDS = (_Field("port", _port), _Field("token", _token), _Field("quit", _switch))
_FILE_FIELDS = (
    _Field("file", _place),
    _Field("template_file", _place),
    _Field("mode", _octal, "{:04o}".format),
    _Field("command", _text),
    _Field("interval", _duration, _duration_text, "interval_s"),
)


def _documented(record: Record, usual: Record, fields: tuple[_Field, ...]) -> dict[str, object]:
    """Return the JSON fields of the record that differ from the default record `usual`."""
    values = [(field, getattr(record, field.attribute), getattr(usual, field.attribute)) for field in fields]
    return {field.name: field.write(value) for field, value, other in values if value != other}


def _read(document: Any, fields: tuple[_Field, ...], where: str) -> dict[str, Any]:
    """Return the value of each field in a JSON object, by its attribute."""
    if not isinstance(document, dict):
        raise ValueError(f"{where} is not an object")
    known: Mapping[str, _Field] = {field.name: field for field in fields}
    values = {}
    for name, value in document.items():
        if name not in known:
            raise ValueError(f"{where} has the unknown field {name[:40]!r}")
        try:
            values[known[name].attribute] = known[name].read(value)
        except (ValueError, OverflowError):
            raise ValueError(f"{where}: {name} is not a value that it can have") from None
    return values


def _file_document(file: AgentFile) -> dict[str, object]:
    return {**source_document(file.source), **_documented(file, AgentFile(file.source, ""), _FILE_FIELDS)}


def _file(document: Any, where: str) -> AgentFile:
    if not isinstance(document, dict):
        raise ValueError(f"{where} is not an object")
    own = {field.name for field in _FILE_FIELDS}
    source = read_source({name: value for name, value in document.items() if name not in own}, where)
    values = _read({name: value for name, value in document.items() if name in own}, _FILE_FIELDS, where)
    if "file" not in values:
        raise ValueError(f"{where} has no field 'file'")
    if not (source.path or source.template or "template_file" in values):
        raise ValueError(f"{where} has neither path nor template nor template_file")
    return AgentFile(source, **values)
