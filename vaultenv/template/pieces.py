"""The origin of output: the template's own text, or a value that it prints."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Piece:
    """A part of the output; with `is_value` it was printed from data, which may be secret. `repr` shows no value."""

    __slots__ = ("is_value", "text")

    def __init__(self, text: str, is_value: bool) -> None:
        self.text = text
        self.is_value = is_value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Piece) and (self.text, self.is_value) == (other.text, other.is_value)

    def __hash__(self) -> int:
        return hash((self.text, self.is_value))

    def __repr__(self) -> str:
        return f"Piece({'…' if self.is_value else repr(self.text)}, is_value={self.is_value})"


class Written(str):
    """Text of the template itself: a literal, or the result of a function of literals."""

    __slots__ = ()


class Composed(str):
    """Text that a function composed from the template's own text and values."""

    pieces: tuple[Piece, ...]

    @classmethod
    def of(cls, pieces: Iterable[Piece]) -> str:
        """Return the text of the pieces with these pieces, or a plain text if all are values."""
        parts = tuple(piece for piece in pieces if piece.text)
        if all(piece.is_value for piece in parts):
            return joined(parts)
        composed = cls(joined(parts))
        composed.pieces = parts
        return composed


def joined(pieces: Iterable[Piece]) -> str:
    """Return the text of all pieces."""
    return "".join([piece.text for piece in pieces])


def pieces_of(value: object, text: str) -> Sequence[Piece]:
    """Return the pieces of a value's printed text."""
    if isinstance(value, Composed):
        return value.pieces
    return (Piece(text, not isinstance(value, Written)),)
