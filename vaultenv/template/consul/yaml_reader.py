"""`parseYAML`: the values of gopkg.in/yaml.v2, for the part of YAML that configurations use.

Anchors, aliases, tags, merges and keys that are lists or maps are refused.
"""

from __future__ import annotations

from vaultenv.template.consul.yaml_cursor import Cursor, bad
from vaultenv.template.consul.yaml_scalars import Timestamp, resolved
from vaultenv.template.types import AnyMap
from vaultenv.template.values import ITEM

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_BYTE_ORDER_MARK = "\ufeff"
_DEEPEST = 50
_REFUSED = {
    "&": "an anchor",
    "*": "an alias",
    "!": "a tag",
    "%": "a directive",
    "@": "a @",
    "`": "a backquote",
    **dict.fromkeys(("[", "{"), "a list or map as a key"),
}


def parse_yaml(text: str) -> Any:
    """Return the value of the first document; raise TemplateError for invalid or unsupported YAML."""
    if not text:
        return {}
    if any(char in text for char in "\x85\u2028\u2029"):
        raise bad("a line that ends in another way than with a newline is not known here")
    if any(map(_is_refused, set(text))):
        raise bad("control characters are not allowed")
    return _Reader(Cursor(text.removeprefix(_BYTE_ORDER_MARK))).document()


def _is_refused(char: str) -> bool:
    """Return whether YAML may not hold the character; a surrogate is a byte that is not UTF-8."""
    code = ord(char)
    if code < 0xA0:
        return code not in (0x09, 0x0A, 0x0D) and not 0x20 <= code < 0x7F
    return 0xD800 <= code < 0xE000 or code in (0xFFFE, 0xFFFF)


def yaml_size(text: str) -> int:
    """Return the largest possible weight of the value of a YAML text."""
    marks = (
        text.count("\n")
        + text.count(",")
        + text.count(":")
        + text.count("[")
        + text.count("{")
        + text.count("- ")
    )
    return len(text) + ITEM * marks


