"""Classes and escapes of regular expressions: `[a-z]`, `\\d`, `\\pL`, `\\x{41}`."""

from __future__ import annotations

from vaultenv.template.errors import TemplateError
from vaultenv.template.regex import sets
from vaultenv.template.regex.sets import CharSet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from vaultenv.template.regex.sets import Ranges

_CLASSES = {"d": sets.DIGITS, "s": sets.SPACES, "w": sets.WORD}
_CONTROLS = {"a": 7, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11}
_LONGEST_FOLDED = 200
STEPS_PER_CHARACTER = 4
"""Charge for a character of a pattern, or of a range whose cases are looked up."""
LONGEST_NAME = 128
"""The most characters in brackets or braces, to limit the search for their end."""
_OCTAL = "01234567"
_HEX = "0123456789abcdefABCDEF"


def bad(why: str) -> TemplateError:
    """Return the error of a pattern, which is not shown: it may come from a secret."""
    return TemplateError(f"the regular expression is not valid: {why}")


def escape_code(pattern: str, at: int) -> tuple[int, int]:
    """Return the character of the escape at a position, and the position after it; raise TemplateError."""
    letter = pattern[at + 1 : at + 2]
    if letter in _CONTROLS:
        return _CONTROLS[letter], at + 2
    if letter == "x":
        return _hex_code(pattern, at + 2)
    if letter == "0" or (letter in tuple("1234567") and pattern[at + 2 : at + 3] in tuple(_OCTAL)):
        end = at + 2
        while end < at + 4 and pattern[end : end + 1] in tuple(_OCTAL):
            end += 1
        return int(pattern[at + 1 : end], 8), end
    if not letter:
        raise bad("trailing backslash at end")
    if letter.isascii() and not letter.isalnum():
        return ord(letter), at + 2
    raise bad("invalid escape sequence")


def _hex_code(pattern: str, at: int) -> tuple[int, int]:
    end = pattern.find("}", at, at + LONGEST_NAME)
    braced = pattern[at : at + 1] == "{" and end > 0
    digits, after = (pattern[at + 1 : end], end + 1) if braced else (pattern[at : at + 2], at + 2)
    if not digits or len(digits) > 8 or digits.strip(_HEX) or (not braced and len(digits) < 2):
        raise bad("invalid escape sequence")
    code = int(digits, 16)
    if code > sets.LAST:
        raise bad("invalid escape sequence")
    return code, after


class ClassReader:
    """Reads a class after its bracket, or an escape of a class."""

    def __init__(self, pattern: str, at: int, fold: bool, charge: Callable[[int], None]) -> None:
        self._pattern = pattern
        self._at = at
        self._fold = fold
        self._charge = charge
        self._ranges: list[tuple[int, int]] = []
        self._categories: list[tuple[frozenset[str], bool]] = []

    def alone(self) -> tuple[CharSet, int]:
        """Return the characters of the escape's class, and the position after it."""
        return CharSet(self._ranges, self._categories, fold=self._fold), self._at

    def read(self) -> tuple[CharSet, int]:
        """class = "[" [ "^" ] *( range | escape | "[:" name ":]" ) "]": return it, and the position after it."""
        negated = self._take("^")
        first = True
        while first or self._peek() != "]":
            if not self._peek():
                raise bad("missing closing ]")
            first = False
            if not self._named() and not self.class_escape():
                self._range()
        self._at += 1
        return CharSet(self._ranges, self._categories, negated, self._fold), self._at

    def class_escape(self) -> bool:
        """Read an escape such as `\\d`; return False if there is none."""
        letter = self._pattern[self._at + 1 : self._at + 2]
        if self._peek() != "\\" or not letter:
            return False
        if letter.lower() in _CLASSES:
            self._at += 2
            self._add(_CLASSES[letter.lower()], letter.isupper())
            return True
        if letter in "pP":
            self._category(letter == "P")
            return True
        return False

    def _add(self, ranges: Ranges, negated: bool) -> None:
        ranges = tuple(one for low, high in ranges for one in self._cases(low, high))
        self._ranges += sets.complement(ranges) if negated else ranges

    def _category(self, negated: bool) -> None:
        self._at += 2
        end = self._at + 1
        name = self._peek()
        if name == "{":
            end = self._pattern.find("}", self._at, self._at + LONGEST_NAME) + 1
            name = self._pattern[self._at + 1 : end - 1] if end else ""
        negated ^= name.startswith("^")
        found = sets.categories(name.lstrip("^"))
        if not found:
            raise bad("of the classes \\p{…} only general categories are supported, such as L or Lu")
        self._at = end
        self._categories.append((found, negated))

    def _named(self) -> bool:
        """Read `[:alpha:]`; return False if there is none."""
        if not self._pattern.startswith("[:", self._at):
            return False
        end = self._pattern.find(":]", self._at + 2, self._at + LONGEST_NAME)
        if end < 0:
            return False
        name = self._pattern[self._at + 2 : end]
        if name.removeprefix("^") not in sets.NAMED:
            raise bad("invalid character class range")
        self._add(sets.NAMED[name.removeprefix("^")], name.startswith("^"))
        self._at = end + 2
        return True

    def _range(self) -> None:
        low = high = self._one()
        following = self._pattern[self._at + 1 : self._at + 2]
        if self._peek() == "-" and following not in ("]", ""):
            self._at += 1
            high = self._one()
        if low > high:
            raise bad("invalid character class range")
        self._ranges += self._cases(low, high)

    def _cases(self, low: int, high: int) -> Ranges:
        """Return a range, and with `fold` its characters in other cases if it is short."""
        if not self._fold or high - low > _LONGEST_FOLDED:
            return ((low, high),)
        self._charge(STEPS_PER_CHARACTER * (high - low + 1))
        return sets.folded(low, high)

    def _one(self) -> int:
        char = self._peek()
        if char == "\\":
            code, self._at = escape_code(self._pattern, self._at)
            return code
        self._at += 1
        return ord(char)

    def _peek(self) -> str:
        return self._pattern[self._at : self._at + 1]

    def _take(self, char: str) -> bool:
        is_next = self._peek() == char
        self._at += is_next
        return is_next
