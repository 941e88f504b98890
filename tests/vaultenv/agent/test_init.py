"""`vault-env --agent-init` on a real Vault: files, modes and messages as from HashiCorp's agent."""

import json
import stat
from pathlib import Path

import pytest

from tests.vaultenv.agent.conftest import Pod

pytestmark = pytest.mark.usefixtures("each_launcher")

ACCOUNT = '{{ with secret "secret/data/account" }}user={{ .Data.data.username }}{{ end }}'


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


def test_files_are_written_with_their_modes_and_folders(pod: Pod) -> None:
    settings = pod.settings(
        pod.file("config", ACCOUNT),
        pod.file("a/b/deep", ACCOUNT, mode=0o400),
        token_file=str(pod.secrets / "token"),
    )
    done = pod.init(settings)
    assert (done.returncode, done.stdout) == (0, b""), done.stderr
    assert pod.text("config") == pod.text("a/b/deep") == "user=superusername"
    assert (mode(pod.secrets / "config"), mode(pod.secrets / "a/b/deep")) == (0o644, 0o400)
    assert mode(pod.secrets / "a/b") == 0o755
    assert pod.text("token") == (pod.home / ".vault-token").read_text() == pod.vault.token
    assert mode(pod.secrets / "token") == 0o640
    assert pod.vault.token not in done.stderr.decode()
    assert sorted(file.name for file in pod.secrets.iterdir()) == ["a", "config", "token"]
    assert pod.status(settings) == (0, "fresh")


@pytest.mark.parametrize("path", ["secret/data/account", "secret/account"])
def test_the_default_template_is_upstreams(pod: Pod, path: str) -> None:
    done = pod.init(pod.settings(pod.file("map", path=path), pod.file("json", path=path, default="json")))
    assert done.returncode == 0, done.stderr
    first, second, _ = pod.text("map").split("\n")
    assert first == "data: map[password:secret username:superusername]"
    assert second.startswith("metadata: map[created_time:20")
    assert " custom_metadata:<nil> deletion_time: destroyed:false version:" in second
    found = pod.text("json")
    assert found.startswith(
        '{"data":{"password":"secret","username":"superusername"},"metadata":{"created_time":'
    )
    assert found.endswith("}\n")
    assert json.loads(found)["data"] == {"password": "secret", "username": "superusername"}


def test_the_default_template_of_kv_version_1_has_its_keys(pod: Pod) -> None:
    assert pod.init(pod.settings(pod.file("map", path="kv1/account"))).returncode == 0
    assert pod.text("map") == "data: a field called data\nnumber: 12\nusername: one\n"


def test_a_template_may_be_in_a_file(pod: Pod, tmp_path: Path) -> None:
    (tmp_path / "t.ctmpl").write_text(ACCOUNT)
    assert pod.init(pod.settings(pod.file("config", template_file=str(tmp_path / "t.ctmpl")))).returncode == 0
    assert pod.text("config") == "user=superusername"
    done = pod.init(pod.settings(pod.file("config", template_file=str(tmp_path / "none"))))
    assert done.returncode == 1
    assert b"none cannot be read: no such file or directory: mount it" in done.stderr


def test_mistakes_of_all_templates_are_reported_without_a_request_to_vault(pod: Pod) -> None:
    settings = pod.settings(pod.file("a", "{{ with }}"), pod.file("b", "\n{{ nofunction }}"))
    done = pod.init(settings, VAULT_ADDR="https://127.0.0.1:1")
    assert done.returncode == 1
    assert b"line 1, column 9" in done.stderr
    assert b"(template a)" in done.stderr
    assert b"line 2, column 4" in done.stderr
    assert b"(template b)" in done.stderr


def test_a_template_that_cannot_be_rendered_ends_the_agent_at_once_and_the_others_are_written(
    pod: Pod,
) -> None:
    text = '{{ with secret "secret/account" }}{{ .Data.data.none }}{{ end }}'
    done = pod.init(pod.settings(pod.file("bad", text, missing_key="error"), pod.file("config", ACCOUNT)))
    assert done.returncode == 1
    assert b"(template bad)" in done.stderr
    assert pod.text("config") == "user=superusername"
    assert not (pod.secrets / "bad").exists()
    assert b"superusername" not in done.stderr


def test_a_command_runs_once_after_changes_and_not_without(pod: Pod, tmp_path: Path) -> None:
    command = f"echo ran >> {tmp_path}/log"
    settings = pod.settings(pod.file("a", ACCOUNT, command=command), pod.file("b", ACCOUNT, command=command))
    assert pod.init(settings).returncode == 0
    assert (tmp_path / "log").read_text() == "ran\n"
    inode = (pod.secrets / "a").stat().st_ino
    assert pod.init(settings).returncode == 0
    assert (tmp_path / "log").read_text() == "ran\n"
    assert (pod.secrets / "a").stat().st_ino == inode


def test_a_failing_command_is_logged_and_the_files_stay(pod: Pod) -> None:
    done = pod.init(pod.settings(pod.file("a", ACCOUNT, command="exit 3")))
    assert (done.returncode, pod.text("a")) == (0, "user=superusername")
    assert b"the command 'exit 3' failed: it ended with status 3" in done.stderr


def test_a_folder_that_cannot_be_made_is_an_error_with_its_remedy(pod: Pod) -> None:
    pod.secrets.write_text("a file")
    done = pod.init(pod.settings(pod.file("a", ACCOUNT)))
    assert done.returncode == 1
    assert b"/secrets/a cannot be written: not a directory: something else has that name" in done.stderr


def test_without_settings_or_with_bad_ones_the_variable_is_named(pod: Pod) -> None:
    done = pod.init(pod.settings(), VAULT_ENV_AGENT="")
    assert (done.returncode, b"VAULT_ENV_AGENT is not set" in done.stderr) == (1, True)
    done = pod.init(pod.settings(), VAULT_ENV_AGENT='{"files":[{"name":"a","path":"b","file":"/s/../a"}]}')
    assert done.returncode == 1
    assert b"VAULT_ENV_AGENT cannot be read: file 1: file is not a value that it can have" in done.stderr
