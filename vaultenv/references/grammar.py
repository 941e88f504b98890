r"""The grammar of references in environment values; docs/references.md shows it with examples.

    value      = inline | direct                    a value with any inline reference is read as inline only
    direct     = ["\"] [">>"] "vault:" body | "vault:login"
    inline     = *( text | "${" [">>"] "vault:" body "}" | "\${vault:" )
    body       = path "#" key [ "#" third ] | "v" 1*DIGIT ":" ciphertext
    key        = field name | text with "${" template "}"
    third      = [version] [ "?" default ]               of a read
               | JSON object                             of a write (">>")

Text that merely looks similar stays text: `vault:8200` (a host and its port), `Vault:`, an inline reference
that is not closed on its own line, and YAML or prose: a blank behind `vault:`, or a control character (a line
break, a tab) in what would be the path.
"""

from __future__ import annotations

from vaultenv.basics.jsontext import loads
from vaultenv.basics.text import NotUtf8, decoded
from vaultenv.errors import InvalidReference
from vaultenv.references.fields import Fault, end_of_path, fields_of
from vaultenv.references.parts import LOGIN, Ciphertext, Login, Source, Term, Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from vaultenv.references.parts import Part

_PREFIX = b"vault:"
_OPENINGS = (b"${", b"${>>", b"${>")
"""Openings before a `vault:` that begin an inline reference."""
_DIGITS = b"0123456789"
_MOST_REFERENCES = 10_000
_LONGEST_REFERENCE = 131_072
"""Bytes; as many as a variable of Linux can have."""
_LONGEST_PATH = 4096
_CONTROLS = bytes((*range(32), 127))
_SHOWN = 240
LATEST = ("", "0", "-1")
_NO_KEY = "secret data key or template not defined: write vault:path#key"


def has_reference(value: bytes) -> bool:
    """Return whether the launcher would replace or refuse this value; False means that it stays unchanged."""
    try:
        return parse(value) is not None
    except InvalidReference:
        return True


def _not_charged(length: int) -> None:
    """Accept a template of any length."""


def parse(
    value: bytes,
    before_each: Callable[[], object] = lambda: None,
    before_template: Callable[[int], object] = _not_charged,
) -> Value | None:
    """value = inline | direct: return its parts, or None for plain text; `before_each` is called before each
    inline reference, `before_template` with the length of each template before it is parsed.

    Raises InvalidReference, with the position, for text that looks like a reference but is not one, and whatever
    the two raise.
    """
    if _PREFIX not in value:
        return None
    found = _inline_parts(value, before_each, before_template)
    if found is not None:
        return Value(tuple(found.values()), True, tuple(value[start:end] for start, end in found))
    if value.startswith((b"\\vault:", b"\\>>vault:")):
        return Value((value[1:],), False, (value,))
    part = _direct_part(value, before_template)
    return None if part is None else Value((part,), False, (value,))


def _direct_part(value: bytes, before_template: Callable[[int], object]) -> Part | None:
    r"""direct = ["\"] [">>"] "vault:" body | "vault:login": return its part, or None for text."""
    if not value.startswith((_PREFIX, b">>vault:")) or _is_host_and_port(value):
        return None
    if _is_prose(value, 0, len(value), inline=False) and not _is_ciphertext(value, len(_PREFIX), len(value)):
        return None
    if value == LOGIN:
        return Login()
    return _part(value, 0, len(value), False, before_template)[0]


