"""The built-in functions of Go's text/template that return text (https://pkg.go.dev/text/template#hdr-Functions)."""

from __future__ import annotations

from vaultenv.template.functions import Function, table
from vaultenv.template.printf import formatted_size, sprintf
from vaultenv.template.types import Struct
from vaultenv.template.values import piecewise, raw, text

_HTML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;", "\0": "\ufffd"})
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~")


def sprint(values: tuple[object, ...]) -> str:
    """Return fmt.Sprint: a blank between operands if neither is a string."""
    out: list[str] = []
    for position, value in enumerate(values):
        between = position and not isinstance(value, str) and not isinstance(values[position - 1], str)
        out += " " if between else "", text(value)
    return "".join(out)


def _html(*values: object) -> str:
    return _joined(values).translate(_HTML)


def _urlquery(*values: object) -> str:
    return piecewise(_joined(values), query_escape)


def query_escape(value: str) -> str:
    """Return Go's url.QueryEscape."""
    return "".join("+" if b == 32 else chr(b) if b in _UNRESERVED else f"%{b:02X}" for b in raw(value))


def _joined(values: tuple[object, ...]) -> str:
    return sprint(tuple(map(printable, values)))


def printable(value: object) -> object:
    """Return the value that an action would print: no pointer, and `<no value>` for nil."""
    if isinstance(value, Struct):
        return Struct(value.name, value.fields, is_pointer=False)
    return "<no value>" if value is None else value


def _println(*values: object) -> str:
    return " ".join(map(text, values)) + "\n"


PRINTING: dict[str, Function] = table(
    {
        "print": (lambda *values: sprint(values), "a*"),
        "printf": (lambda format_, *values: sprintf(format_, values), "pa*", formatted_size),
        "println": (_println, "a*"),
        "html": (_html, "a*"),
        "urlquery": (_urlquery, "a*"),
    }
)
