"""References that may be kept: those that are no secret themselves and can safely be read again."""

import base64
import json

import pytest

from tests.webhook.pods.specs import config_of
from vaultkube.objects.kinds import OBJECT_KINDS
from webhook.config.annotations import Config
from webhook.objects.refreshable import find_refreshable


def refreshed(public: bool) -> Config:
    return config_of(vault_refresh_after="5m", vault_refresh_text=str(public).lower())


def refreshable_text(
    written: str, *, resource: str = "secrets", public: bool = False, becomes: str = "value"
) -> tuple[str | None, str]:
    field = "data" if resource == "configmaps" else "stringData"
    kind = OBJECT_KINDS[resource]
    found = find_refreshable(kind, {field: {"k": written}}, refreshed(public))
    return found.resolved_in(kind, {field: {"k": becomes}}).get("k"), "; ".join(
        warning.message for warning in found.warnings
    )


@pytest.mark.parametrize(
    "text",
    [
        "vault:secret/data/a#b",
        "vault:secret/data/a#b#3",
        "vault:secret/data/a#b#?",
        "${vault:secret/data/a#b}${vault:secret/data/a#c}",
    ],
)
def test_a_text_of_only_references_is_kept(text: str) -> None:
    assert refreshable_text(text) == (text, "")


@pytest.mark.parametrize(
    "text",
    [
        "postgres://app:${vault:secret/data/a#b}@db",
        r"\${vault:x} ${vault:secret/data/a#b}",
        "vault:secret/data/a#${.user}:s3cr3t",
        "vault:secret/data/a#b#?s3cr3t",
    ],
)
def test_a_reference_within_text_of_a_secret_is_kept_only_with_the_annotation(text: str) -> None:
    found, warning = refreshable_text(text)
    assert found is None
    assert "vault-refresh-text" in warning
    assert "s3cr3t" not in warning
    assert refreshable_text(text, public=True) == (text, "")


def test_text_of_a_config_map_is_no_secret() -> None:
    text = "postgres://app:${vault:secret/data/a#b}@db"
    assert refreshable_text(text, resource="configmaps") == (text, "")


@pytest.mark.parametrize(
    "text", [">>vault:pki/issue/web#certificate#{}", "${>>vault:pki/issue/web#certificate#{}}"]
)
def test_writes_are_never_kept(text: str) -> None:
    found, warning = refreshable_text(text, public=True)
    assert (found, "writes" in warning) == (None, True)


def test_a_ciphertext_never_changes_and_is_not_kept() -> None:
    assert refreshable_text("vault:v1:YWJj") == (None, "")


def test_an_unresolved_reference_is_not_kept() -> None:
    assert refreshable_text("vault:secret/data/a#b", becomes="vault:secret/data/a#b") == (None, "")


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def docker(auth: str) -> dict[str, dict[str, str]]:
    return {
        "stringData": {".dockerconfigjson": json.dumps({"auths": {"r.example.com": {"auth": encoded(auth)}}})}
    }


def test_user_and_password_of_a_docker_configuration_are_kept_as_one_value() -> None:
    written = docker("vault:secret/data/a#user:vault:secret/data/a#password")
    found = find_refreshable(OBJECT_KINDS["secrets"], written, refreshed(True))
    name = ".dockerconfigjson r.example.com auth"
    assert found.texts == {name: "${vault:secret/data/a#user}:${vault:secret/data/a#password}"}
    assert OBJECT_KINDS["secrets"].find_values(docker("me:p:w"))[name] == b"me:p:w"
    new = OBJECT_KINDS["secrets"].replace_values(docker("me:p:w"), {name: b"me:new"})
    assert new == docker("me:new") or json.loads(new["stringData"][".dockerconfigjson"]) == json.loads(
        docker("me:new")["stringData"][".dockerconfigjson"]
    )


def test_a_docker_configuration_that_is_one_reference_is_kept_as_one_value() -> None:
    kind, written = OBJECT_KINDS["secrets"], {"stringData": {".dockerconfigjson": "vault:secret/data/a#json"}}
    found = find_refreshable(kind, written, refreshed(False))
    assert found.resolved_in(kind, docker("me:p:w")) == {".dockerconfigjson": "vault:secret/data/a#json"}


def test_an_immutable_secret_or_config_map_has_no_refreshable_texts() -> None:
    for resource, places in (
        ("secrets", [("immutable",)]),
        ("configmaps", [("immutable",)]),
        ("objects", []),
    ):
        written = (
            {"data": {"k": base64.b64encode(b"vault:a#b").decode()}}
            if resource == "secrets"
            else {"data": {"k": "vault:a#b"}}
        )
        found = find_refreshable(OBJECT_KINDS[resource], {**written, "immutable": True}, refreshed(False))
        assert [warning.path for warning in found.warnings] == places
        assert bool(found.texts) is not bool(places)
    plain = find_refreshable(
        OBJECT_KINDS["configmaps"], {"data": {"k": "x"}, "immutable": True}, refreshed(False)
    )
    assert plain == ({}, ())
