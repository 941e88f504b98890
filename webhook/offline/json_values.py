"""Consecutive JSON values, as kubectl reads a file that begins with a brace. Pure."""

import json
import re
from typing import Any, NamedTuple

_SPACE = re.compile(r"[ \t\r\n]*")
_NOT_YAML = re.compile("[^\n\r -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
"""Tabs, which JSON has only between tokens, characters that YAML does not allow, and YAML's other line breaks."""
_OBJECT = re.compile(r'[ \t\r\n]*\{[ \t\r\n]*["}]')


class JsonValue(NamedTuple):
    """A value, a text in which a YAML parser finds the same parts, and the line where it begins, from 0."""

    content: Any
    as_yaml: str
    line: int


class NoJson(ValueError):
    """The text is not JSON: `reason` is the error, `line` its line, from 1."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line
        self.reason = reason


def is_like_json(text: str) -> bool:
    """Return whether the text begins like a JSON object."""
    return _OBJECT.match(text) is not None


def json_values(text: str) -> list[JsonValue]:
    """Return the values of the text; raise NoJson if there is anything else, RecursionError if nested too deeply."""
    values: list[JsonValue] = []
    decoder = json.JSONDecoder(parse_constant=_refuse)
    start = at = _after_space(text, 0)
    line = text.count("\n", 0, start)
    try:
        while start < len(text):
            content, at = decoder.raw_decode(text, start)
            values.append(JsonValue(content, _NOT_YAML.sub(" ", text[start:at]), line))
            at = _after_space(text, at)
            line += text.count("\n", start, at)
            start = at
    except json.JSONDecodeError as error:
        raise NoJson(error.lineno, error.msg) from None
    except ValueError as error:
        raise NoJson(line + 1, str(error)) from None
    return values


def _after_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is no number")
