"""Text whose every character is known to be the template's own or a value's."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from vaultenv.template.pieces import Piece

_HIDDEN = "\0"
"""Stands in `own` for each character of a value: no search for a mark of the template finds it."""


class Marked:
    """A text, and beside it the same text with its values hidden, so that a search finds only what the template wrote.

    `repr` shows nothing.
    """

    __slots__ = ("own", "text")

    def __init__(self, text: str, own: str) -> None:
        self.text = text
        self.own = own

    @classmethod
    def of(cls, pieces: Iterable[Piece]) -> Marked:
        """Return the text of the pieces."""
        parts = [
            (piece.text, _HIDDEN * len(piece.text) if piece.is_value else piece.text) for piece in pieces
        ]
        return cls("".join([text for text, _ in parts]), "".join([own for _, own in parts]))

    def __getitem__(self, part: slice) -> Marked:
        return Marked(self.text[part], self.own[part])

    def __len__(self) -> int:
        return len(self.text)

    def __repr__(self) -> str:
        return f"Marked({len(self.text)} characters)"

    def stripped(self, chars: str) -> Marked:
        """Return the text without these characters at its ends, as far as the template wrote them."""
        start = len(self.own) - len(self.own.lstrip(chars))
        end = len(self.own.rstrip(chars))
        return self[start : max(start, end)]
