"""Go's formatted printing (https://pkg.go.dev/fmt), for the values that templates have: the format and its arguments."""

from __future__ import annotations

from vaultenv.template.pieces import Piece, Written, joined, pieces_of
from vaultenv.template.values import ITEM, kind, readable, text
from vaultenv.template.verbs import NAMES, Verb, formatted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

_FLAGS = "+-# 0"
_WIDEST = 1_000_000


def formatted_size(format_: str, *arguments: object) -> int:
    """Return a weight of at least the formatted text's, without the escapes of its arguments."""
    size = len(format_) + ITEM * format_.count("%")
    reader = _Reader(format_, arguments)
    while reader.next_verb() is not None:
        if not reader.problem and reader.verb.letter != "%":
            size += (reader.verb.width + (reader.verb.precision or 0)) * _leaves(reader.argument)
    return size


def _leaves(value: object) -> int:
    """Return how often a width may apply: to the value, and to each value in a list or map."""
    if isinstance(value, (list, dict)):
        keys = len(value) if isinstance(value, dict) else 0
        return 1 + keys + sum(map(_leaves, value.values() if isinstance(value, dict) else value))
    return 1


def sprintf(format_: str, arguments: Sequence[object]) -> str:
    """Return the formatted text; as in Go, it names arguments that cannot be formatted."""
    return joined(sprintf_pieces(format_, arguments))


def sprintf_pieces(format_: str, arguments: Sequence[object]) -> list[Piece]:
    """Return the result of `sprintf` as pieces: text of the format, and arguments."""
    out: list[Piece] = []
    is_value = not isinstance(format_, Written)
    reader = _Reader(format_, arguments)
    while (before := reader.next_verb()) is not None:
        out.append(Piece(before, is_value))
        if reader.problem or reader.verb.letter == "%":
            out.append(Piece(reader.problem or "%", is_value))
        else:
            shown = formatted(reader.verb, reader.argument)
            out += pieces_of(reader.argument if reader.verb.is_plain else "", shown)
    out.append(Piece(reader.rest, is_value))
    if reader.extra:
        shown = ", ".join("<nil>" if a is None else f"{kind(a)}={text(a)}" for a in reader.extra)
        out.append(Piece(f"%!(EXTRA {shown})", True))
    return out


class _Reader:
    """Reads a format from verb to verb; after `next_verb`, `verb` has its `argument`, or `problem` is its text."""

    def __init__(self, format_: str, arguments: Sequence[object]) -> None:
        self.argument: Any = None
        self.problem = ""
        self.verb = Verb("v")
        self.rest = ""
        self._format = format_
        self._arguments = arguments
        self._at = 0
        self._number = 0
        self._reordered = False
        self._is_good = True

    @property
    def extra(self) -> Sequence[object]:
        """The arguments without a verb."""
        return () if self._reordered else self._arguments[self._number :]

    def next_verb(self) -> str | None:
        """Read the next verb and return the text before it; return None, with the text in `rest`, if there is none."""
        start = self._format.find("%", self._at)
        if start < 0:
            self.rest = self._format[self._at :]
            return None
        before, self._at = self._format[self._at : start], start + 1
        self.problem = ""
        self._is_good = True
        self.verb = self._read()
        self.problem = self.problem + self._missing()
        return before

    def _missing(self) -> str:
        """Return the text for a verb without an argument; read the argument of any other verb."""
        letter = self.verb.letter
        if not letter:
            return "%!(NOVERB)"
        if letter == "%":
            return "%" if self.problem else ""
        if not self._is_good:
            return f"%!{letter}(BADINDEX)"
        if self._number >= len(self._arguments):
            return f"%!{letter}(MISSING)"
        self.argument = self._arguments[self._number]
        self._number += 1
        return formatted(self.verb, self.argument) if self.problem else ""

    def _read(self) -> Verb:
        start = self._at
        while self._peek() and self._peek() in _FLAGS:
            self._at += 1
        verb = Verb("", self._format[start : self._at])
        indexed = self._read_width(verb, self._index())
        if self._take("."):
            self._is_good = self._is_good and not indexed
            indexed = self._read_precision(verb, self._index())
        if not indexed:
            self._index()
        verb.letter = readable(self._peek())
        verb.flags = verb.flags.replace("+", NAMES) if verb.letter == "v" else verb.flags
        self._at += 1
        return verb

    def _read_width(self, verb: Verb, indexed: bool) -> bool:
        """Read a width; return whether an index is directly before the next part."""
        if self._take("*"):
            number = self._star()
            self.problem += "%!(BADWIDTH)" if number is None else ""
            verb.flags += "-" if number is not None and number < 0 else ""
            verb.width = abs(number or 0)
            return False
        number = self._digits()
        self._is_good = self._is_good and not (indexed and number is not None)
        verb.width = number or 0
        return indexed

    def _read_precision(self, verb: Verb, indexed: bool) -> bool:
        if self._take("*"):
            number = self._star()
            verb.precision = None if number is None or number < 0 else number
            self.problem += "%!(BADPREC)" if verb.precision is None else ""
            return False
        verb.precision = self._digits() or 0
        return indexed

    def _star(self) -> int | None:
        value: Any = self._arguments[self._number] if self._number < len(self._arguments) else None
        self._number += self._number < len(self._arguments)
        is_number = isinstance(value, int) and not isinstance(value, bool)
        return int(value) if is_number and abs(value) <= _WIDEST else None

    def _index(self) -> bool:
        """Read an explicit argument index, `[2]`; return whether there is one."""
        if self._peek() != "[":
            return False
        self._reordered = True
        end = self._format.find("]", self._at)
        number = self._format[self._at + 1 : end] if end > 0 else ""
        self._at = end + 1 if end > 0 else self._at + 1
        is_number = number.isascii() and number.isdigit() and len(number) < 8
        is_known = is_number and 1 <= int(number) <= len(self._arguments)
        self._is_good = self._is_good and is_known
        if is_known:
            self._number = int(number) - 1
        return is_number

    def _digits(self) -> int | None:
        start = self._at
        while self._peek() and self._peek() in "0123456789":
            self._at += 1
        digits = self._format[start : self._at]
        if digits and int(digits[:9]) > _WIDEST:
            self._at = len(self._format)
            return None
        return int(digits) if digits else None

    def _take(self, char: str) -> bool:
        is_next = self._peek() == char
        self._at += is_next
        return is_next

    def _peek(self) -> str:
        return self._format[self._at : self._at + 1]
