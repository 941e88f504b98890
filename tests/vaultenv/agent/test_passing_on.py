"""The agent's listener before a stand-in for Vault: forwarded requests, and faults of connections."""

import json
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
import trustme

from tests.servers.process import free_port
from tests.vaultenv import launcher
from tests.vaultenv.agent.conftest import until
from tests.vaultenv.client.reading import in_turn
from tests.vaultenv.client.stand_in import answer, stand_in
from tests.vaultenv.client.test_tls import server_context
from vaultenv.agent import listener as module
from vaultenv.agent.listener import CONNECTIONS, Listener
from vaultenv.agent.parts import Parts
from vaultenv.agent.run import SystemClock
from vaultenv.agent.writing import Writer
from vaultenv.agent_settings import AgentSettings
from vaultenv.agent_settings import Listener as ListenerSettings
from vaultenv.basics.deadline import Deadline
from vaultenv.basics.log import Log
from vaultenv.client.open import open_vault
from vaultenv.settings import Settings

REQUEST = b"GET /v1/a HTTP/1.1\r\nHost: a\r\n\r\n"
DONE = answer("200 OK", b'{"data":{"k":"v"}}')
LEASED = answer("200 OK", b'{"lease_id":"db/creds/app/1","lease_duration":3600,"data":{"k":"v"}}')


def listening(address: str, **more: str) -> "Program":
    """Return a program's session with a listener of this process, which has the token `agents`."""
    environ = {"VAULT_ADDR": address, "VAULT_CLIENT_TIMEOUT": "2s", **more}
    settings = Settings({name.encode(): value.encode() for name, value in environ.items()})
    chosen = ListenerSettings(free_port("127.0.0.1"))
    log = Log("error")
    vault = open_vault(settings, Deadline(5.0), log)
    vault.use("agents")
    agent_settings = AgentSettings(listener=chosen)
    parts = Parts(agent_settings, settings, vault, log, SystemClock(), Writer(), {})
    Listener(parts, chosen, lambda: None).start()
    return Program(chosen.port)


