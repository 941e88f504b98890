"""Credentials of a docker configuration in a Secret: their references, and the places of the values."""

import base64
import json
from typing import Any

import pytest

from vaultkube.objects.secret import find_values, replace_values
from webhook.objects.references import find_references

JSON, LEGACY = ".dockerconfigjson", ".dockercfg"


def encoded(text: str | bytes) -> str:
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


def docker_secret(key: str, config: Any) -> dict[str, Any]:
    return {"type": "kubernetes.io/" + key.removeprefix("."), "data": {key: encoded(json.dumps(config))}}


def docker_config(secret: Any) -> Any:
    ((_, text),) = secret["data"].items()
    return json.loads(base64.b64decode(text))


def test_user_and_password_are_resolved_apart() -> None:
    entry = {"auth": encoded("vault:docker#user:vault:docker#password"), "email": "kept@example.com"}
    config = {
        "auths": {"registry.example.com": entry, "plain": {"auth": encoded("u:p")}},
        "credHelpers": {"x": "y"},
    }
    secret = docker_secret(JSON, config)
    user, password = (f"{JSON} registry.example.com auth {part}" for part in ("user", "password"))
    assert find_values(secret) == {
        user: b"vault:docker#user",
        password: b"vault:docker#password",
        f"{JSON} plain auth": b"u:p",
    }
    new = replace_values(secret, {user: b"me", password: b"p:w"})
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
    secret = docker_secret(JSON, {"auths": {"r": {"auth": encoded(auth)}}})
    named = {f"{JSON} r {part}": value for part, value in resolved.items()}
    assert find_references(find_values(secret)).names() == sorted(named)
    assert docker_config(replace_values(secret, named)) == {"auths": {"r": {"auth": encoded(expected)}}}


def test_user_name_and_password_fields_may_refer_too() -> None:
    secret = docker_secret(JSON, {"auths": {"r": {"username": "me", "password": "vault:docker#password"}}})
    assert find_references(find_values(secret)).names() == [f"{JSON} r password"]
    new = replace_values(secret, {f"{JSON} r password": b"p"})
    assert docker_config(new) == {"auths": {"r": {"username": "me", "password": "p"}}}


def test_the_older_form_has_the_hosts_without_auths_around_them() -> None:
    entry = {"auth": encoded("me:vault:docker#password"), "password": "vault:docker#password"}
    secret = docker_secret(LEGACY, {"r": entry, "plain": {"auth": encoded("u:p")}})
    names = [f"{LEGACY} r auth password", f"{LEGACY} r password"]
    assert find_references(find_values(secret)).names() == names
    new = replace_values(secret, dict.fromkeys(names, b"p"))
    assert docker_config(new) == {
        "r": {"auth": encoded("me:p"), "password": "p"},
        "plain": {"auth": encoded("u:p")},
    }


def test_a_whole_configuration_may_be_one_reference() -> None:
    secret = {"data": {LEGACY: encoded("vault:docker#config")}}
    assert find_values(secret) == {LEGACY: b"vault:docker#config"}


@pytest.mark.parametrize("key", [JSON, LEGACY])
@pytest.mark.parametrize(
    "config", [[], {}, {"auths": []}, {"auths": {"r": "x"}}, {"auths": {"r": {"auth": "%%"}}}, {"r": "x"}]
)
def test_a_configuration_without_references_is_not_touched(key: str, config: Any) -> None:
    secret = docker_secret(key, config)
    assert not find_references(find_values(secret))
    assert replace_values(secret, {}) == secret
