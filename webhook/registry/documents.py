"""JSON from untrusted servers, parsed strictly: a small tree of unambiguous values, or an error."""

import json
from collections.abc import Mapping

_MAX_SIGNS = 100_000
"""The most commas and opening brackets: they bound the number of values, and so the memory."""
_LONG = 1024 * 1024
"""The longest document that need not be ASCII: one other character can make a text four times as long in memory."""


class InvalidDocument(ValueError):
    """The bytes are not a JSON object of the expected form; the message quotes nothing of them."""


def parse_document(content: bytes) -> Mapping[str, object]:
    """Return the JSON object in `content`; raise InvalidDocument.

    It is stricter than RFC 8259 where parsers differ: no duplicate names, no NaN, UTF-8 only.
    """
    if sum(map(content.count, (b",", b"[", b"{"))) > _MAX_SIGNS:
        raise InvalidDocument("it holds too many values")
    if len(content) > _LONG and not content.isascii():
        raise InvalidDocument("it is long and not ASCII")
    return _parse(content)


def member(document: Mapping[str, object], name: str) -> object:
    """Return a member or None; raise InvalidDocument for a name in another case, which Go would accept."""
    if any(key != name and key.lower() == name.lower() for key in document):
        raise InvalidDocument(f"a name differs from `{name}` only in case")
    return document.get(name)


def _parse(content: bytes) -> Mapping[str, object]:
    try:
        value = json.loads(
            content.decode("utf-8"), object_pairs_hook=_unambiguous, parse_constant=_no_constant
        )
    except RecursionError:
        raise InvalidDocument("it is nested too deeply") from None
    except InvalidDocument:
        raise
    except ValueError:
        raise InvalidDocument("it is not JSON in UTF-8") from None
    if not isinstance(value, dict):
        raise InvalidDocument("it is not a JSON object")
    return value


def _unambiguous(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise InvalidDocument("an object holds a name twice")
    return members


def _no_constant(name: str) -> object:
    raise InvalidDocument("it holds a number that JSON does not have")
