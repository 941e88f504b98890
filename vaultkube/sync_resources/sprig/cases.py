"""Sprig's changes of letters' case, from xstrings and goutils, by the rules of Go's unicode tables."""

from typing import TYPE_CHECKING
from unicodedata import category

from vaultenv.basics.text import SPACE
from vaultenv.template.functions import Function
from vaultenv.template.texts import upper_char
from vaultenv.template.values import readable
from vaultkube.sync_resources.sprig.words import Word, is_connector, is_upper, words
from vaultkube.sync_resources.sprig.working import Working

if TYPE_CHECKING:
    from collections.abc import Callable

    from vaultenv.template.work import Work

_UNITS_PER_CHARACTER = 256
"""Charge for a character, which may be a word: about four microseconds."""
_SEPARATING = (Word.CONNECTOR, Word.PUNCTUATION)
_ENDING = (Word.INVALID, *_SEPARATING)
_FOLLOWING = (Word.ALPHABET, Word.NUMBER)


def _lower(char: str) -> str:
    """Return unicode.ToLower; one capital has two characters in Python's lower case, of which the first is Go's."""
    return char.lower()[0]


def _title(char: str) -> str:
    return char.title() if len(char.title()) == 1 else char


def _swapped(text: str) -> str:
    after_space = True
    out: list[str] = []
    for char in readable(text):
        kind = category(char)
        if kind in ("Lu", "Lt"):
            out.append(_lower(char))
        elif kind == "Ll":
            out.append(_title(char) if after_space else upper_char(char))
        else:
            out.append(char)
        after_space = kind not in ("Lu", "Lt", "Ll") and char in SPACE
    return "".join(out)


def _camel(text: str) -> str:
    """Return xstrings.ToPascalCase; connectors at the beginning stay, and the last one twice if there is nothing else."""
    chars = readable(text)
    start = next((at for at, char in enumerate(chars) if not is_connector(char)), len(chars))
    if start == len(chars):
        return chars + chars[-1:]
    return chars[:start] + _joined(chars[start:])


def _joined(chars: str) -> str:
    """Return words in one: each begins with a capital, after which further capitals are small."""
    in_capitals, char = is_upper(chars[0]), upper_char(chars[0])
    out: list[str] = []
    for following in chars[1:]:
        before, char = char, following
        if is_connector(before) and not is_connector(char):
            in_capitals, char = is_upper(char), upper_char(char)
            continue
        if in_capitals and not is_connector(before):
            in_capitals = is_upper(char)
            char = _lower(char) if in_capitals else char
        out.append(before)
    return "".join([*out, char])


class _Lowered:
    """Words in small letters, with a connector between them (xstrings' camelCaseToLowerCase)."""

    def __init__(self, text: str, connector: str) -> None:
        self._words = [*words(text), (Word.INVALID, "")]
        self._connector = connector
        self._at = 0
        self._out: list[str] = []

    def text(self) -> str:
        """Return the words as one text."""
        while self._at + 2 < len(self._words):
            kind = self._next()
            if kind is Word.NUMBER:
                self._add_following()
            elif kind not in _ENDING:
                self._add_after_letters()
        self._next()
        return "".join(self._out)

    @property
    def _kind(self) -> Word:
        return self._words[self._at][0]

    def _next(self) -> Word:
        """Add the next word and return its kind."""
        kind, word = self._words[self._at]
        self._at = min(self._at + 1, len(self._words) - 1)
        self._out.append(self._changed(word) if kind in (Word.UPPER, Word.CONNECTOR) else word)
        return kind

    def _changed(self, word: str) -> str:
        return "".join(
            self._connector if is_connector(char) else _lower(char) if is_upper(char) else char
            for char in readable(word)
        )

    def _add_following(self) -> None:
        """Add small letters and numbers, which belong to the number before them, and a connector for further words."""
        while self._kind in _FOLLOWING:
            self._next()
        self._add_connector(_ENDING)

    def _add_after_letters(self) -> None:
        """Add a connector after letters; a number belongs to them, unless small letters come after it."""
        if self._kind is not Word.NUMBER:
            self._add_connector(_SEPARATING)
        elif self._at + 2 < len(self._words):
            if self._words[self._at + 1][0] is Word.ALPHABET:
                self._out.append(self._connector)
                self._next()
                self._add_following()
            else:
                self._next()
                self._add_connector(_SEPARATING)

    def _add_connector(self, no_connector: tuple[Word, ...]) -> None:
        if self._kind not in no_connector:
            self._out.append(self._connector)


def _charged(change: "Callable[[str], str]") -> Working:
    """Return a function of a text with this change of it."""

    def changed(work: "Work", text: str) -> str:
        work.charge(_UNITS_PER_CHARACTER * len(text))
        return change(text)

    return Working(changed, "s")


CASES: dict[str, Function] = {
    "camelcase": _charged(_camel),
    "kebabcase": _charged(lambda text: _Lowered(text, "-").text()),
    "snakecase": _charged(lambda text: _Lowered(text, "_").text()),
    "swapcase": _charged(_swapped),
}
