"""The place, mode and command of each file, and impossible places."""

import pytest

from tests.webhook.config.hashicorp.annotated import TEMPLATE, file_mode, rules_and_keys
from vaultenv.agent_settings import AgentFile
from vaultenv.template_sources import TemplateSource
from vaultkube.problem import messages

SECRET = {"agent-inject-secret-db": "secret/data/db"}


def one(annotations: dict[str, str]) -> AgentFile:
    mode = file_mode({**SECRET, **annotations})
    assert mode.problems == ()
    (file,) = mode.files
    return file


def test_a_path_without_a_template_is_a_file_by_the_default_template() -> None:
    assert one({}) == AgentFile(TemplateSource("db", "secret/data/db", default="map"), "/vault/secrets/db")
    assert one({"agent-inject-default-template": "JSON"}).source.default == "json"


def test_a_template_without_a_path_is_a_file() -> None:
    mode = file_mode({"agent-inject-template-config": TEMPLATE})
    assert mode.files == (AgentFile(TemplateSource("config", template=TEMPLATE), "/vault/secrets/config"),)


def test_a_template_file_is_read_by_the_agent_without_the_template_itself() -> None:
    file = {"agent-inject-template-file-db": "/vault/custom/db.ctmpl", "agent-extra-secret": "t"}
    assert (one(file).template_file, one(file).source.default) == ("/vault/custom/db.ctmpl", "")
    assert one({**file, "agent-inject-template-db": "{{ . }}"}).template_file == ""


def test_a_file_has_its_mode_command_and_delimiters() -> None:
    file = one(
        {
            "agent-inject-template-db": "[[ . ]]",
            "agent-inject-perms-db": "0400",
            "agent-inject-command-db": "pkill -HUP app",
            "agent-template-left-delim-db": "[[",
            "agent-template-right-delim-db": "]]",
            "error-on-missing-key-db": "true",
        }
    )
    assert (file.mode, file.command) == (0o400, "pkill -HUP app")
    assert (file.source.left, file.source.right, file.source.missing_key) == ("[[", "]]", "error")
    assert one({"agent-inject-perms-db": ""}).mode is None


def test_a_template_file_without_a_name_is_none() -> None:
    file = one({"agent-inject-template-file-db": "", "agent-inject-default-template": "json"})
    assert (file.template_file, file.source.default) == ("", "json")


PLACES = [
    ({}, "/vault/secrets/db"),
    ({"secret-volume-path": " ", "agent-inject-file-db": " "}, "/vault/secrets/db"),
    ({"agent-inject-file-db": "App.env"}, "/vault/secrets/App.env"),
    ({"agent-inject-file-db": "conf/app.env"}, "/vault/secrets/conf/app.env"),
    ({"agent-inject-file-db": "./app.env"}, "/vault/secrets/app.env"),
    ({"agent-inject-file-db": "conf//./app.env"}, "/vault/secrets/conf/app.env"),
    ({"secret-volume-path": "/etc/app/"}, "/etc/app/db"),
    ({"secret-volume-path": "/etc/app", "secret-volume-path-db": "/run/db"}, "/run/db/db"),
]


@pytest.mark.parametrize(("annotations", "place"), PLACES)
def test_a_file_is_where_its_annotations_say(annotations: dict[str, str], place: str) -> None:
    assert one(annotations).file == place


def test_the_name_is_in_lower_case_unless_that_is_annotated() -> None:
    secret = {"agent-inject-secret-Db-Config": "secret/db"}
    assert [file.file for file in file_mode(secret).files] == ["/vault/secrets/db-config"]
    for key in ("preserve-secret-case", "preserve-secret-case-Db-Config"):
        assert [file.file for file in file_mode({**secret, key: "true"}).files] == [
            "/vault/secrets/Db-Config"
        ]
    mixed = {"preserve-secret-case": "true", "preserve-secret-case-Db-Config": "false"}
    assert [file.file for file in file_mode({**secret, **mixed}).files] == ["/vault/secrets/db-config"]


def test_each_path_is_one_volume_the_one_for_all_first() -> None:
    annotations = {
        "agent-inject-secret-a": "s/a",
        "agent-inject-secret-b": "s/b",
        "agent-inject-secret-c": "s/c",
        "secret-volume-path-a": "/two",
        "secret-volume-path-b": "/one",
        "secret-volume-path-c": "/two/",
    }
    assert file_mode(annotations).volume_paths == ("/vault/secrets", "/two", "/one")


