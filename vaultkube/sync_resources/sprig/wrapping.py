"""Lines of a width, and texts with the middle only; positions and lengths count bytes of UTF-8, as in goutils."""

from typing import TYPE_CHECKING

from vaultenv.template.functions import Function
from vaultenv.template.sprig.numbers import wrapped
from vaultenv.template.sprig.strings import STRINGS
from vaultenv.template.values import of_raw, raw
from vaultkube.sync_resources.sprig.working import UNITS_PER_CHARACTER, Working

if TYPE_CHECKING:
    from vaultenv.template.work import Work

_MARK = b"..."


def _wrap(work: "Work", width: int, text: str) -> str:
    return of_raw(_lines(work, max(width, 1), b"\n", raw(text), is_cut=False))


def _wrap_with(work: "Work", width: int, separator: str, text: str) -> str:
    return of_raw(_lines(work, max(width, 1), raw(separator) or b"\n", raw(text), is_cut=True))


def _lines(work: "Work", width: int, separator: bytes, data: bytes, is_cut: bool) -> bytes:
    """Return the bytes in lines of at most `width`, but for longer words without `is_cut`; blanks between lines go."""
    out: list[bytes] = []
    size = at = 0
    while len(data) - at > width:
        work.charge(UNITS_PER_CHARACTER)
        if data[at : at + 1] == b" ":
            at += 1
            continue
        end, after = _end(data, at, width, is_cut)
        out += data[at:end], separator
        if end == len(data):
            out.pop()
        size += end - at + len(separator)
        work.charge(len(separator))
        work.bounded(size)
        at = after
    return b"".join(out) + data[at:]


def _end(data: bytes, at: int, width: int, is_cut: bool) -> tuple[int, int]:
    """Return the end of the line that begins at `at`, and the start of the next one."""
    end = data.rfind(b" ", at, at + width + 1)
    if end >= 0:
        return end, end + 1
    if is_cut:
        return at + width, at + width
    end = data.find(b" ", at + width)
    return (end, end + 1) if end >= 0 else (len(data), len(data))


def _abbreviated(left: int, right: int, text: str) -> str:
    """Return `right` bytes of the text with dots for what is before the byte `left`, and for what is after the end."""
    data = raw(text)
    if right < 4 or (left > 0 and right < 7) or len(data) <= right:
        return text
    start = min(left, len(data))
    if wrapped(len(data) - start) < right - 3:
        start = len(data) - (right - 3)
    if start <= 4:
        return of_raw(data[: right - 3] + _MARK)
    if start + right - 3 < len(data):
        return of_raw(_MARK + data[start : start + right - 6] + _MARK)
    return of_raw(_MARK + data[len(data) - (right - 3) :])


WRAPPING: dict[str, Function] = {
    "abbrevboth": Function(_abbreviated, "iis"),
    "trimall": STRINGS["trimAll"],
    "wrap": Working(_wrap, "is"),
    "wrapWith": Working(_wrap_with, "iss"),
}
