"""The agent's listener on a real Vault: tokens added, leases and tokens kept, bounds."""

import json
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest
import requests

from tests.servers.process import free_port
from tests.servers.vault import Vault
from tests.vaultenv.agent.conftest import Pod, until
from tests.vaultenv.agent.test_stay import login
from vaultenv.agent.listener import CONNECTIONS
from vaultenv.agent.requests import BODY_LIMIT
from vaultenv.agent_settings import Listener

pytestmark = pytest.mark.usefixtures("each_launcher")

Begin = Callable[..., "Client"]


class Client:
    """A program beside an agent that listens."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.process = process
        self.port = port
        self.session = requests.Session()
        self.session.trust_env = False

    def call(self, method: str, path: str, token: str = "", **more: Any) -> requests.Response:
        headers = {"X-Vault-Token": token} if token else {}
        return self.session.request(
            method, f"http://127.0.0.1:{self.port}{path}", headers=headers, timeout=20, **more
        )

    def raw(self, data: bytes) -> bytes:
        """Return the whole answer to these bytes; b"" if the connection is cut off before they are read."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as stream:
            try:
                stream.sendall(data)
                stream.shutdown(socket.SHUT_WR)
                return b"".join(iter(lambda: stream.recv(65536), b""))
            except ConnectionError:
                return b""


@pytest.fixture
def begin(pod: Pod) -> Iterator[Begin]:
    """Return a function that starts an agent and returns once it has logged in and listens."""
    clients: list[Client] = []

    def started(**listener: Any) -> Client:
        port = free_port("127.0.0.1")
        settings = pod.settings(listener=Listener(port, **listener), token_file=str(pod.secrets / "token"))
        (pod.secrets / "token").unlink(missing_ok=True)
        clients.append(Client(pod.stay(settings, **login(pod.vault)), port))
        until(lambda: bool(pod.text("token")))
        return clients[-1]

    yield started
    for client in clients:
        client.session.close()


def test_a_request_without_a_token_gets_the_agents(begin: Begin, secrets: Vault) -> None:
    client = begin()
    answer = client.call("GET", "/v1/secret/data/account")
    assert answer.json()["data"]["data"]["password"] == "secret"
    assert answer.headers["X-Cache"] == "MISS"
    assert client.call("GET", "/v1/secret/data/account", token="wrong").status_code == 403
    assert client.call("LIST", "/v1/secret/metadata").json()["data"]["keys"]
    written = client.call(
        "POST", "/v1/secret/data/by-listener?x=1", data=json.dumps({"data": {"k": "ü"}}).encode()
    )
    assert written.status_code == 200
    assert secrets.read("secret/data/by-listener")["data"] == {"k": "ü"}
    assert client.call("DELETE", "/v1/secret/metadata/by-listener").status_code == 204
    assert client.call("GET", "/v1/secret/data/none").status_code == 404


def test_force_replaces_a_token_and_false_adds_none(begin: Begin) -> None:
    forced = begin(token="force")
    assert forced.call("GET", "/v1/secret/data/account", token="wrong").status_code == 200
    off = begin(token="false")
    assert off.call("GET", "/v1/secret/data/account").status_code in (400, 403)


def test_leases_are_kept_and_renewed_until_they_are_revoked(begin: Begin, leasing: Vault) -> None:
    client = begin()
    first, second = (client.call("GET", "/v1/rabbitmq/creds/app") for _ in range(2))
    assert (first.headers["X-Cache"], second.headers["X-Cache"]) == ("MISS", "HIT")
    assert first.json() == second.json()
    lease = {"lease_id": first.json()["lease_id"]}
    until(lambda: leasing.write("sys/leases/lookup", lease)["data"]["last_renewal"] is not None)
    assert client.call("PUT", "/v1/sys/leases/revoke", json=lease).status_code == 204
    third = client.call("GET", "/v1/rabbitmq/creds/app")
    assert third.headers["X-Cache"] == "MISS"
    assert third.json()["data"]["username"] != first.json()["data"]["username"]


def test_a_token_created_by_the_listener_is_served_again_with_its_leases(
    begin: Begin, leasing: Vault
) -> None:
    client = begin()
    body = {"policies": ["all"], "ttl": "10m"}
    made = [
        client.call("POST", "/v1/auth/token/create", json=body).json()["auth"]["client_token"]
        for _ in range(2)
    ]
    assert made[0] == made[1]
    kinds = [client.call("GET", "/v1/rabbitmq/creds/app", token=made[0]).headers["X-Cache"] for _ in range(2)]
    assert kinds == ["MISS", "HIT"]
    foreign = leasing.new_token("all")
    kinds = [client.call("GET", "/v1/rabbitmq/creds/app", token=foreign).headers["X-Cache"] for _ in range(2)]
    assert kinds == ["MISS", "MISS"]


def test_quit_ends_the_agent_only_where_it_may(begin: Begin) -> None:
    client = begin(quit=True)
    assert client.call("GET", "/agent/v1/quit").status_code == 405
    assert client.call("POST", "/agent/v1/quit").status_code == 200
    assert client.process.wait(10) == 0
    other = begin()
    assert other.call("POST", "/agent/v1/quit").status_code == 404
    assert other.process.poll() is None