def _inline_parts(
    value: bytes, before_each: Callable[[], object], before_template: Callable[[int], object]
) -> dict[tuple[int, int], Part] | None:
    r"""inline = *( text | "${" [">>"] "vault:" body "}" | "\${vault:" ): return its parts by start and end, or
    None for text without any reference or escape.
    """
    if b"${" not in value:
        return None
    parts: dict[tuple[int, int], Part] = {}
    literal = at = 0
    line = _Line(value)
    while (body := value.find(_PREFIX, at)) >= 0:
        opening = next((each for each in _OPENINGS if value.endswith(each, at, body)), b"")
        at = body - len(opening)
        if not opening or not line.closes_after(at) or _is_prose(value, at, line.end, True):
            at = body + len(_PREFIX)
            continue
        slashes = _backslashes_before(value, at, literal)
        parts[literal, at] = value[literal : at - (slashes + 1) // 2]
        literal = at
        if slashes % 2:
            at += 2
        else:
            if len(parts) > 2 * _MOST_REFERENCES:
                raise InvalidReference(
                    f"more than {_MOST_REFERENCES} references in one value: divide it", "", 0
                )
            before_each()
            part, at = _part(value, at + 2, line.end, True, before_template)
            parts[literal, at] = part
            literal = at
    if not parts:
        return None
    parts[literal, len(value)] = value[literal:]
    return {span: part for span, part in parts.items() if part != b""}


class _Line:
    """The line of a position: its end, and whether a `}` follows; each line is searched once."""

    __slots__ = ("_last_close", "_value", "end")

    def __init__(self, value: bytes) -> None:
        self._value = value
        self.end = self._last_close = -1

    def closes_after(self, at: int) -> bool:
        if at > self.end:
            newline = self._value.find(b"\n", at)
            self.end = len(self._value) if newline < 0 else newline
            self._last_close = self._value.rfind(b"}", at, self.end)
        return at < self._last_close


def _backslashes_before(value: bytes, at: int, stop: int) -> int:
    r"""escape = *"\": return the number of backslashes before `at`, of which an odd one escapes the reference."""
    start = at
    while start > stop and value[start - 1 : start] == b"\\":
        start -= 1
    return at - start


def _part(
    value: bytes, start: int, end: int, inline: bool, before_template: Callable[[int], object]
) -> tuple[Part, int]:
    """body = path "#" key [ "#" third ] | ciphertext: return its part, and the position after it (after `}`
    if inline).
    """
    body = value.index(_PREFIX, start) + len(_PREFIX)
    written = body - start > len(_PREFIX)
    try:
        if written and not value.startswith(b">>", start):
            raise Fault("a write is spelled >>vault:", start)
        stop = min(end, start + _LONGEST_REFERENCE)
        if stop < end and not inline:
            raise Fault(f"the reference is longer than {_LONGEST_REFERENCE} bytes", start)
        fields, after = fields_of(value, body, stop, inline)
        close = after - inline
        if not written and _is_ciphertext(value, body, close):
            return Ciphertext(_text(value[start:close], start)), after
        return _term(fields, written, before_template), after
    except Fault as fault:
        raise _invalid(value, start, end, fault) from None


def _invalid(value: bytes, start: int, end: int, fault: Fault) -> InvalidReference:
    """Return the error that shows the reference without its JSON body, its default and the text around it,
    which may be secret. The shown text is cut at the first unprintable character, or after 240 characters.
    """
    shown = value[start:end]
    if value[start - 2 : start] == b"${":
        shown = shown.partition(b"}")[0]
    path, key, third = ([*shown.split(b"#", 2), b"", b""])[:3]
    version = b"" if shown.startswith(b">>") else third.partition(b"?")[0]
    shown = b"#".join((path, key, version)[: shown.count(b"#") + 1])
    text = _printable(shown.decode("utf-8", "replace"))
    offset = len(value[start : max(start, fault.at)].decode("utf-8", "replace"))
    return InvalidReference(fault.message, text, min(offset, len(text)))


def _printable(text: str) -> str:
    head = text[: _SHOWN + 1]
    end = next((at for at, char in enumerate(head) if not char.isprintable()), len(head))
    return text if end == len(text) <= _SHOWN else text[: min(end, _SHOWN)] + "…"


def _term(fields: list[tuple[int, bytes]], written: bool, before_template: Callable[[int], object]) -> Term:
    """term = path "#" key [ "#" third ]: return the source and the key, with a version and a default or a body."""
    path_at, raw_path = fields[0]
    if len(fields) < 2:
        raise Fault(_NO_KEY, path_at + len(raw_path))
    path, key = normal_path(_text(raw_path, path_at), path_at), _text(fields[1][1], fields[1][0])
    if not key:
        raise Fault(f"key '' not found under path: {path}: {_NO_KEY}", fields[1][0])
    if "${" in key:
        before_template(len(key))
        _check_template(key, fields[1][0])
    at, third = fields[2] if len(fields) > 2 else (0, b"")
    if written:
        return Term(Source(path, body=_body(third, at)), key)
    version, default = _version_and_default(_text(third, at), at)
    return Term(Source(path, version), key, default)


def _check_template(key: str, at: int) -> None:
    """template: raise Fault if the key's template cannot be parsed."""
    from vaultenv.template.render import TemplateError, check

    try:
        check(key)
    except TemplateError as error:
        raise Fault(f"template: {error.message}", at + len(key[: error.at].encode())) from None


def _body(text: bytes, at: int) -> str:
    """third of a write = [JSON object]: return its text."""
    try:
        if isinstance(loads(text or b"{}"), dict):
            return _text(text, at) or "{}"
    except ValueError:
        pass
    raise Fault("the body of a write must be a JSON object", at)


def _version_and_default(text: str, at: int) -> tuple[str, str | None]:
    """third of a read = [version] [ "?" default ]: return both; the default is None if there is none."""
    version, mark, default = text.partition("?")
    if not is_version(version):
        raise Fault("the version must be a number, e.g. vault:path#key#2", at)
    return ("" if version in LATEST else version), (default if mark else None)


def is_version(text: str) -> bool:
    """version = ["-"] 1*DIGIT | "": return whether the text is one; empty text is the latest."""
    digits = text.removeprefix("-")
    return not text or (digits.isascii() and digits.isdigit())


def normal_path(path: str, at: int = 0) -> str:
    """path = segment *( "/" segment ): return it in Vault's form, without empty and `.` segments, and with `..` applied.

    Raises Fault, which callers convert to their own error, for an empty result or a `..` that leads out.
    """
    if len(path) > _LONGEST_PATH:
        raise Fault(f"the path is longer than {_LONGEST_PATH} characters", at)
    segments: list[str] = []
    for segment in path.split("/"):
        if segment == ".." and not segments:
            raise Fault("the path leads out of Vault's tree", at)
        if segment == "..":
            segments.pop()
        elif segment not in ("", "."):
            segments.append(segment)
    if not segments:
        raise Fault("the path is empty: name a path of Vault", at)
    return "/".join(segments)


def _text(raw: bytes, at: int) -> str:
    """Return the bytes as text; raise Fault if they are not UTF-8."""
    try:
        return decoded(raw)
    except NotUtf8 as error:
        raise Fault("a reference must be UTF-8", at + error.at) from None


def _is_prose(value: bytes, start: int, end: int, inline: bool) -> bool:
    """Return whether the text is no path: with a blank after `vault:`, or a control character before the `#`."""
    body = value.index(_PREFIX, start) + len(_PREFIX)
    path = value[body : end_of_path(value, body, end, inline)]
    return path.startswith(b" ") or len(path.translate(None, _CONTROLS)) < len(path)


def _digits_end(value: bytes, at: int) -> int:
    """*DIGIT: return the position after them."""
    while at < len(value) and value[at] in _DIGITS:
        at += 1
    return at


def _is_ciphertext(value: bytes, body: int, end: int) -> bool:
    """ciphertext = "v" 1*DIGIT ":" 1*any: return whether the body is one."""
    digits = body + 1
    after = _digits_end(value, digits)
    return value[body:digits] == b"v" and digits < after < end - 1 and value[after : after + 1] == b":"


def _is_host_and_port(value: bytes) -> bool:
    """host = "vault:" 1*5DIGIT ( end | "/" | "," | ";" | "?" | " " ), without "#": return whether the text is a host
    and its port.
    """
    after = _digits_end(value, len(_PREFIX))
    port = value.startswith(_PREFIX) and 1 <= after - len(_PREFIX) <= 5
    return port and b"#" not in value and value[after : after + 1] in (b"", b"/", b",", b";", b"?", b" ")
