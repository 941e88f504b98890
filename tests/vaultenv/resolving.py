"""Resolves values in one step, as at a start."""

from collections.abc import Mapping

from vaultenv.references.reader import Reader
from vaultenv.references.resolve import resolve_values
from vaultenv.references.values import Transit, parse_values

_NO_TRANSIT = Transit()


def resolve(
    values: Mapping[bytes, bytes],
    reader: Reader,
    transit: Transit = _NO_TRANSIT,
    *,
    ignore_missing: bool = False,
) -> dict[bytes, bytes]:
    """Return the values that held references, by name, with the references replaced."""
    return resolve_values(
        parse_values(values, transit), reader, transit=transit, ignore_missing=ignore_missing
    )
