"""A second launcher reuses the values of the running program, in a process namespace of its own."""

import json
import os
import subprocess
import time
from pathlib import Path

import pytest

from tests.vaultenv import launcher
from tests.vaultenv.launcher import variables
from vaultenv.basics.log import Log
from vaultenv.settings import Settings
from vaultenv.start import reuse
from vaultenv.start.plan import MARKER, Plan
from vaultenv.template_sources import TemplateSource, sources_text

NAMESPACE = ["unshare", "--map-root-user", "--fork", "--pid", "--mount-proc"]
pytestmark = pytest.mark.usefixtures("each_launcher")


@pytest.fixture
def store(tmp_path: Path) -> Path:
    file = tmp_path / "secrets.json"
    file.write_text(json.dumps({"a": {"k": "v=1"}, "all": {"BROUGHT": "b", "GIVEN": "not this"}}))
    return file


def pod(store: Path, **more: str) -> dict[str, str]:
    """Return a container's environment, as the kubelet gives it to the program and to later processes."""
    leading = {"VAULT_ADDR": f"file://{store}", "VAULT_ENV_REUSE": "true", "PATH": "/usr/bin:/bin"}
    references = {"A": "vault:a#k", "VAULT_ENV_FROM_PATH": "all", "GIVEN": "own"}
    return {**leading, **references, **more}


def entered(store: Path, second: dict[str, str], **first: str) -> subprocess.CompletedProcess[bytes]:
    """Start a container, remove the store, and run a second launcher in it with that environment."""
    environ_file = store.with_name("given")
    environ_file.write_bytes(b"".join(f"{name}={value}\0".encode() for name, value in second.items()))
    enter = f"xargs -0 -a {environ_file} sh -c 'exec env -i \"$@\" {' '.join(launcher.COMMAND)} env -0' sh"
    script = f"rm {store}; {enter}"
    command = [*NAMESPACE, *launcher.COMMAND, "sh", "-c", script]
    return subprocess.run(command, env={**pod(store), **first}, capture_output=True, timeout=30, check=False)


def test_the_running_programs_values_are_reused(store: Path) -> None:
    done = entered(store, pod(store, TERM="xterm"))
    found = variables(done.stdout)
    assert found.pop(b"VAULT_ENV_MARKER")
    assert found == {
        b"A": b"v=1",
        b"BROUGHT": b"b",
        b"GIVEN": b"own",
        b"PATH": b"/usr/bin:/bin",
        b"TERM": b"xterm",
    }, done.stderr


def test_values_of_the_child_of_a_daemon_are_reused(store: Path) -> None:
    done = entered(store, pod(store, VAULT_ENV_DAEMON="false"), VAULT_ENV_DAEMON="true")
    assert variables(done.stdout)[b"A"] == b"v=1", done.stderr


@pytest.mark.parametrize(
    "second",
    [
        {"A": "vault:a#other"},
        {"VAULT_ENV_FROM_PATH": "a"},
        {"B": "vault:a#k"},
        {"VAULT_ENV_REUSE": "false"},
        {"VAULT_NAMESPACE": "another"},
    ],
)
def test_a_changed_setting_or_reference_prevents_reuse(store: Path, second: dict[str, str]) -> None:
    done = entered(store, pod(store, **second))
    assert done.returncode != 0
    assert b"secrets.json: no such file or directory" in done.stderr


def plan(**environ: str) -> Plan:
    environ_file = {name.encode(): value.encode() for name, value in pod(Path("/nowhere"), **environ).items()}
    return Plan(environ_file, Settings(environ_file), Log())


def test_an_environment_without_every_name_is_not_reused() -> None:
    whole = {MARKER: plan().marker([b"BROUGHT"]), b"A": b"v", b"BROUGHT": b"b"}
    assert plan().environ_from(whole) is not None
    for name in whole:
        assert plan().environ_from({other: whole[other] for other in whole if other != name}) is None


def test_a_variable_left_out_by_the_first_launcher_is_left_out_again() -> None:
    running = {MARKER: plan().marker([b"BROUGHT"], [b"A"]), b"BROUGHT": b"b"}
    found = plan().environ_from(running)
    assert found is not None
    assert (found[b"BROUGHT"], b"A" in found) == (b"b", False)


def test_a_malformed_marker_prevents_reuse() -> None:
    digest = plan().marker(()).partition(b"=")[0]
    for marker in (b"", b"=", digest, digest + b"=BROUGHT", b"=" + digest):
        assert plan().environ_from({MARKER: marker, b"A": b"v", b"BROUGHT": b"b"}) is None


def test_only_a_process_of_the_same_user_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    with subprocess.Popen(["sleep", "60"], env={"A": "v"}) as process:
        while not (found := reuse._environ_of(str(process.pid))):
            time.sleep(0.01)
        assert found == {b"A": b"v"}
        monkeypatch.setattr(reuse.posix, "geteuid", lambda: os.geteuid() + 1)
        assert reuse._environ_of(str(process.pid)) == {}
        process.kill()


def test_the_marker_does_not_depend_on_values() -> None:
    assert plan().marker([b"N"]) == plan(GIVEN="another").marker([b"N"])


def marker_left(*namespace: str, **environ: str) -> bytes:
    """Return the marker that the program gets."""
    command = [*namespace, *launcher.COMMAND, "env", "-0"]
    done = subprocess.run(command, env=environ, capture_output=True, check=True)
    return variables(done.stdout).get(MARKER, b"")


def test_without_the_setting_only_the_first_process_of_a_container_leaves_a_marker(store: Path) -> None:
    setting = {"VAULT_ENV_REUSE": "false", MARKER.decode(): "given"}
    assert marker_left(*NAMESPACE, **pod(store)) == marker_left(*NAMESPACE, **pod(store, **setting))
    assert marker_left(**pod(store, **setting)) == b""


def test_a_process_without_references_leaves_no_marker() -> None:
    assert marker_left(*NAMESPACE, PATH="/usr/bin:/bin", A="plain") == b""


def test_values_of_other_templates_are_not_reused() -> None:
    def with_template(text: str) -> Plan:
        return plan(VAULT_ENV_TEMPLATES=sources_text([TemplateSource("a", template=text)]))

    running = {MARKER: with_template("BROUGHT=1").marker([b"BROUGHT"]), b"A": b"v", b"BROUGHT": b"b"}
    found = with_template("BROUGHT=1").environ_from(running)
    assert found
    assert found[b"BROUGHT"] == b"b"
    assert with_template("BROUGHT=2").environ_from(running) is None
    assert plan().environ_from(running) is None
