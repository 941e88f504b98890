"""Answers of Vault as sources: KV of both versions, other engines, and unusable answers."""

import base64
from typing import Any

import pytest

from tests.vaultsync.content.specs import ANSWER, dynamic, static
from vaultenv.basics.jsontext import loads
from vaultsync.content.source import source_of, value_bytes
from vaultsync.errors import DataUnusable

RAW_OF_THE_MANUAL = (
    "eyJkYXRhIjp7ImtleTEiOiJ2YWx1ZTEifSwibWV0YWRhdGEiOnsiY3JlYXRlZF90aW1lIjoiMjAyNC0wMy0yMVQwOTo1NTo0NC4zMjgxOTIyMTFaIiwi"
    "Y3VzdG9tX21ldGFkYXRhIjpudWxsLCJkZWxldGlvbl90aW1lIjoiIiwiZGVzdHJveWVkIjpmYWxzZSwidmVyc2lvbiI6MX19"
)


def test_the_whole_answer_is_the_manuals_byte_by_byte() -> None:
    source = source_of(static(), ANSWER)
    assert base64.b64encode(source.raw).decode() == RAW_OF_THE_MANUAL
    assert (source.fields, source.version) == ({"key1": "value1"}, "1")


def test_other_engines_have_no_metadata() -> None:
    answer = loads(b'{"data":{"access_key":"a","security_token":null},"lease_id":"aws/creds/r/1"}')
    source = source_of(dynamic(), answer)
    assert source.raw == b'{"access_key":"a","security_token":null}'
    assert (source.metadata, source.version) == ({}, "")


def test_a_secret_of_version_1_may_have_a_key_data() -> None:
    assert source_of(static(type="kv-v1"), loads(b'{"data":{"data":{"a":1}}}')).fields == {"data": {"a": "1"}}


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b"{}", "without data"),
        (b'{"data":{}}', "without data"),
        (b'{"data":{"a":1}}', "not one of a KV version 2"),
        (b'{"data":{"data":["a"],"metadata":{"version":1}}}', "not one of a KV version 2"),
        (b'{"data":{"data":null,"metadata":{"version":4,"destroyed":false}}}', "version 4 was deleted"),
        (b'{"data":{"data":null,"metadata":{"version":4,"destroyed":true}}}', "version 4 was destroyed"),
        (b'{"data":{"data":{"_raw":"x"},"metadata":{"version":1}}}', "rename it"),
    ],
)
def test_an_answer_that_makes_no_secret_is_an_error(answer: bytes, message: str) -> None:
    with pytest.raises(DataUnusable, match=message):
        source_of(static(), loads(answer))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b'"a<b"', b"a<b"),
        (b"1.50", b"1.50"),
        (b"12345678901234567890", b"12345678901234567890"),
        (b"true", b"true"),
        (b"null", b"null"),
        (b'{"b":[1,"<"],"a":{}}', b'{"a":{},"b":[1,"\\u003c"]}'),
    ],
)
def test_values_are_texts_or_json(text: bytes, value: bytes) -> None:
    document: Any = loads(text)
    assert value_bytes(document) == value


def test_a_source_shows_no_value() -> None:
    assert "value1" not in repr(source_of(static(), ANSWER))
