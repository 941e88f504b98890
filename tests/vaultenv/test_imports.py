"""The import budget of a start: what a fresh process has loaded when it executes the program."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ALLOWED = {"sys", "posix", "time", "_socket", "_ssl", "_json", "_sha2"}
ON_STOCK = ALLOWED | {"__future__"}
"""The freezer takes `from __future__` out, so the static file keeps to ALLOWED."""

PROBE = """
import posix, sys
before = set(sys.modules)
sys.path.insert(0, {root!r})
def execve(program, argv, environ):
    names = sorted(set(sys.modules) - before)
    posix.write(1, "\\n".join(names).encode())
    posix._exit(0)
posix.execve = execve
from vaultenv.start.launch import run
sys.exit(run([b"vault-env", b"/bin/true"], dict(posix.environ)))
"""


def loaded_modules(environ: dict[str, str]) -> set[str]:
    """Return the modules that a run with this environment imports beyond a bare interpreter."""
    done = subprocess.run(
        [sys.executable, "-ISB", "-c", PROBE.format(root=str(ROOT))],
        env=environ,
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    return set(done.stdout.split())


def foreign(modules: set[str]) -> set[str]:
    """The modules that are not the launcher's own."""
    return {name for name in modules if name.split(".")[0] != "vaultenv"}


def test_a_start_without_references_loads_no_client() -> None:
    modules = loaded_modules({"PATH": os.defpath})
    assert foreign(modules) <= ON_STOCK - {"_sha2", "_socket", "_ssl"}
    assert not {name for name in modules if name.startswith("vaultenv.client")}


def test_a_start_from_the_embedded_store_stays_in_the_import_budget(tmp_path: Path) -> None:
    store = tmp_path / "secrets.json"
    store.write_text(json.dumps({"secret/data/a": {"k": "v"}}))
    modules = loaded_modules({"VAULT_ADDR": f"file://{store}", "A": "vault:secret/data/a#k"})
    assert "vaultenv.references.store" in modules
    assert foreign(modules) <= ON_STOCK


def test_a_start_loads_nothing_of_the_agent(tmp_path: Path) -> None:
    store = tmp_path / "secrets.json"
    store.write_text(json.dumps({"secret/data/a": {"k": "v"}}))
    modules = loaded_modules({"VAULT_ADDR": f"file://{store}", "A": "vault:secret/data/a#k"})
    assert not {name for name in modules if name.startswith(("vaultenv.agent", "vaultenv.renewal"))}


def test_a_start_without_templates_loads_nothing_of_their_language(tmp_path: Path) -> None:
    store = tmp_path / "secrets.json"
    store.write_text(json.dumps({"secret/data/a": {"k": "v"}}))
    address = f"file://{store}"
    plain = loaded_modules({"VAULT_ADDR": address, "A": "vault:secret/data/a#k"})
    assert not {name for name in plain if name.startswith("vaultenv.template")}
    with_key = loaded_modules({"VAULT_ADDR": address, "A": "vault:secret/data/a#${.k | b64enc}"})
    assert "vaultenv.template.evaluate" in with_key
    assert not {
        name for name in with_key if name.startswith(("vaultenv.template.consul", "vaultenv.template.regex"))
    }


def test_an_init_that_has_not_to_wait_loads_neither_threads_nor_the_listener(tmp_path: Path) -> None:
    settings = {
        "files": [{"name": "a", "template": "A", "file": f"{tmp_path}/a"}],
        "home": f"{tmp_path}/home",
    }
    script = (
        f"import posix, sys; sys.path.insert(0, {str(ROOT)!r}); before = set(sys.modules)\n"
        "from vaultenv.start.launch import run\n"
        "assert run([b'vault-env', b'--agent-init'], dict(posix.environ)) == 0\n"
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run(
        [sys.executable, "-ISB", "-c", script],
        env={"VAULT_ENV_AGENT": json.dumps(settings), "VAULT_TOKEN": "t", "VAULT_ADDR": "http://127.0.0.1:1"},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    modules = set(done.stdout.split())
    assert (tmp_path / "a").read_text() == "A"
    late = {"vaultenv.agent.staying", "vaultenv.agent.listener", "vaultenv.agent.children"}
    assert not modules & late
    assert foreign(modules) <= ON_STOCK | {"binascii", "itertools", "math"}


@pytest.mark.parametrize(("token", "is_begun"), [("", True), ("t", False)])
def test_an_init_that_logs_in_begins_the_handshake_before_it_loads_the_agent(
    tmp_path: Path, token: str, is_begun: bool
) -> None:
    settings = {
        "files": [{"name": "a", "template": "A", "file": f"{tmp_path}/a"}],
        "home": f"{tmp_path}/home",
        "exit_on_login_error": True,
    }
    script = (
        f"import posix, sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "from vaultenv.client.wire import Wire\n"
        "from vaultenv.start.launch import run\n"
        "Wire.begin = lambda _: print(*sorted(sys.modules))\n"
        "run([b'vault-env', b'--agent-init'], dict(posix.environ))"
    )
    login = {"VAULT_AUTH_METHOD": "approle", "VAULT_APPROLE_ROLE_ID": "r", "VAULT_APPROLE_SECRET_ID": "s"}
    done = subprocess.run(
        [sys.executable, "-ISB", "-c", script],
        env={
            **login,
            "VAULT_ENV_AGENT": json.dumps(settings),
            "VAULT_TOKEN": token,
            "VAULT_ADDR": "http://127.0.0.1:1",
        },
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    loaded = set(done.stdout.split())
    assert bool(loaded) == is_begun
    late = ("vaultenv.agent.agent", "vaultenv.start.plan", "vaultenv.template.")
    assert not {name for name in loaded if name.startswith(late)}