class _Reader:
    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor
        self._depth = 0

    def document(self) -> Any:
        """document = [ "---" ] value [ "..." | "---" anything ] ."""
        cursor = self._cursor
        cursor.skip_lines()
        if not cursor.at_document_mark():
            value = self._block(-1)
        elif cursor.peek() == ".":
            raise bad("a document ends before it begins")
        else:
            cursor.at += 3
            value = self._entry(-1)
        cursor.skip_lines()
        if cursor.peek() and not cursor.at_document_mark():
            raise bad("text follows the value, or its lines are indented in another way")
        return value

    def _block(self, indent: int) -> Any:
        """Read a value whose lines are indented more than `indent`; None if there is none."""
        cursor = self._cursor
        cursor.skip_lines()
        if not cursor.peek() or cursor.at_document_mark() or cursor.column <= indent:
            return None
        return self._value(indent)

    def _value(self, indent: int) -> Any:
        """Read the value that begins here, whose further lines are indented more than `indent`."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise bad("nested too deeply")
        cursor = self._cursor
        if cursor.is_mark("-"):
            value: Any = self._sequence(cursor.column)
        elif cursor.peek() in ("|", ">"):
            value = cursor.block(indent)
        elif cursor.peek() in ("[", "{"):
            value = self._flow()
            cursor.expect_end_of_line()
        else:
            value = self._scalar_or_mapping(indent)
        self._depth -= 1
        return value

    def _scalar_or_mapping(self, indent: int) -> Any:
        cursor = self._cursor
        start, column = cursor.at, cursor.column
        value = self._scalar(indent, in_flow=False)
        if not cursor.is_mark(":"):
            cursor.expect_end_of_line()
            return value
        cursor.at = start
        return self._mapping(column)

    def _scalar(self, indent: int, in_flow: bool) -> Any:
        cursor = self._cursor
        char = cursor.peek()
        if char in ('"', "'"):
            text = cursor.quoted()
            self._skip_spaces()
            return text
        if char in _REFUSED or cursor.is_mark("?") or (char == "?" and in_flow):
            raise bad(f"{_REFUSED.get(char, 'a key of several lines')} is not known here")
        if char in (",", "]", "}", "#", "|", ">", "") or cursor.is_mark("-") or (char == ":" and in_flow):
            raise bad("no value can begin like this")
        text = cursor.plain(indent, in_flow)
        if not text:
            raise bad("no value can begin like this")
        self._skip_spaces()
        return _meaning(text)

    def _skip_spaces(self) -> None:
        """Skip blanks before a colon, but not before a comment."""
        cursor = self._cursor
        start = cursor.at
        while cursor.peek() in (" ", "\t"):
            cursor.at += 1
        if cursor.peek() == "#":
            cursor.at = start

    def _mapping(self, column: int) -> AnyMap:
        """mapping = 1*( key ":" value ), all keys in one column."""
        cursor = self._cursor
        found = AnyMap()
        while cursor.column == column and cursor.peek() and not cursor.at_document_mark():
            key = self._key(column)
            _put(found, key, self._entry(column))
            cursor.skip_lines()
        if cursor.column > column and cursor.peek():
            raise bad("a line is indented in another way")
        return found

    def _key(self, column: int) -> Any:
        cursor = self._cursor
        start, is_plain = cursor.at, cursor.peek() not in ('"', "'")
        key = self._scalar(column, in_flow=False)
        if not cursor.is_mark(":"):
            raise bad("a key has no colon after it")
        if "\n" in cursor.text[start : cursor.at]:
            raise bad("a key goes over several lines")
        if is_plain and key == "<<":
            raise bad("a merge is not known here")
        cursor.at += 1
        return key

    def _entry(self, column: int) -> Any:
        cursor = self._cursor
        cursor.skip_blanks()
        if cursor.peek() not in ("\n", ""):
            if cursor.is_mark("-"):
                raise bad("a list cannot begin in the line of its key, or of ---")
            return self._inline(column)
        cursor.skip_lines()
        if cursor.column == column and cursor.is_mark("-"):
            return self._sequence(column)
        return self._block(column)

    def _inline(self, column: int) -> Any:
        """Read a value in the line of its key: no map can begin there."""
        cursor = self._cursor
        if cursor.peek() in ("[", "{", "|", ">"):
            return self._value(column)
        value = self._scalar(column, in_flow=False)
        if cursor.is_mark(":"):
            raise bad("a map cannot begin in the line of its key, or of ---")
        cursor.expect_end_of_line()
        return value

    def _sequence(self, column: int) -> list[Any]:
        """sequence = 1*( "-" value ), all marks in one column."""
        cursor = self._cursor
        found: list[Any] = []
        while cursor.column == column and cursor.is_mark("-") and not cursor.at_document_mark():
            cursor.at += 1
            cursor.refuse_tab()
            cursor.skip_blanks()
            found.append(self._block(column) if cursor.peek() in ("\n", "") else self._value(column))
            cursor.skip_lines()
        return found

    def _flow(self) -> Any:
        """flow = "[" values "]" | "{" pairs "}" ."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise bad("nested too deeply")
        cursor = self._cursor
        is_list, close = cursor.peek() == "[", "]" if cursor.peek() == "[" else "}"
        cursor.at += 1
        items: list[Any] = []
        pairs = AnyMap()
        cursor.skip_flow_lines()
        while cursor.peek() != close:
            if is_list:
                items.append(self._flow_item())
            else:
                key, value = self._flow_pair()
                _put(pairs, key, value)
            cursor.skip_flow_lines()
            if cursor.peek() == ",":
                cursor.at += 1
                cursor.skip_flow_lines()
            elif cursor.peek() != close:
                raise bad(f"a {close} is missing")
        cursor.at += 1
        self._depth -= 1
        return items if is_list else pairs

    def _flow_item(self) -> Any:
        value = self._flow_value()
        self._cursor.skip_flow_lines()
        if self._cursor.peek() == ":":
            raise bad("a pair in a list is not known here")
        return value

    def _flow_value(self) -> Any:
        if self._cursor.peek() in ("[", "{"):
            return self._flow()
        return self._scalar(-1, in_flow=True)

    def _flow_pair(self) -> tuple[Any, Any]:
        cursor = self._cursor
        is_quoted = cursor.peek() in ('"', "'")
        key = self._scalar(-1, in_flow=True)
        if not is_quoted and key == "<<":
            raise bad("a merge is not known here")
        cursor.skip_flow_lines()
        if cursor.peek() != ":":
            return key, None
        cursor.at += 1
        cursor.skip_flow_lines()
        return key, None if cursor.peek() in (",", "}") else self._flow_value()


def _meaning(text: str) -> Any:
    value = resolved(text)
    return str(value) if isinstance(value, Timestamp) else value


def _put(pairs: AnyMap, key: Any, value: Any) -> None:
    """Set a key; raise TemplateError for two keys that are equal in Python, such as 1 and true."""
    if any(known == key and type(known) is not type(key) for known in (pairs if key in pairs else ())):
        raise bad("the keys 1 and true, or 0 and false, are not known together here")
    pairs[key] = value
