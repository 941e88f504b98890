"""Sets of characters in regular expressions."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    Ranges = tuple[tuple[int, int], ...]

LAST = 0x10FFFF
_MOST_KNOWN = 100
"""Cached answers of a set: more would take the memory of a program with thousands of sets."""
DIGITS: Ranges = ((0x30, 0x39),)
SPACES: Ranges = ((0x09, 0x0A), (0x0C, 0x0D), (0x20, 0x20))
UPPER: Ranges = ((0x41, 0x5A),)
LOWER: Ranges = ((0x61, 0x7A),)
WORD: Ranges = (*DIGITS, *UPPER, (0x5F, 0x5F), *LOWER)
NEWLINE: Ranges = ((0x0A, 0x0A),)
NAMED: dict[str, Ranges] = {
    "alnum": (*DIGITS, *UPPER, *LOWER),
    "alpha": (*UPPER, *LOWER),
    "ascii": ((0x00, 0x7F),),
    "blank": ((0x09, 0x09), (0x20, 0x20)),
    "cntrl": ((0x00, 0x1F), (0x7F, 0x7F)),
    "digit": DIGITS,
    "graph": ((0x21, 0x7E),),
    "lower": LOWER,
    "print": ((0x20, 0x7E),),
    "punct": ((0x21, 0x2F), (0x3A, 0x40), (0x5B, 0x60), (0x7B, 0x7E)),
    "space": ((0x09, 0x0D), (0x20, 0x20)),
    "upper": UPPER,
    "word": WORD,
    "xdigit": (*DIGITS, (0x41, 0x46), (0x61, 0x66)),
}
_GROUPS = {
    "C": ("Cc", "Cf", "Co", "Cs"),
    "L": ("Ll", "Lm", "Lo", "Lt", "Lu"),
    "M": ("Mc", "Me", "Mn"),
    "N": ("Nd", "Nl", "No"),
    "P": ("Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps"),
    "S": ("Sc", "Sk", "Sm", "So"),
    "Z": ("Zl", "Zp", "Zs"),
}


def complement(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """Return the ranges of all other characters."""
    found: list[tuple[int, int]] = []
    start = 0
    for low, high in sorted(ranges):
        if low > start:
            found.append((start, low - 1))
        start = max(start, high + 1)
    return (*found, *(((start, LAST),) if start <= LAST else ()))


def categories(name: str) -> frozenset[str]:
    """Return the general categories of `\\pL` or `\\p{Lu}`; none for an unknown name."""
    known = {category for group in _GROUPS.values() for category in group}
    return frozenset(_GROUPS.get(name) or ((name,) if name in known else ()))


class CharSet:
    """Characters in ranges, or of general categories (each with whether it is negated), or all others (`negated`).

    `fold` ignores case.
    """

    __slots__ = ("_categories", "_fold", "_known", "_negated", "_ranges")

    def __init__(
        self,
        ranges: Iterable[tuple[int, int]],
        categories: Iterable[tuple[frozenset[str], bool]] = (),
        negated: bool = False,
        fold: bool = False,
    ) -> None:
        self._ranges = complement(complement(ranges))
        self._categories = tuple(dict.fromkeys(categories))
        self._negated = negated
        self._fold = fold
        self._known: dict[str, bool] = {}

    def __contains__(self, char: str) -> bool:
        if char not in self._known:
            if len(self._known) > _MOST_KNOWN:
                self._known.clear()
            self._known[char] = self._holds(char) != self._negated
        return self._known[char]

    def _holds(self, char: str) -> bool:
        chars = orbit(char) if self._fold else (char,)
        return any(_is_in(ord(one), self._ranges) for one in chars) or any(
            (_category(one) in names) != negated for one in chars for names, negated in self._categories
        )


def _is_in(code: int, ranges: Ranges) -> bool:
    """Return whether the character is in one of the sorted ranges."""
    start, end = 0, len(ranges)
    while start < end:
        middle = (start + end) // 2
        if ranges[middle][1] < code:
            start = middle + 1
        else:
            end = middle
    return start < len(ranges) and ranges[start][0] <= code


def folded(low: int, high: int) -> Ranges:
    """Return a range, and its characters in other cases that are outside of it."""
    others = {ord(one) for code in range(low, high + 1) for one in orbit(chr(code))}
    return ((low, high), *((code, code) for code in others if not low <= code <= high))


def orbit(char: str) -> frozenset[str]:
    """Return the character in all its cases."""
    found = {char}
    for _ in range(2):
        found |= {case for one in found for case in (one.lower(), one.upper()) if len(case) == 1}
    return frozenset(found)


def _category(char: str) -> str:
    import unicodedata

    return unicodedata.category(char)
