"""The syntax of regular expressions: text to a tree (https://pkg.go.dev/regexp/syntax)."""

from __future__ import annotations

from vaultenv.template.regex import sets
from vaultenv.template.regex.classes import LONGEST_NAME, STEPS_PER_CHARACTER, ClassReader, bad, escape_code
from vaultenv.template.regex.sets import CharSet
from vaultenv.template.values import readable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_MOST_REPEATS = 1000
_DEEPEST = 100
_OF_NAMES = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"
_EDGES = {"A": "start", "z": "end", "b": "boundary", "B": "no boundary"}


class Node:
    """Base of the nodes."""

    __slots__ = ()


class Char(Node):
    """One character of a set."""

    __slots__ = ("chars",)

    def __init__(self, chars: CharSet) -> None:
        self.chars = chars


class Edge(Node):
    """A position between characters: start, end, line start, line end, boundary, no boundary."""

    __slots__ = ("kind",)

    def __init__(self, kind: str) -> None:
        self.kind = kind


class Row(Node):
    """A sequence of parts."""

    __slots__ = ("parts",)

    def __init__(self, parts: Sequence[Node]) -> None:
        self.parts = parts


class Choice(Node):
    """Alternatives, of which the first with a match wins."""

    __slots__ = ("parts",)

    def __init__(self, parts: Sequence[Node]) -> None:
        self.parts = parts


class Repeat(Node):
    """A repetition, from `least` to `most` (None: no limit) times; if greedy, more are preferred."""

    __slots__ = ("greedy", "least", "most", "part")

    def __init__(self, part: Node, least: int, most: int | None, greedy: bool) -> None:
        self.part = part
        self.least = least
        self.most = most
        self.greedy = greedy


class Group(Node):
    """A capturing group, counted from 1."""

    __slots__ = ("number", "part")

    def __init__(self, number: int, part: Node) -> None:
        self.number = number
        self.part = part


def parse(pattern: str, charge: Callable[[int], None]) -> tuple[Node, list[str]]:
    """Return the tree, and the names of its groups ("" without one), the whole match first; raise TemplateError.

    `charge` is called with the number of steps before they are done.
    """
    charge(STEPS_PER_CHARACTER * len(pattern))
    if readable(pattern) != pattern:
        raise bad("it is not UTF-8")
    parser = _Parser(pattern, charge)
    tree = parser.choice()
    if not parser.at_end:
        raise bad("unexpected )")
    return tree, parser.names