def test_vault_that_is_gone_is_a_bad_gateway(pod: Pod) -> None:
    port = free_port("127.0.0.1")
    settings = pod.settings(listener=Listener(port))
    client = Client(pod.stay(settings, VAULT_ADDR="https://127.0.0.1:1"), port)
    until(lambda: pod.status(settings)[0] == 0)
    answer = client.call("GET", "/v1/secret/data/account")
    assert answer.status_code == 502
    assert "connection refused" in answer.json()["errors"][0]
    client.session.close()


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"GET /v1/a HTTP/2.0\r\n\r\n", b"400"),
        (b"GET a HTTP/1.1\r\n\r\n", b"400"),
        (b"GET /v1/a b HTTP/1.1\r\n\r\n", b"400"),
        (b"GET /v1/a HTTP/1.1\r\nno colon\r\n\r\n", b"400"),
        (b"GET /v1/a HTTP/1.1\r\nX-Vault-Token : a\r\n\r\n", b"400"),
        (b"GET /v1/a HTTP/1.1\r\nX: a\nX-Vault-Token: b\r\n\r\n", b"400"),
        (b"PUT /v1/a HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", b"400"),
        (b"PUT /v1/a HTTP/1.1\r\nContent-Length: 5\r\n\r\nab", b"400"),
        (b"PUT /v1/a HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"413"),
        (b"PUT /v1/a HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (BODY_LIMIT + 1), b"413"),
        (b"PUT /v1/a HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n0\r\n\r\n", b"400"),
        (b"PUT /v1/a HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", b"400"),
        (b"PUT /v1/a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n\r\n", b"400"),
        (b"PUT /v1/a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n", b"400"),
        (b"PUT /v1/a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", b"400"),
        (b"PUT /v1/a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n", b"413"),
        (b"GET /v1/a HTTP/1.1\r\nX: " + b"a" * 70_000, b"431"),
        (b"TRACE /v1/sys/health HTTP/1.1\r\n\r\n", b"405"),
    ],
)
def test_a_malformed_request_is_refused(begin: Begin, data: bytes, status: bytes) -> None:
    assert begin().raw(data).split(b" ")[1] == status


def test_a_request_of_http_1_0_is_answered_and_its_connection_closed(begin: Begin) -> None:
    answers = begin().raw(2 * b"GET /v1/sys/health HTTP/1.0\r\n\r\n")
    assert answers.count(b"HTTP/1.1 200 ") == 1


def test_an_answer_to_head_has_no_body_and_the_connection_stays_open(begin: Begin) -> None:
    client = begin()
    head, get = (client.call(method, "/v1/sys/health") for method in ("HEAD", "GET"))
    assert (head.status_code, head.content) == (200, b"")
    assert get.json()["sealed"] is False


def test_a_body_in_chunks_is_passed_on_whole(begin: Begin, secrets: Vault) -> None:
    text = json.dumps({"data": {"k": "in chunks"}}).encode()
    client = begin()
    written = client.call("POST", "/v1/secret/data/chunked", data=iter([text[:5], text[5:]]))
    assert written.status_code == 200
    assert secrets.read("secret/data/chunked")["data"] == {"k": "in chunks"}
    assert client.call("GET", "/v1/secret/data/chunked").status_code == 200


def test_equal_requests_at_the_same_time_make_one_lease(begin: Begin, leasing: Vault) -> None:
    client = begin()
    raw = b"GET /v1/rabbitmq/creds/app HTTP/1.1\r\nConnection: close\r\n\r\n"
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(client.raw, [raw] * 8))
    names = {json.loads(answer.partition(b"\r\n\r\n")[2])["data"]["username"] for answer in answers}
    assert len(names) == 1
    assert sum(b"x-cache: MISS" in answer for answer in answers) == 1


def test_requests_on_one_connection_are_answered_in_their_order(begin: Begin) -> None:
    one = b"GET /v1/secret/data/account HTTP/1.1\r\nHost: a\r\n\r\n"
    answers = begin().raw(one + one + b"GET /agent/v1/none HTTP/1.1\r\nConnection: close\r\n\r\n" + one)
    assert answers.count(b'"password":"secret"') == 2
    assert answers.count(b"HTTP/1.1 404") == 1


def test_connections_are_bounded_and_closed_ones_make_room(begin: Begin) -> None:
    client = begin()
    with ExitStack() as held:
        for _ in range(CONNECTIONS):
            held.enter_context(socket.create_connection(("127.0.0.1", client.port)))
        until(lambda: b"503" in client.raw(b""))
    until(lambda: client.raw(b"GET /agent/none HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 404"))


def test_a_port_in_use_ends_the_agent_with_its_remedy(pod: Pod) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        process = pod.stay(pod.settings(listener=Listener(other.getsockname()[1])))
        assert process.wait(20) == 1
        assert process.stderr
        assert b"in use: choose another port" in process.stderr.read()


def test_an_init_does_not_listen(pod: Pod) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        assert pod.init(pod.settings(listener=Listener(other.getsockname()[1]))).returncode == 0


def test_sigterm_ends_an_agent_with_open_connections(begin: Begin) -> None:
    client = begin()
    with socket.create_connection(("127.0.0.1", client.port)):
        client.process.send_signal(signal.SIGTERM)
        assert client.process.wait(5) == 0
