"""A later launcher in a running container reads Vault, and in an outage reuses the values of the first process."""

import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.vaultenv import launcher
from tests.vaultenv.client.reading import KV, LOGIN, MOUNT
from tests.vaultenv.client.stand_in import Behaviour, StandIn, answer, stand_in
from tests.vaultenv.launcher import variables
from tests.vaultenv.start.test_reuse import NAMESPACE
from vaultenv.template_sources import TemplateSource, sources_text

pytestmark = [pytest.mark.usefixtures("each_launcher"), pytest.mark.long]

NEWER = answer("200 OK", b'{"data":{"data":{"k":"newer"},"metadata":{"version":2}}}')
NO = b'{"errors":["no"]}'
TIMEOUT_S = 60
"""The time that an outage may take; a launcher that has values to go on with ends before.

Such a launcher gives Vault half a second: tests in which Vault must have answered by then are `timed`.
"""

Later = Callable[[StandIn, socket.socket], None]


def answers(status: str, body: bytes = NO, *headers: bytes) -> Later:
    """Answer every request so."""
    return lambda server, stream: stream.sendall(answer(status, body, *headers))


def is_gone(server: StandIn, stream: socket.socket) -> None:
    """Refuse connections, and end the open ones."""
    server.go()
    stream.close()


def is_slow(server: StandIn, stream: socket.socket) -> None:
    """Answer later than any timeout."""
    time.sleep(5)


class Scene:
    """A container with a first process, and a second launcher in it after the start of the outage."""

    def __init__(self, folder: Path, first: list[bytes], later: Later) -> None:
        self._environ_file = folder / "given"
        self._first = first
        self._later = later

    def play(self, second: dict[str, str] | None = None, **more: str) -> subprocess.CompletedProcess[bytes]:
        """Return the outcome of the second launcher, with the first one's variables and those of `second`."""
        with stand_in(self._behaviour()) as self._server:
            environ = {
                "VAULT_ADDR": self._server.address,
                "VAULT_TOKEN": "the-token",
                "VAULT_ENV_TIMEOUT": f"{TIMEOUT_S}s",
                "PATH": "/usr/bin:/bin",
                "A": "vault:a/data/b#k",
                **more,
            }
            merged = {**environ, **(second or {})}
            self._environ_file.write_bytes(
                b"".join(f"{name}={value}\0".encode() for name, value in merged.items())
            )
            enter = f"xargs -0 -a {self._environ_file} sh -c 'exec env -i \"$@\" {' '.join(launcher.COMMAND)} env -0' sh"
            command = [*NAMESPACE, *launcher.COMMAND, "sh", "-c", f"{enter}; exit $?"]
            less_s = TIMEOUT_S - 10
            return subprocess.run(command, env=environ, capture_output=True, timeout=less_s, check=False)

    def _behaviour(self) -> Behaviour:
        left = list(self._first)

        def behave(stream: socket.socket, head: bytes) -> None:
            if left:
                stream.sendall(left.pop(0))
            else:
                self._later(self._server, stream)

        return behave


OUTAGES = {
    "sealed": answers("503 Service Unavailable", b'{"errors":["Vault is sealed"]}'),
    "standby": answers("473 Standby"),
    "standby that redirects": answers("307 Temporary Redirect", b"", b"Location: https://active.example/v1/"),
    "too many requests": answers("429 Too Many Requests"),
    "error": answers("500 Internal Server Error"),
    "bad gateway": answers("502 Bad Gateway", b"<html>"),
    "gone": is_gone,
    "slow": is_slow,
    "no HTTP": lambda server, stream: stream.sendall(b"nonsense\r\n\r\n"),
}


@pytest.mark.parametrize("kind", OUTAGES)
@pytest.mark.parametrize("daemon", ["false", "true"])
def test_a_second_launcher_reuses_the_running_programs_values_in_an_outage(
    tmp_path: Path, kind: str, daemon: str
) -> None:
    scene = Scene(tmp_path, [KV], OUTAGES[kind])
    done = scene.play(VAULT_ENV_DAEMON=daemon)
    assert variables(done.stdout)[b"A"] == b"v", done.stderr
    assert b"values reused from the running program" in done.stderr


@pytest.mark.timed
@pytest.mark.parametrize("daemon", ["false", "true"])
def test_a_second_launcher_does_not_wait_for_the_delay_of_the_start(tmp_path: Path, daemon: str) -> None:
    scene = Scene(tmp_path, [KV, NEWER], answers("500 Internal Server Error"))
    done = scene.play({"VAULT_ENV_DELAY": "1h"}, VAULT_ENV_DAEMON=daemon)
    assert variables(done.stdout)[b"A"] == b"newer", done.stderr


def test_a_second_launcher_reuses_the_token_of_the_login_in_an_outage(tmp_path: Path) -> None:
    token = tmp_path / "jwt"
    token.write_text("jwt")
    more = {"VAULT_TOKEN": "vault:login", "VAULT_JWT_FILE": str(token)}
    done = Scene(tmp_path, [LOGIN, KV], OUTAGES["sealed"]).play(**more)
    found = variables(done.stdout)
    assert (found[b"A"], found[b"VAULT_TOKEN"]) == (b"v", b"t"), done.stderr


def test_a_second_launcher_reuses_values_of_templates_in_an_outage(tmp_path: Path) -> None:
    text = sources_text(
        [TemplateSource("t", template='{{ with secret "kv/t" }}T={{ .Data.data.k }}{{ end }}')]
    )
    scene = Scene(tmp_path, [KV, MOUNT["kv"], KV], OUTAGES["sealed"])
    found = variables((done := scene.play(VAULT_ENV_TEMPLATES=text)).stdout)
    assert (found[b"A"], found[b"T"]) == (b"v", b"v"), done.stderr
    assert b"values reused from the running program" in done.stderr


@pytest.mark.timed
def test_a_reachable_vault_is_read_before_values_are_reused(tmp_path: Path) -> None:
    done = Scene(tmp_path, [KV, NEWER], OUTAGES["sealed"]).play()
    assert variables(done.stdout)[b"A"] == b"newer", done.stderr


@pytest.mark.timed
@pytest.mark.parametrize("status", ["400 Bad Request", "401 U", "403 Forbidden", "404 Not Found", "405 M"])
@pytest.mark.parametrize("body", [NO, b"", b"<html>"])
def test_a_refusal_of_vault_is_no_outage(tmp_path: Path, status: str, body: bytes) -> None:
    done = Scene(tmp_path, [KV], answers(status, body)).play()
    assert done.returncode != 0
    assert done.stdout == b"", done.stderr
    assert status[:3].encode() in done.stderr or b"path not found" in done.stderr


@pytest.mark.timed
def test_a_refusal_of_one_reference_is_not_hidden_by_an_outage_of_another(tmp_path: Path) -> None:
    done = Scene(tmp_path, [KV, KV, answer("403 F", NO)], OUTAGES["sealed"]).play(B="vault:b/data/b#k")
    assert done.returncode != 0
    assert done.stdout == b""
    assert b"403 permission denied" in done.stderr


@pytest.mark.parametrize("second", [{"A": "vault:a/data/b#other"}, {"B": "vault:a/data/b#k"}])
def test_only_values_of_the_same_references_are_reused(tmp_path: Path, second: dict[str, str]) -> None:
    done = Scene(tmp_path, [KV], OUTAGES["sealed"]).play({**second, "VAULT_ENV_TIMEOUT": "1s"})
    assert done.returncode != 0
    assert done.stdout == b""
    assert b"Vault is sealed" in done.stderr
