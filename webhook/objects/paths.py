"""Which paths of Vault the values of an object name, and which of them are written."""

import contextlib
from collections.abc import Iterator, Mapping

from vaultenv.errors import InvalidReference
from vaultenv.parts import Value
from vaultenv.reference import parse


def find_paths(values: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    """Yield (key, path) for each reference; a malformed value has none, and is refused when it is resolved."""
    for key, value in _parsed(values):
        for path in value.paths():
            yield key, path


def find_written(values: Mapping[str, bytes]) -> set[str]:
    """Return the keys of the values whose references write to Vault."""
    return {
        key for key, value in _parsed(values) if any(term.source.body is not None for term in value.terms())
    }


def _parsed(values: Mapping[str, bytes]) -> Iterator[tuple[str, Value]]:
    for key, value in values.items():
        with contextlib.suppress(InvalidReference):
            parsed = parse(value)
            if parsed:
                yield key, parsed
