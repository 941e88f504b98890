"""JSON of the serving path is the same as the standard library's, whichever library is used."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.webhook.pod import review
from vaultkube.documents.json_codec import decode, encode

DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(DOCUMENTS)
def test_a_document_is_read_and_written_without_a_change(document: object) -> None:
    assert decode(json.dumps(document).encode()) == document
    assert json.loads(encode(document)) == document


@pytest.mark.parametrize(
    "text",
    [
        b"123456789012345678901234567890",
        b"-9223372036854775809",
        b'{"a":1,"a":2}',
        b'"\\ud800"',
        b"1.0",
        b"1e400",
        review(),
    ],
)
def test_unusual_json_is_read_as_by_the_standard_library(text: bytes) -> None:
    found, expected = decode(text), json.loads(text)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize("text", [b"", b"{", b"\xff\xfe", b'{"a":1}x', b"01", b'"\x01"', b'"\xff"'])
def test_a_text_that_is_not_json_is_an_error(text: bytes) -> None:
    with pytest.raises(ValueError):
        decode(text)


def test_a_document_that_is_nested_too_deep_is_an_error() -> None:
    with pytest.raises(RecursionError):
        decode(b"[" * 100_000)


def test_a_lone_surrogate_is_written_as_it_was_read() -> None:
    assert encode({"a": decode(b'"\\ud800"')}) == b'{"a":"\xed\xa0\x80"}'
