"""References in a ConfigMap, and the places of their values."""

import base64
from typing import Any

import pytest

from vaultkube.errors import NotResolved
from vaultkube.objects.configmap import find_values, replace_values
from webhook.objects.references import find_references

REFERENCE = "vault:a/b#c"
CONFIG_MAP = {
    "data": {"plain": "x", "text": REFERENCE},
    "binaryData": {
        "raw": base64.b64encode(b"\xff").decode(),
        "binary": base64.b64encode(REFERENCE.encode()).decode(),
    },
}


def test_values_are_found_as_bytes() -> None:
    reference = REFERENCE.encode()
    assert find_values(CONFIG_MAP) == {"plain": b"x", "text": reference, "raw": b"\xff", "binary": reference}


def test_binary_data_is_base64_in_vault() -> None:
    new = replace_values(CONFIG_MAP, {"text": b"value", "binary": base64.b64encode(b"\x00\x01")})
    assert new["data"] == {"plain": "x", "text": "value"}
    assert base64.b64decode(new["binaryData"]["binary"]) == b"\x00\x01"
    assert new["binaryData"]["raw"] == CONFIG_MAP["binaryData"]["raw"]


def test_base64_in_vault_may_have_the_line_breaks_of_the_program_base64() -> None:
    new = replace_values(CONFIG_MAP, {"binary": base64.encodebytes(b"\0" * 99)})
    assert new["binaryData"]["binary"] == base64.b64encode(b"\0" * 99).decode()


@pytest.mark.parametrize(("key", "value"), [("text", b"\xff"), ("binary", b"not base64")])
def test_a_value_that_does_not_fit_is_refused_without_being_shown(key: str, value: bytes) -> None:
    with pytest.raises(NotResolved) as refusal:
        replace_values(CONFIG_MAP, {key: value})
    assert key in str(refusal.value)
    assert "not base64" not in str(refusal.value)


@pytest.mark.parametrize(
    "config_map",
    [{"data": {"a": None}, "binaryData": None}, {"binaryData": {"a": None, "b": "%%", "c": "a"}}],
)
def test_a_value_that_is_neither_text_nor_base64_is_unchanged(config_map: Any) -> None:
    assert not find_references(find_values(config_map))
    assert replace_values(config_map, {}) == config_map
