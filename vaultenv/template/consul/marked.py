"""Text with a mark for each character: the template's own, or from a value."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from vaultenv.template.pieces import Piece

_HIDDEN = "\0"
"""The placeholder in `own` for each character of a value, which no search for the template's text matches."""


class Marked:
    """A text, and the same text with its values hidden, so that a search finds only the template's own text.

    `repr` shows no text.
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
        """Return the text without these characters at its ends, if they are the template's own text."""
        start = len(self.own) - len(self.own.lstrip(chars))
        end = len(self.own.rstrip(chars))
        return self[start : max(start, end)]
