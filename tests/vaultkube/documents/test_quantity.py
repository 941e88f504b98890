"""Quantities as Kubernetes writes them."""

from decimal import Decimal

import pytest

from vaultkube.documents.quantity import parse_quantity


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1", "1000m"),
        (1, "1"),
        (0.5, "500m"),
        ("1Gi", "1024Mi"),
        ("1G", "1e9"),
        ("1k", "1E3"),
        ("64Mi", "67108864"),
        ("1500000n", "1500u"),
        ("+1.5", "1.50"),
        (".5", "0.5"),
        ("1.", "1"),
    ],
)
def test_two_spellings_of_an_amount_are_equal(one: object, other: object) -> None:
    assert parse_quantity(one) == parse_quantity(other)


def test_an_amount_is_exact() -> None:
    assert parse_quantity("0.1") == Decimal("0.1")
    assert parse_quantity("1Ei") == 1 << 60


@pytest.mark.parametrize(
    "text", ["", "x", "1 Gi", "1gi", "Gi", "1Kii", "--1", "1e", "nan", "1_0", True, None]
)
def test_other_texts_are_no_quantity(text: object) -> None:
    with pytest.raises(ValueError):
        parse_quantity(text)
