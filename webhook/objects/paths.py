"""Which paths of Vault the values of an object name."""

from collections.abc import Iterator, Mapping

from vaultenv.errors import InvalidReference
from vaultenv.reference import parse


def find_paths(values: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    """Yield (key, path) for each reference; a malformed value has none, and is refused when it is resolved."""
    for key, value in values.items():
        try:
            parsed = parse(value)
        except InvalidReference:
            continue
        for path in parsed.paths() if parsed else ():
            yield key, path
