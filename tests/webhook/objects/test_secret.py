"""Which values of a Secret are references, and where their values go."""

import base64
import json
from typing import Any

import pytest

from webhook.errors import NotResolved
from webhook.objects.secret import find_values, replace_values


def encoded(text: str | bytes) -> str:
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


def docker_secret(config: Any) -> dict[str, Any]:
    return {
        "type": "kubernetes.io/dockerconfigjson",
        "data": {".dockerconfigjson": encoded(json.dumps(config))},
    }


def docker_config(secret: Any) -> Any:
    return json.loads(base64.b64decode(secret["data"][".dockerconfigjson"]))


def test_only_values_with_references_are_found() -> None:
    secret = {
        "data": {"plain": encoded("x"), "binary": encoded(b"\xff\x00"), "key": encoded("vault:a/b#c")},
        "stringData": {"inline": "u:${vault:a/b#d}@h", "host": "vault:8200"},
    }
    assert find_values(secret) == {"key": b"vault:a/b#c", "inline": b"u:${vault:a/b#d}@h"}


def test_replaced_values_are_bytes_and_the_rest_stays() -> None:
    secret = {"metadata": {"name": "s"}, "data": {"plain": encoded("x"), "key": encoded("vault:a/b#c")}}
    new = replace_values(secret, {"key": b"\xff\x00"})
    assert new == {"metadata": {"name": "s"}, "data": {"plain": encoded("x"), "key": encoded(b"\xff\x00")}}
    assert secret["data"]["key"] == encoded("vault:a/b#c")


def test_user_and_password_of_a_docker_configuration_are_resolved_apart() -> None:
    entry = {"auth": encoded("vault:docker#user:vault:docker#password"), "email": "kept@example.com"}
    config = {
        "auths": {"registry.example.com": entry, "plain": {"auth": encoded("u:p")}},
        "credHelpers": {"x": "y"},
    }
    secret = docker_secret(config)
    values = find_values(secret)
    assert values == {
        ".dockerconfigjson registry.example.com auth user": b"vault:docker#user",
        ".dockerconfigjson registry.example.com auth password": b"vault:docker#password",
    }
    new = replace_values(secret, dict(zip(values, (b"me", b"p:w"), strict=True)))
    expected = {
        **config,
        "auths": {**config["auths"], "registry.example.com": {**entry, "auth": encoded("me:p:w")}},
    }
    assert docker_config(new) == expected


@pytest.mark.parametrize(
    ("auth", "resolved", "expected"),
    [
        ("vault:docker#both", {"auth": b"u:p"}, "u:p"),
        ("me:vault:docker#password", {"auth password": b"p"}, "me:p"),
        ("me:${vault:docker#password}", {"auth": b"me:p"}, "me:p"),
        ("_json_key:${vault:gcp#key | x}", {"auth": b'_json_key:{"a": 1}'}, '_json_key:{"a": 1}'),
    ],
)
def test_an_auth_may_refer_in_several_ways(auth: str, resolved: dict[str, bytes], expected: str) -> None:
    secret = docker_secret({"auths": {"r": {"auth": encoded(auth)}}})
    named = {f".dockerconfigjson r {part}": value for part, value in resolved.items()}
    assert find_values(secret).keys() == named.keys()
    assert docker_config(replace_values(secret, named)) == {"auths": {"r": {"auth": encoded(expected)}}}


def test_user_name_and_password_fields_may_refer_too() -> None:
    secret = docker_secret({"auths": {"r": {"username": "me", "password": "vault:docker#password"}}})
    assert find_values(secret) == {".dockerconfigjson r password": b"vault:docker#password"}
    new = replace_values(secret, {".dockerconfigjson r password": b"p"})
    assert docker_config(new) == {"auths": {"r": {"username": "me", "password": "p"}}}


@pytest.mark.parametrize(
    "config", [[], {}, {"auths": []}, {"auths": {"r": "x"}}, {"auths": {"r": {"auth": "%%"}}}]
)
def test_a_docker_configuration_without_references_is_not_touched(config: Any) -> None:
    secret = docker_secret(config)
    assert find_values(secret) == {}
    assert replace_values(secret, {}) == secret


@pytest.mark.parametrize(
    ("secret", "key"),
    [
        ({"stringData": {"key": "vault:a/b#c"}}, "key"),
        (docker_secret({"auths": {"r": {"password": "vault:a/b#c"}}}), ".dockerconfigjson r password"),
    ],
)
def test_bytes_that_are_no_text_are_refused_where_only_text_can_stand(secret: Any, key: str) -> None:
    with pytest.raises(NotResolved, match=f"key {key}: what Vault holds is not UTF-8"):
        replace_values(secret, {key: b"\xff"})
