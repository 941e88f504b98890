"""Variables in the output of a template: lines KEY=VALUE, which only newlines of the template's own text end.

line  = blanks | "#" text | [ "export " ] name "=" value
value = text | '"' text '"' [ "#" text ] | "'" text "'" [ "#" text ]      quotes and `#` that the template wrote
"""

from __future__ import annotations

from vaultenv.basics.record import Record
from vaultenv.template.consul.marked import Marked
from vaultenv.template.errors import TemplateError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from vaultenv.template.pieces import Piece

_BLANKS = " \t\r"
_QUOTES = ('"', "'")
_EXPORT = "export"


class InvalidLine(TemplateError):
    """Raised for a line of the output that is no variable; `line` counts the lines of the template's own text, from 1.

    The message never shows the line, which may hold a secret.
    """

    def __init__(self, line: int, why: str) -> None:
        super().__init__(f"line {line} of the output {why}")
        self.line = line


class Variable(Record):
    """A variable, in text with surrogates for bytes that are not UTF-8 (`surrogateescape`), and the line where it begins.

    `marked` is its value, with a mark of the template's own text. `repr` shows no value.
    """

    __slots__ = ("line", "marked", "name")

    def __init__(self, name: str, marked: Marked, line: int) -> None:
        self.name = name
        self.marked = marked
        self.line = line

    @property
    def value(self) -> str:
        """The whole value."""
        return self.marked.text

    def __repr__(self) -> str:
        return f"Variable({self.name!r}, line={self.line})"


def variables(pieces: Iterable[Piece]) -> list[Variable]:
    """Return the variables in their order, also duplicate names; raise InvalidLine for any other line."""
    output = Marked.of(pieces)
    found: list[Variable] = []
    at, number = 0, 1
    while at < len(output):
        end = _end_of_line(output, at)
        line = output[at:end].stripped(_BLANKS)
        if line.text and not line.own.startswith("#"):
            name, value_at = _name(output, at, end, number)
            value, end = _value(output, value_at, end, number)
            if "\0" in value.text:
                raise InvalidLine(number, "has a value with a NUL character, which no variable can hold")
            found.append(Variable(name, value, number))
        number += output.own.count("\n", at, end + 1)
        at = end + 1
    return found


def _end_of_line(output: Marked, at: int) -> int:
    end = output.own.find("\n", at)
    return len(output) if end < 0 else end


def _name(output: Marked, at: int, end: int, number: int) -> tuple[str, int]:
    """Return the name of a line's variable, and where its value begins: after the `=` that the template wrote, else
    after the first one in a value.
    """
    equals = output.own.find("=", at, end)
    equals = output.text.find("=", at, end) if equals < 0 else equals
    if equals < 0:
        raise InvalidLine(number, "has no =: write KEY=VALUE in the template, and # before a comment")
    name = _without_export(output[at:equals].stripped(_BLANKS)).text
    if not name:
        raise InvalidLine(number, "has no name before its =")
    if "=" in name or not name.isprintable() or name.strip() != name:
        raise InvalidLine(
            number,
            "has a name with a =, a blank at an end or a control character: rename the key that it comes from",
        )
    return name, equals + 1


def _without_export(name: Marked) -> Marked:
    after = name[len(_EXPORT) :]
    if name.own.startswith(_EXPORT) and after.own[:1] in (" ", "\t"):
        return after.stripped(_BLANKS)
    return name


def _value(output: Marked, at: int, end: int, number: int) -> tuple[Marked, int]:
    """Return a value that begins at `at`, and the end of its last line, which is after `end` if quotes continue."""
    line = output[at:end].stripped(_BLANKS)
    if line.own[:1] in _QUOTES:
        return _quoted(output, output.own.index(line.own[0], at), number)
    return line, end


def _quoted(output: Marked, opened: int, number: int) -> tuple[Marked, int]:
    """Return the text in quotes that open at a position, and the end of the line where they close.

    They close at the last mark of a line after which only blanks or a comment follow.
    """
    mark = output.own[opened]
    at = opened + 1
    while at <= len(output):
        end = _end_of_line(output, at)
        closed = output.own.rfind(mark, at, end)
        while closed >= 0:
            rest = output.own[closed + 1 : end].strip(_BLANKS)
            if not rest or rest.startswith("#"):
                return output[opened + 1 : closed], end
            closed = output.own.rfind(mark, at, closed)
        at = end + 1
    raise InvalidLine(number, f"opens a quote {mark} that is not closed at the end of a line")
