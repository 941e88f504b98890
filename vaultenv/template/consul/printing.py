"""Go's own functions that return text, with Go's types; a composed text retains its pieces."""

from __future__ import annotations

from vaultenv.template.consul.signatures import per_character, strict
from vaultenv.template.pieces import Composed, Piece, pieces_of
from vaultenv.template.printf import formatted_size, sprintf_pieces
from vaultenv.template.printing import PRINTING, printable
from vaultenv.template.values import text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from vaultenv.template.functions import Function

_JS = {
    **{chr(code): f"\\u{code:04X}" for code in range(0x20)},
    "\x7f": "\x7f",
    "\\": "\\\\",
    "'": "\\'",
    '"': '\\"',
    "<": "\\u003C",
    ">": "\\u003E",
    "&": "\\u0026",
    "=": "\\u003D",
}


def _print(*values: object) -> str:
    return Composed.of(_printed(values))


def _printed(values: tuple[object, ...]) -> Iterator[Piece]:
    for position, value in enumerate(values):
        if position and not isinstance(value, str) and not isinstance(values[position - 1], str):
            yield Piece(" ", False)
        yield from pieces_of(value, text(value))


def _println(*values: object) -> str:
    pieces: list[Piece] = []
    for position, value in enumerate(values):
        pieces += (Piece(" ", False),) if position else ()
        pieces += pieces_of(value, text(value))
    return Composed.of((*pieces, Piece("\n", False)))


def _js(*values: object) -> str:
    """Return template.JSEscapeString."""
    shown = Composed.of(_printed(tuple(map(printable, values))))
    return "".join([_js_char(char) for char in shown])


def _js_char(char: str) -> str:
    if char in _JS:
        return _JS[char]
    return char if char.isprintable() or 0xDC80 <= ord(char) < 0xDD00 else f"\\u{ord(char):04X}"


PRINTERS: dict[str, Function] = strict(
    {
        "html": PRINTING["html"].row,
        "js": (_js, "a*", None, per_character(4)),
        "print": (_print, "a*"),
        "printf": (
            lambda format_, *values: Composed.of(sprintf_pieces(format_, values)),
            "pa*",
            formatted_size,
        ),
        "println": (_println, "a*"),
        "urlquery": (PRINTING["urlquery"].row[0], "a*", None, per_character(8)),
    }
)
