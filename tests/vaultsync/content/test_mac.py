"""Marks of data: as the Vault Secrets Operator computes them, and different for every change."""

import base64
import hashlib
import hmac

from hypothesis import given
from hypothesis import strategies as st

from vaultsync.content.mac import is_same, mac_of

KEY = b"k" * 16
DATA = st.dictionaries(st.text("ab._-", min_size=1), st.binary(max_size=8), max_size=4)


def test_the_mark_is_the_hmac_of_gos_json() -> None:
    text = b'{"a":"MQ==","b":"Mg=="}'
    expected = base64.b64encode(hmac.new(KEY, text, hashlib.sha256).digest()).decode()
    assert mac_of({"b": b"2", "a": b"1"}, KEY) == expected


@given(DATA, DATA)
def test_marks_are_the_same_only_for_the_same_data(one: dict[str, bytes], other: dict[str, bytes]) -> None:
    assert is_same(one, mac_of(other, KEY), KEY) == (one == other)


def test_another_key_makes_another_mark() -> None:
    assert not is_same({"a": b"1"}, mac_of({"a": b"1"}, b"x" * 16), KEY)


def test_a_mark_that_is_none_is_of_nothing() -> None:
    assert not is_same({}, "ä", KEY)
    assert not is_same({}, "", KEY)
