"""Values with their references replaced, from the embedded store."""

import pytest

from vaultenv.references.resolve import Transit, parse_values, resolve_values
from vaultenv.references.store import FileStore

STORE = FileStore({"a": {"k": "v"}})


def test_what_is_called_before_each_reference_can_end_the_replacing() -> None:
    parsed = parse_values({b"A": b"${vault:a#k}" * 2, b"B": b"vault:a#k"}, Transit())
    ticks = iter(range(3))
    resolved = resolve_values(
        parsed, STORE, transit=Transit(), ignore_missing=False, before_each=lambda: next(ticks)
    )
    assert resolved == {b"A": b"vv", b"B": b"v"}
    with pytest.raises(StopIteration):
        resolve_values(
            parsed, STORE, transit=Transit(), ignore_missing=False, before_each=lambda: next(ticks)
        )
