"""The wait for a busy server."""

import math

import pytest

from webhook.registry.exchange import retry_after_s


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 60.0),
        ("Wed, 21 Oct 2015 07:26:00 GMT", 0.0),
        ("", None),
        ("soon", None),
        ("-1", None),
        ("999999999999", 999999999999.0),
        ("9" * 400, math.inf),
        ("٣", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(text: str, seconds: float | None) -> None:
    assert retry_after_s(text, now=lambda: 1445412420.0) == seconds
