"""The content of an object in an answer of Vault."""

import json

import pytest

from vaultcsi.content.contents import content_of
from vaultcsi.errors import SecretNotRead
from vaultenv.basics.jsontext import loads
from vaultkube.provider_class.objects import SecretObject


def content(answer: object, key: str = "k", encoding: str = "") -> bytes:
    return content_of(SecretObject("o", "p/q", key, encoding=encoding), loads(json.dumps(answer).encode()))


def kv2(**fields: object) -> dict[str, object]:
    return {"data": {"data": fields, "metadata": {"version": 1}}}


def test_a_text_is_the_content() -> None:
    assert content(kv2(k="a\nü")) == "a\nü".encode()
    assert content({"data": {"k": "v"}}) == b"v"


def test_only_fields_of_kv_version_2_are_unwrapped() -> None:
    assert content({"data": {"data": {"k": "inner"}, "k": "outer"}}) == b"outer"
    assert content({"data": {"data": {"k": "inner"}}}, key="data") == b'{"k":"inner"}'


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (1.50, b"1.5"),
        (12345678901234567890, b"12345678901234567890"),
        (None, b"null"),
        (False, b"false"),
        ({"b": [1], "a": "<"}, rb'{"a":"\u003c","b":[1]}'),
    ],
)
def test_another_value_is_json_as_go_writes_it(value: object, written: bytes) -> None:
    assert content(kv2(k=value)) == written


@pytest.mark.parametrize(
    ("text", "encoding", "decoded"),
    [
        ("aGk=", "base64", b"hi"),
        ("aG\nk=", "BASE64", b"hi"),
        ("00ff", "hex", b"\0\xff"),
        ("00", "utf-8", b"00"),
    ],
)
def test_a_text_is_decoded(text: str, encoding: str, decoded: bytes) -> None:
    assert content(kv2(k=text), encoding=encoding) == decoded


def test_a_number_is_decoded_as_text_and_an_object_is_refused() -> None:
    assert content(kv2(k=1234), encoding="hex") == b"\x124"
    with pytest.raises(SecretNotRead, match="is not base64"):
        content(kv2(k={"a": 1}), encoding="base64")


@pytest.mark.parametrize(("text", "encoding"), [("s3cr3t!", "base64"), ("s3cr3t", "hex"), ("ü", "base64")])
def test_a_text_in_another_encoding_is_refused_without_showing_it(text: str, encoding: str) -> None:
    with pytest.raises(SecretNotRead, match=f"is not {encoding}") as caught:
        content(kv2(k=text), encoding=encoding)
    assert text not in str(caught.value)


@pytest.mark.parametrize("answer", [kv2(K="v"), {"data": None}, {"auth": {"client_token": "t"}}, {}])
def test_a_missing_key_is_refused_with_those_that_are_there(answer: object) -> None:
    with pytest.raises(SecretNotRead, match="key 'k' does not exist at the secret path p/q"):
        content(answer)


def test_a_whole_answer_has_the_fields_of_go_without_the_id_of_the_request() -> None:
    answer = {
        "renewable": False,
        "request_id": "new-each-time",
        "lease_id": "l",
        "lease_duration": 60,
        "data": {"b": 1, "a": "x"},
        "wrap_info": None,
        "warnings": None,
        "auth": None,
        "mount_type": "kv",
    }
    assert content(answer, key="") == (
        b'{"request_id":"","lease_id":"l","lease_duration":60,"renewable":false,"data":{"a":"x","b":1},"warnings":null,'
        b'"mount_type":"kv"}'
    )
