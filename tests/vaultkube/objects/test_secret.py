"""References in a Secret, and the places of their values."""

from typing import Any

import pytest

from tests.vaultkube.objects.test_docker import docker_secret, encoded
from vaultkube.errors import NotResolved
from vaultkube.objects.secret import find_values, replace_values


def test_values_are_found_as_bytes() -> None:
    secret = {
        "data": {"binary": encoded(b"\xff\x00"), "key": encoded("vault:a/b#c")},
        "stringData": {"inline": "u:${vault:a/b#d}@h"},
    }
    assert find_values(secret) == {
        "binary": b"\xff\x00",
        "key": b"vault:a/b#c",
        "inline": b"u:${vault:a/b#d}@h",
    }


def test_text_wins_over_data_of_the_same_key_as_in_the_api_server() -> None:
    secret = {"data": {"key": encoded("vault:a/b#c")}, "stringData": {"key": "x"}}
    assert find_values(secret) == {"key": b"x"}


def test_replaced_values_are_bytes_and_the_rest_stays() -> None:
    secret = {"metadata": {"name": "s"}, "data": {"plain": encoded("x"), "key": encoded("vault:a/b#c")}}
    new = replace_values(secret, {"key": b"\xff\x00"})
    assert new == {"metadata": {"name": "s"}, "data": {"plain": encoded("x"), "key": encoded(b"\xff\x00")}}
    assert secret["data"]["key"] == encoded("vault:a/b#c")


@pytest.mark.parametrize(
    ("secret", "key"),
    [
        ({"stringData": {"key": "vault:a/b#c"}}, "key"),
        (docker_secret(".dockercfg", {"r": {"password": "vault:a/b#c"}}), ".dockercfg r password"),
    ],
)
def test_bytes_that_are_no_text_are_refused_in_a_text_field(secret: Any, key: str) -> None:
    with pytest.raises(NotResolved, match=f"key {key}: the value in Vault is not UTF-8"):
        replace_values(secret, {key: b"\xff"})


def test_a_value_that_is_neither_text_nor_base64_is_unchanged() -> None:
    secret = {"data": {"a": None, "b": "%%", "c": "a"}, "stringData": {"d": None}}
    assert find_values(secret) == {}
    assert replace_values(secret, {}) == secret
