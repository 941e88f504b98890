"""Certificates in answers of a Vault."""

import pytest

from vaultenv.basics.jsontext import Number
from vaultsync.control.certificates import _end
from vaultsync.errors import DataUnusable


def test_the_end_of_a_certificate_is_a_number_of_seconds() -> None:
    assert _end(Number("1764370000")) == 1764370000.0


@pytest.mark.parametrize(
    "value", [None, "soon", "inf", "nan", Number("1e999"), Number("-1"), Number("0"), [], {}]
)
def test_a_malformed_end_of_a_certificate_is_an_error(value: object) -> None:
    with pytest.raises(DataUnusable, match="no end of the certificate"):
        _end(value)