class Program(requests.Session):
    """A program beside the listener; it follows no redirect."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self.trust_env = False
        self.port = port

    def call(self, method: str, path: str, token: str = "", body: bytes | None = None) -> requests.Response:
        headers = {"X-Vault-Token": token} if token else {}
        url = f"http://127.0.0.1:{self.port}{path}"
        return self.request(method, url, headers=headers, data=body, timeout=10, allow_redirects=False)

    def raw(self, data: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as stream:
            stream.sendall(data)
            stream.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: stream.recv(65536), b""))


@pytest.mark.parametrize(("method", "has_tls"), [("GET", False), ("PUT", False), ("GET", True)])
def test_a_connection_that_vault_has_closed_is_not_used_again(method: str, has_tls: bool) -> None:
    authority = trustme.CA()
    context = server_context(authority) if has_tls else None
    trusted = {"VAULT_CACERT_BYTES": authority.cert_pem.bytes().decode()}
    with stand_in(in_turn(DONE), context) as server, listening(server.address, **trusted) as program:
        assert program.call(method, "/v1/a").status_code == 200
        server.hang_up()
        assert program.call(method, "/v1/a").status_code == 200
        assert len(server.heads) == 2


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_redirect_within_vaults_address_is_followed_with_the_token(method: str) -> None:
    def standby(stream: socket.socket, head: bytes) -> None:
        location = f"Location: {server.address}/v1/b?x=1".encode()
        stream.sendall(answer("307 Temporary Redirect", b"", location) if b" /v1/a" in head else DONE)

    with stand_in(standby) as server, listening(server.address) as program:
        found = program.call(method, "/v1/a", body=b'{"k":"v"}')
        assert found.status_code == 200
        assert server.heads[1].startswith(f"{method} /v1/b?x=1 ".encode())
        assert b"x-vault-token: agents\r\n" in server.heads[1].lower()
        assert b"content-length: 9\r\n" in server.heads[1].lower()


def test_a_redirect_to_another_address_is_a_bad_gateway_that_names_it() -> None:
    elsewhere = answer("307 Temporary Redirect", b"", b"Location: https://10.0.0.7:8200/v1/a")
    with stand_in(in_turn(elsewhere)) as server, listening(server.address) as program:
        found = program.call("GET", "/v1/a")
        assert found.status_code == 502
        assert "redirects to https://10.0.0.7:8200" in found.json()["errors"][0]
        assert len(server.heads) == 1


def test_redirects_without_end_are_passed_on() -> None:
    circle = answer("307 Temporary Redirect", b"", b"Location: /v1/a")
    with stand_in(in_turn(circle)) as server, listening(server.address) as program:
        assert program.call("GET", "/v1/a").status_code == 307
        assert len(server.heads) == 4


def test_headers_of_the_settings_go_with_every_request() -> None:
    with (
        stand_in(in_turn(DONE)) as server,
        listening(server.address, VAULT_HEADERS='{"X-Gate": "open"}') as program,
    ):
        program.call("GET", "/v1/a")
        assert b"\r\nx-gate: open\r\n" in server.heads[0].lower()


@pytest.mark.parametrize("namespace", ["team", "\u00e9quipe", "\u56e2\u961f"])
def test_a_namespace_reaches_vault_as_in_the_login(namespace: str) -> None:
    with (
        stand_in(in_turn(DONE)) as server,
        listening(server.address, VAULT_NAMESPACE=namespace) as program,
    ):
        assert program.call("GET", "/v1/a").status_code == 200
        assert b"x-vault-namespace: " + namespace.encode() + b"\r\n" in server.heads[0]


def test_a_lease_revoked_with_the_programs_own_token_is_not_served_again() -> None:
    def vault(stream: socket.socket, head: bytes) -> None:
        stream.sendall(answer("204 No Content") if b"/revoke " in head else LEASED)

    with stand_in(vault) as server, listening(server.address) as program:
        assert [program.call("GET", "/v1/db/creds/app").headers["X-Cache"] for _ in "12"] == ["MISS", "HIT"]
        assert program.call("PUT", "/v1/sys/leases/revoke", token="own", body=b"{}").status_code == 204
        assert program.call("GET", "/v1/db/creds/app").headers["X-Cache"] == "MISS"


def test_an_answer_to_a_token_of_the_programs_own_is_not_kept() -> None:
    with stand_in(in_turn(LEASED)) as server, listening(server.address) as program:
        for _ in "12":
            assert program.call("GET", "/v1/db/creds/app", token="own").headers["X-Cache"] == "MISS"
        assert len(server.heads) == 2


@pytest.mark.parametrize("target", [b"/v1/a\nX-Vault-Token:b", b"/v1/a\tb", b"/v1/\0", b"/v1/\x7f"])
def test_a_target_with_a_control_character_is_refused(target: bytes) -> None:
    with stand_in(in_turn(DONE)) as server, listening(server.address) as program:
        assert program.raw(b"GET %s HTTP/1.1\r\n\r\n" % target).startswith(b"HTTP/1.1 400")
        assert not server.heads


def test_certificates_that_cannot_be_read_for_a_time_hold_no_connection(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    pem = trustme.CA().cert_pem.bytes()
    file.write_bytes(pem)
    with listening("https://127.0.0.1:1", VAULT_CACERT=str(file)) as program:
        file.write_bytes(b"half")
        for _ in range(CONNECTIONS + 1):
            found = program.raw(b"GET /v1/a HTTP/1.1\r\nConnection: close\r\n\r\n")
            assert b"502" in found.partition(b"\r\n")[0]
            assert b"no PEM certificates found" in found
        file.write_bytes(pem)
        assert "connection refused" in json.dumps(program.call("GET", "/v1/a").json())


@contextmanager
def agent(folder: Path, address: str) -> Iterator[Program]:
    """Yield a program beside an agent that stays and listens, and expect the agent's orderly end."""
    port, file = free_port("127.0.0.1"), folder / "a"
    document = {
        "files": [{"name": "a", "template": "a", "file": str(file)}],
        "home": str(folder),
        "listener": {"port": port},
    }
    environ = {"VAULT_ADDR": address, "VAULT_TOKEN": "t", "VAULT_ENV_AGENT": json.dumps(document)}
    process = launcher.start("--agent", **environ)
    until(file.exists)
    with Program(port) as program:
        yield program
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    process.communicate()


@pytest.mark.usefixtures("each_launcher")
def test_a_program_that_hangs_up_before_its_answers_does_not_end_the_agent(tmp_path: Path) -> None:
    with stand_in(in_turn(DONE)) as server, agent(tmp_path, server.address) as program:
        with socket.create_connection(("127.0.0.1", program.port), timeout=10) as stream:
            stream.sendall(REQUEST * 40)
        for _ in range(50):
            assert program.call("GET", "/v1/a").status_code == 200


@pytest.mark.usefixtures("each_launcher")
def test_a_pod_without_free_threads_is_served_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit counts the threads of all programs of a pod: before, the listener accepted no connection any more."""
    with stand_in(in_turn(DONE)) as server, listening(server.address) as program:
        with monkeypatch.context() as full:
            full.setattr(module, "start_new_thread", no_thread)
            for _ in range(CONNECTIONS + 1):
                with socket.create_connection(("127.0.0.1", program.port), timeout=5) as stream:
                    assert stream.recv(65536).startswith(b"HTTP/1.1 503 ")
        assert program.raw(REQUEST).startswith(b"HTTP/1.1 200 ")


def no_thread(*_arguments: object) -> None:
    raise RuntimeError("can't start new thread")


def test_an_answer_that_nests_deeply_does_not_end_the_agent(tmp_path: Path) -> None:
    """It is read in a thread, whose stack the interpreter does not know."""
    nested = b"[" * 9_900 + b"]" * 9_900
    deep = stand_in(in_turn(answer("200 OK", b'{"data":{"k":%s}}' % nested)))
    with deep as server, agent(tmp_path, server.address) as program:
        assert nested in program.call("GET", "/v1/a").content
