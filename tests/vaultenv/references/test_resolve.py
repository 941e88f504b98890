"""Values with their references replaced, from the embedded store."""

from typing import Any

import pytest

from vaultenv.errors import NotResolved
from vaultenv.references.bounds import Bounds
from vaultenv.references.resolve import resolve_values
from vaultenv.references.store import FileStore
from vaultenv.references.values import Transit, parse_values

STORE = FileStore({"a": {"k": "v"}, "large": {"k": "x" * 1000}})


def test_the_hook_before_each_reference_can_end_the_replacing() -> None:
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


def test_a_template_makes_bytes_that_are_no_text() -> None:
    store = FileStore({"a": {"jks": "/u3+7QAC/w=="}})
    parsed = parse_values({b"A": b"x${vault:a#${.jks | b64dec}}"}, Transit())
    assert resolve_values(parsed, store, transit=Transit(), ignore_missing=False) == {
        b"A": b"x\xfe\xed\xfe\xed\x00\x02\xff"
    }


def resolved(value: bytes, **options: Any) -> dict[bytes, bytes]:
    values = {b"BEFORE": b"vault:a#k", b"LARGE": value, b"AFTER": b"vault:a#k"}
    return resolve_values(
        parse_values(values, Transit()), STORE, transit=Transit(), ignore_missing=True, **options
    )


@pytest.mark.parametrize(
    ("value", "reference"),
    [
        (b"${vault:large#k}" * 10, "vault:large#k"),
        (b"x${vault:large#${.k}${.k}${.k}${.k}${.k}}", "vault:large#${.k}${.k}${.k}${.k}${.k}"),
    ],
)
def test_values_that_are_too_long_together_are_refused_by_name(value: bytes, reference: str) -> None:
    with pytest.raises(NotResolved) as refusal:
        resolved(value, bounds=Bounds(values_bytes=4500))
    name, reason, error = refusal.value.problems[0]
    assert (name, reason) == ("LARGE", reference)
    assert "longer than 4500 bytes together" in str(error)
    assert "xxx" not in str(refusal.value)


@pytest.mark.parametrize(
    ("bounds", "reason"),
    [
        (Bounds(longest_result=500), "the result is longer than 500"),
        (Bounds(template_units=500), "the template takes too many steps"),
    ],
)
def test_a_template_with_too_much_to_do_is_refused_by_name(bounds: Bounds, reason: str) -> None:
    with pytest.raises(NotResolved, match=f"template on path: large: .*{reason} .variable LARGE, reference "):
        resolved(b"vault:large#${.k | upper}", bounds=bounds)


def test_the_hook_before_each_reference_can_end_a_template() -> None:
    ticks = iter(range(4))
    with pytest.raises(StopIteration):
        resolved(b"vault:a#${range 9000}${.}${end}", before_each=lambda: next(ticks))


@pytest.mark.parametrize(
    "bounds", [Bounds(values_bytes=2500), Bounds(template_units=10_000)], ids=["values", "work"]
)
def test_an_exceeded_bound_of_all_values_ends_the_resolving(bounds: Bounds) -> None:
    values = {b"V%d" % number: b"vault:large#${.k | upper}" for number in range(50)}
    seen: list[None] = []
    with pytest.raises(NotResolved) as refusal:
        resolve_values(
            parse_values(values, Transit()),
            STORE,
            transit=Transit(),
            ignore_missing=False,
            before_each=lambda: seen.append(None),
            bounds=bounds,
        )
    assert len(refusal.value.problems) == 1
    assert len(seen) < 10


def test_the_first_thousand_of_many_problems_are_reported() -> None:
    values = {b"V%d" % number: b"vault:a#missing" for number in range(1500)}
    with pytest.raises(NotResolved) as refusal:
        resolve_values(parse_values(values, Transit()), STORE, transit=Transit(), ignore_missing=False)
    assert len(refusal.value.problems) == 1000
