"""JSON by the rules of Go's encoding/json (https://pkg.go.dev/encoding/json#Marshal)."""

from __future__ import annotations

from vaultenv.basics.jsontext import Number, count_values, loads
from vaultenv.template.errors import TemplateError
from vaultenv.template.types import ABSENT, AnyMap, NilList, NilMap, NilPointer, NilStrings, Struct
from vaultenv.template.values import ITEM, float_text, kind, of_raw, ordered, raw, readable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_SHORT = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_LINES = {"\u2028": "\\u2028", "\u2029": "\\u2029"}
_CONTROLS = {chr(code): f"\\u{code:04x}" for code in range(0x20)}
_RAW = str.maketrans({**_CONTROLS, **_SHORT, **_LINES})
_RAW.update(dict.fromkeys(range(0xD800, 0xE000), "\\ufffd"))
_HTML = {**_RAW, **str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})}


def json_text(value: Any, html: bool = True, indent: str = "", level: str = "\n") -> str:
    """Return the text of encoding/json's Marshal: sorted keys, non-ASCII unchanged, `<`, `>` and `&` escaped
    if `html`.

    Raises TemplateError for a value that JSON cannot hold.
    """
    inner = level + indent if indent else ""
    outer = level if indent else ""
    if isinstance(value, (AnyMap, NilList, NilMap, NilPointer, NilStrings)):
        return _unusual(value)
    if isinstance(value, (dict, Struct)):
        pairs = value.fields if isinstance(value, Struct) else {key: value[key] for key in ordered(value)}
        colon = ": " if indent else ":"
        items = [
            _string(key, html) + colon + json_text(item, html, indent, inner) for key, item in pairs.items()
        ]
        return "{" + inner + ("," + inner).join(items) + outer + "}" if items else "{}"
    if isinstance(value, list):
        items = [json_text(item, html, indent, inner) for item in value]
        return "[" + inner + ("," + inner).join(items) + outer + "]" if items else "[]"
    return _scalar(value, html)


def _unusual(value: object) -> str:
    if isinstance(value, AnyMap):
        raise TemplateError("json: unsupported type: map[interface {}]interface {}, as parseYAML gives it")
    return "null"


def _scalar(value: Any, html: bool) -> str:
    if value is None or value is ABSENT:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, str):
        return _string(value, html)
    if not isinstance(value, int):
        raise TemplateError(f"json: unsupported type: {kind(value)}")
    return str(int(value))


def _float(value: float) -> str:
    if value != value or value in (float("inf"), float("-inf")):
        raise TemplateError(f"json: unsupported value: {float_text(value)}")
    return float_text(value, smallest=-6, largest=21).replace("e-0", "e-")


def _string(value: str, html: bool) -> str:
    return '"' + value.translate(_HTML if html else _RAW) + '"'


def json_value(text: str, number: Callable[[str], Any]) -> Any:
    """Return the value of a JSON text with numbers converted by `number`, and U+FFFD for bytes that are not UTF-8 and for
    halves of surrogate pairs; raise ValueError for any other text.
    """
    return _of_go(loads(readable(text).encode()), number)


def json_size(text: str) -> int:
    """Return an upper limit of the weight of the value of a JSON text."""
    return len(text) + ITEM * count_values(raw(text))


def _of_go(value: Any, number: Callable[[str], Any]) -> Any:
    if isinstance(value, Number):
        return number(value)
    if isinstance(value, str):
        return of_raw(raw(value))
    if isinstance(value, dict):
        return {of_raw(raw(key)): _of_go(item, number) for key, item in value.items()}
    return [_of_go(item, number) for item in value] if isinstance(value, list) else value
