"""Words of identifiers such as `HTTPServer2`, as xstrings finds them (https://pkg.go.dev/github.com/huandu/xstrings)."""

from collections.abc import Callable, Iterator
from enum import Enum
from unicodedata import category

from vaultenv.basics.text import SPACE

_CONNECTORS = frozenset("-_" + SPACE)
_IDEOGRAPHS = ((0x3400, 0x4D85), (0x4E00, 0x9FCC), (0x20000, 0x2B81D))
REPLACEMENT = "\ufffd"
"""The character that Go reads in place of a byte that is not UTF-8."""


class Word(Enum):
    """A kind of word, a run of characters of one kind."""

    INVALID = 0
    NUMBER = 1
    UPPER = 2
    ALPHABET = 3
    CONNECTOR = 4
    PUNCTUATION = 5
    OTHER = 6


def is_invalid(char: str) -> bool:
    """Return whether Go reads the character as one that is not UTF-8; the replacement character is taken for one too."""
    return char == REPLACEMENT or 0xD800 <= ord(char) < 0xE000


def is_connector(char: str) -> bool:
    """Return whether the character separates words."""
    return char in _CONNECTORS


def is_upper(char: str) -> bool:
    """Return unicode.IsUpper."""
    return category(char) == "Lu"


def _is_letter(char: str) -> bool:
    """Return whether the character is a letter, but not one of the common ideographs."""
    return category(char)[0] == "L" and not any(low <= ord(char) <= high for low, high in _IDEOGRAPHS)


def _is_small(char: str) -> bool:
    return _is_letter(char) and not is_upper(char)


def _is_number(char: str) -> bool:
    return category(char)[0] == "N"


def _is_punctuation(char: str) -> bool:
    return category(char)[0] == "P"


def _is_other(char: str) -> bool:
    return not (is_connector(char) or category(char)[0] in "NP" or _is_letter(char))


_RUNS: tuple[tuple[Word, Callable[[str], bool]], ...] = (
    (Word.CONNECTOR, is_connector),
    (Word.PUNCTUATION, _is_punctuation),
    (Word.UPPER, is_upper),
    (Word.ALPHABET, _is_small),
    (Word.NUMBER, _is_number),
    (Word.OTHER, _is_other),
)


def words(text: str) -> Iterator[tuple[Word, str]]:
    """Yield each word with its kind; characters that are not UTF-8 belong to the word after them, or to the last one."""
    at = 0
    while at < len(text):
        kind, end = _word(text, at)
        yield kind, text[at:end]
        at = end


def _word(text: str, start: int) -> tuple[Word, int]:
    char, after = _valid(text, start, "")
    if not char:
        return Word.INVALID, after
    kind, is_inside = next(run for run in _RUNS if run[1](char))
    end = _end_of_upper(text, after, char) if kind is Word.UPPER else _end(text, after, char, is_inside)
    return kind, end


def _valid(text: str, at: int, before: str) -> tuple[str, int]:
    """Return the next valid character, else that before, and the position after it."""
    while at < len(text):
        at += 1
        if not is_invalid(text[at - 1]):
            return text[at - 1], at
    return before, at


def _end(text: str, at: int, char: str, is_inside: Callable[[str], bool]) -> int:
    while at < len(text):
        char, after = _valid(text, at, char)
        if not is_inside(char):
            break
        at = after
    return at


def _end_of_upper(text: str, at: int, char: str) -> int:
    """Return the end of a capital with small letters, or of several capitals without the one before a small letter."""
    following = _valid(text, at, char)[0]
    if not is_upper(following):
        return _end(text, at, following, _is_small)
    last = at
    while at < len(text):
        char, after = _valid(text, at, char)
        if not is_upper(char):
            return last if _is_letter(char) else at
        last, at = at, after
    return at