BAD_PLACES = [
    ({"agent-inject-file-db": "../x"}, "agent-inject-file-db"),
    ({"agent-inject-file-db": "a/../../x"}, "agent-inject-file-db"),
    ({"agent-inject-file-db": "/etc/passwd"}, "agent-inject-file-db"),
    ({"agent-inject-file-db": "."}, "agent-inject-file-db"),
    ({"agent-inject-file-db": "a/"}, "agent-inject-file-db"),
    ({"secret-volume-path": "secrets"}, "secret-volume-path"),
    ({"secret-volume-path": "/"}, "secret-volume-path"),
    ({"secret-volume-path": "/vault/../etc"}, "secret-volume-path"),
    ({"secret-volume-path-db": "/a:b"}, "secret-volume-path-db"),
    ({"agent-inject-template-file-db": "db.ctmpl"}, "agent-inject-template-file-db"),
]


@pytest.mark.parametrize(("annotations", "key"), BAD_PLACES)
def test_a_place_outside_of_its_volume_is_refused(annotations: dict[str, str], key: str) -> None:
    assert rules_and_keys(file_mode({**SECRET, **annotations}).problems) == [("file-mode", key)]


def test_names_that_only_differ_by_case_collide() -> None:
    both = {**SECRET, "agent-inject-secret-DB": "secret/other"}
    (message,) = messages(file_mode(both).problems)
    assert "DB, db would all be /vault/secrets/db" in message
    assert "preserve-secret-case" in message
    assert not file_mode({**both, "preserve-secret-case": "true"}).problems
    assert not file_mode({**both, "agent-inject-file-DB": "other"}).problems


def test_the_token_has_a_file_of_its_own() -> None:
    token = {"agent-inject-token": "true"}
    assert not file_mode(token).problems
    collision = {**token, "agent-inject-secret-token": "secret/a"}
    (message,) = messages(file_mode(collision).problems)
    assert "token, agent-inject-token would all be /vault/secrets/token" in message
    assert not file_mode({**collision, "secret-volume-path-token": "/other"}).problems


def test_no_file_is_the_folder_of_another() -> None:
    annotations = {
        "agent-inject-secret-a": "secret/a",
        "agent-inject-secret-b": "secret/b",
        "agent-inject-file-b": "a/b",
    }
    (message,) = messages(file_mode(annotations).problems)
    assert "/vault/secrets/a would be a file and the folder of /vault/secrets/a/b" in message


@pytest.mark.parametrize(
    "key",
    ["agent-inject-file-x", "agent-inject-command-x", "secret-volume-path-x", "agent-template-left-delim-x"],
)
def test_an_annotation_of_no_file_is_a_warning(key: str) -> None:
    mode = file_mode({**SECRET, key: "/x"})
    assert rules_and_keys(mode.warnings) == [("annotation-ignored", key)]
    assert mode.volume_paths == ("/vault/secrets",)


@pytest.mark.parametrize(
    ("file", "has_remedy"), [("/etc/my-app/app.toml", True), ("/etc/passwd", False), ("/x/../y/z", False)]
)
def test_an_absolute_path_of_a_file_is_refused_with_the_annotations_for_that_place(
    file: str, has_remedy: bool
) -> None:
    """HashiCorp's own example has such a path, which is below the volume there."""
    (message,) = messages(file_mode({**SECRET, "agent-inject-file-db": file}).problems)
    prefix = "vault.hashicorp.com/"
    remedy = f", or {prefix}agent-inject-file-db: app.toml with {prefix}secret-volume-path-db: /etc/my-app"
    assert message.endswith(remedy) == has_remedy
    assert ("secret-volume-path" in message) == has_remedy


def test_an_annotation_of_no_file_suggests_the_file_whose_name_its_own_ends_with() -> None:
    (message,) = messages(file_mode({**SECRET, "agent-inject-file-secret-db": "db.env"}).warnings)
    assert message.endswith("; did you mean vault.hashicorp.com/agent-inject-file-db?")
    (message,) = messages(file_mode({**SECRET, "agent-inject-file-other": "db.env"}).warnings)
    assert "did you mean" not in message