class _Parser:
    def __init__(self, pattern: str, charge: Callable[[int], None]) -> None:
        self.names = [""]
        self._pattern = pattern
        self._charge = charge
        self._at = 0
        self._flags = frozenset[str]()
        self._depth = 0

    @property
    def at_end(self) -> bool:
        return self._at >= len(self._pattern)

    def choice(self) -> Node:
        """choice = sequence *( "|" sequence ) ."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise bad("nested too deeply")
        parts = [self._sequence()]
        while self._take("|"):
            parts.append(self._sequence())
        self._depth -= 1
        return parts[0] if len(parts) == 1 else Choice(parts)

    def _sequence(self) -> Node:
        parts: list[Node] = []
        while not self.at_end and self._peek() not in ("|", ")"):
            if self._pattern.startswith("\\Q", self._at):
                parts += self._verbatim()
                parts[-1:] = [self._repeated(part) for part in parts[-1:]]
            elif self._pattern.startswith("(?", self._at) and self._set_flags():
                continue
            else:
                parts.append(self._repeated(self._atom()))
        return Row(parts)

    def _verbatim(self) -> list[Node]:
        r"""verbatim = "\Q" text "\E" ."""
        end = self._pattern.find("\\E", self._at)
        text = self._pattern[self._at + 2 : end if end >= 0 else None]
        self._at = end + 2 if end >= 0 else len(self._pattern)
        return [self._char(char) for char in text]

    def _repeated(self, part: Node) -> Node:
        """repeated = atom [ ( "*" | "+" | "?" | "{" bounds "}" ) [ "?" ] ] ."""
        repeated = False
        while bounds := self._bounds():
            if repeated:
                raise bad("invalid nested repetition operator")
            repeated = True
            greedy = self._take("?") == ("U" in self._flags)
            part = Repeat(part, *bounds, greedy)
        return part

    def _bounds(self) -> tuple[int, int | None] | None:
        for sign, bounds in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self._take(sign):
                return bounds
        return self._braces() if self._peek() == "{" else None

    def _braces(self) -> tuple[int, int | None] | None:
        """Read `{2}`, `{2,}` or `{2,3}`; return None for any other text."""
        end = self._pattern.find("}", self._at, self._at + LONGEST_NAME)
        least, comma, most = self._pattern[self._at + 1 : max(end, self._at + 1)].partition(",")
        if not _is_number(least) or (most and not _is_number(most)) or end < 0:
            return None
        self._at = end + 1
        low, high = int(least), int(most) if most else None if comma else int(least)
        if max(low, high or 0) > _MOST_REPEATS or (high is not None and low > high):
            raise bad("invalid repeat count")
        return low, high

    def _atom(self) -> Node:
        char = self._peek()
        if char == "(":
            return self._group()
        if char == "[":
            reader = self._reader(self._at + 1)
            chars, self._at = reader.read()
            return Char(chars)
        if char == "\\":
            return self._escaped()
        if char in ("*", "+", "?") or (char == "{" and self._braces()):
            raise bad("missing argument to repetition operator")
        self._at += 1
        if char == ".":
            return Char(CharSet(sets.NEWLINE if "s" not in self._flags else (), negated=True))
        if char == "^":
            return Edge("line start" if "m" in self._flags else "start")
        if char == "$":
            return Edge("line end" if "m" in self._flags else "end")
        return self._char(char)

    def _reader(self, at: int) -> ClassReader:
        return ClassReader(self._pattern, at, "i" in self._flags, self._charge)

    def _char(self, char: str) -> Char:
        fold = "i" in self._flags
        code = ord(char)
        return Char(CharSet(sets.folded(code, code) if fold else ((code, code),), fold=fold))

    def _escaped(self) -> Node:
        letter = self._pattern[self._at + 1 : self._at + 2]
        if letter in _EDGES:
            self._at += 2
            return Edge(_EDGES[letter])
        reader = self._reader(self._at)
        if reader.class_escape():
            chars, self._at = reader.alone()
            return Char(chars)
        code, self._at = escape_code(self._pattern, self._at)
        return self._char(chr(code))

    def _group(self) -> Node:
        """group = "(" [ "?:" | "?P<" name ">" | "?" flags ":" ] choice ")" ."""
        self._at += 1
        flags, number = self._flags, 0
        if self._take("?"):
            number = self._named() if self._peek() in ("P", "<") else 0
            if not number:
                self._flags = self._read_flags(":")
        else:
            number = self._count("")
        part = self.choice()
        if not self._take(")"):
            raise bad("missing closing )")
        self._flags = flags
        return Group(number, part) if number else part

    def _named(self) -> int:
        self._take("P")
        end = self._pattern.find(">", self._at, self._at + LONGEST_NAME)
        name = self._pattern[self._at + 1 : end]
        if self._peek() != "<" or end < 0 or not name or name.strip(_OF_NAMES):
            raise bad("invalid named capture")
        self._at = end + 1
        return self._count(name)

    def _count(self, name: str) -> int:
        self.names.append(name)
        return len(self.names) - 1

    def _set_flags(self) -> bool:
        """Read `(?i)`, the flags of the rest of the group; return False for any other text."""
        end = self._pattern.find(")", self._at, self._at + LONGEST_NAME)
        inner = self._pattern[self._at + 2 : max(end, self._at + 2)]
        if end < 0 or not inner or inner.strip("imsU-"):
            return False
        self._at += 2
        self._flags = self._read_flags(")")
        return True

    def _read_flags(self, end: str) -> frozenset[str]:
        """Read flags up to `end`, as in `i-s:`."""
        stop = self._pattern.find(end, self._at, self._at + LONGEST_NAME)
        text = self._pattern[self._at : max(stop, self._at)]
        on, minus, off = text.partition("-")
        if stop < 0 or text.strip("imsU-") or "-" in off or (minus and not off):
            raise bad("invalid or unsupported Perl syntax")
        self._at = stop + 1
        return (self._flags | frozenset(on)) - frozenset(off)

    def _peek(self) -> str:
        return self._pattern[self._at : self._at + 1]

    def _take(self, char: str) -> bool:
        is_next = self._peek() == char
        self._at += is_next
        return is_next


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 6 and (text == "0" or not text.startswith("0"))
