"""What the values of an object ask of Vault: which paths, which of them to write, and what cannot be read at all."""

import contextlib
from collections.abc import Iterator, Mapping

from vaultenv.errors import InvalidReference
from vaultenv.parts import Ciphertext, Value
from vaultenv.reference import parse
from webhook import transit
from webhook.annotations import Config


def find_paths(values: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    """Yield (key, path) for each reference; a malformed value has none."""
    for key, value in _parsed(values):
        for path in value.paths():
            yield key, path


def find_asked(values: Mapping[str, bytes], config: Config) -> Iterator[tuple[str, str]]:
    """Yield (key, path) for each reference and for each ciphertext, which transit decrypts."""
    yield from find_paths(values)
    path = transit.decrypt_path(config.transit_path, config.transit_key)
    yield from ((key, path) for key in _ciphertexts(values))


def find_written(values: Mapping[str, bytes]) -> set[str]:
    """Return the keys of the values whose references write to Vault."""
    return {
        key for key, value in _parsed(values) if any(term.source.body is not None for term in value.terms())
    }


def find_malformed(values: Mapping[str, bytes], config: Config) -> Iterator[tuple[str, str]]:
    """Yield (key, reason) for each value that cannot be resolved, whatever Vault holds."""
    for key, value in values.items():
        try:
            parse(value)
        except InvalidReference as error:
            yield key, f"{error.message} ({error.reference})"
    if not config.transit_key:
        yield from ((key, transit.NO_KEY) for key in _ciphertexts(values))


def _ciphertexts(values: Mapping[str, bytes]) -> list[str]:
    return [
        key for key, value in _parsed(values) if any(isinstance(part, Ciphertext) for part in value.parts)
    ]


def _parsed(values: Mapping[str, bytes]) -> Iterator[tuple[str, Value]]:
    for key, value in values.items():
        with contextlib.suppress(InvalidReference):
            parsed = parse(value)
            if parsed:
                yield key, parsed
