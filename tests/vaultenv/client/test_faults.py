"""The client before a faulty Vault or proxy."""

import socket
import time

import pytest

from tests.servers.vault import Vault
from tests.vaultenv.client.reading import KV, LEASED, MOUNT, client, fields, in_turn, read
from tests.vaultenv.client.stand_in import StandIn, answer, stand_in
from vaultenv.errors import VaultEnvError, VaultUnavailable


@pytest.mark.parametrize("status", ["412 P", "429 T", "472 S", "473 S", "503 S"])
def test_an_outage_is_waited_out(status: str) -> None:
    with stand_in(in_turn(answer(status), answer(status), KV)) as server:
        assert fields(read(server, "a/data/b")[0]) == {"k": "v"}


@pytest.mark.parametrize("status", ["500 I", "502 B", "504 G"])
def test_an_ambiguous_error_repeats_only_reads_of_kv(status: str) -> None:
    with stand_in(in_turn(answer(status), answer(status), MOUNT["kv"], KV)) as server:
        assert fields(read(server, "a/data/b")[0]) == {"k": "v"}
    with stand_in(in_turn(answer(status), MOUNT["db"], LEASED)) as server:
        assert isinstance(read(server, "a/data/b")[0], VaultUnavailable)


@pytest.mark.parametrize("status", ["400 B", "403 F", "404 N", "405 M"])
def test_a_refusal_is_final(status: str) -> None:
    with stand_in(in_turn(answer(status, b'{"errors":["no"]}'))) as server:
        (outcome,) = read(server, "a/data/b")
        assert isinstance(outcome, VaultEnvError)
        assert len(server.heads) == 1


def test_the_number_of_retries_can_be_limited() -> None:
    with stand_in(in_turn(answer("503 S"))) as server:
        (outcome,) = read(server, "a/data/b", VAULT_MAX_RETRIES="2")
        assert isinstance(outcome, VaultUnavailable)
        assert len(server.heads) == 3


def test_a_read_of_kv_is_repeated_after_a_lost_answer() -> None:
    with stand_in(in_turn(b"", MOUNT["kv"], KV)) as server:
        assert fields(read(server, "kv/data/b")[0]) == {"k": "v"}


@pytest.mark.parametrize("path", ["db/creds/app", "db/data/creds/app"])
def test_a_read_of_another_engine_is_not_repeated_after_a_lost_answer(path: str) -> None:
    with stand_in(in_turn(b"", MOUNT["db"])) as server:
        (outcome,) = read(server, path)
        assert isinstance(outcome, VaultUnavailable)
        assert "could make a second lease" in str(outcome)
        assert sum(path.encode() + b" HTTP" in head for head in server.heads if b"mounts" not in head) == 1


def test_a_write_is_never_sent_twice() -> None:
    with stand_in(in_turn(b"")) as server:
        reader = client(server)
        assert isinstance(reader.write("a/b", "{}"), VaultUnavailable)
        reader.close()
        assert len(server.heads) == 1


def test_a_dynamic_read_that_was_not_done_is_sent_again() -> None:
    with stand_in(in_turn(answer("503 S"), LEASED)) as server:
        assert fields(read(server, "db/creds/app")[0]) == {"k": "v"}


@pytest.mark.parametrize(
    "data",
    [
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 20\xb2 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: \xb2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 67108864\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFF\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000,
    ],
)
@pytest.mark.timed
def test_an_answer_that_is_no_http_is_refused_at_once(data: bytes) -> None:
    with stand_in(in_turn(data)) as server:
        began = time.monotonic()
        (outcome,) = read(server, "a/data/b")
        assert isinstance(outcome, VaultUnavailable)
        assert "malformed HTTP response" in str(outcome)
        assert time.monotonic() - began < 2


def test_an_endless_answer_is_cut() -> None:
    def endless(stream: socket.socket, head: bytes) -> None:
        stream.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            stream.sendall(b" " * 65536)

    with stand_in(endless) as server:
        (outcome,) = read(server, "a/data/b")
        assert "it is longer than" in str(outcome)


@pytest.mark.timed
def test_a_drip_feed_ends_with_the_timeout() -> None:
    def drip(stream: socket.socket, head: bytes) -> None:
        stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while True:
            stream.sendall(b" ")
            time.sleep(0.1)

    with stand_in(drip) as server:
        began = time.monotonic()
        (outcome,) = read(server, "a/data/b", VAULT_MAX_RETRIES="0")
        assert isinstance(outcome, VaultUnavailable)
        assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    "body", [b"[" * 100_000, b"{", b'"text"', b"\xff", b'{"data":[]}', b'{"data":{"a":NaN}}']
)
def test_a_body_that_is_no_secret_is_an_error(body: bytes) -> None:
    with stand_in(in_turn(answer("200 OK", body))) as server:
        assert isinstance(read(server, "a/data/b")[0], VaultEnvError)


def test_chunks_and_interim_answers_are_read() -> None:
    chunked = (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        b'c;x=y\r\n{"data":{"k"\r\n5\r\n:1}}\n\r\n0\r\nTrailer: t\r\n\r\n'
    )
    with stand_in(in_turn(chunked)) as server:
        assert [fields(outcome) for outcome in read(server, "a/data/b", "a/data/c")] == [{"k": "1"}] * 2


def test_a_redirect_to_another_host_is_refused_and_the_token_stays() -> None:
    with stand_in(in_turn(KV)) as other:
        elsewhere = answer("307 T", b"", f"Location: {other.address}/v1/a/data/b".encode())
        with stand_in(in_turn(elsewhere)) as server, pytest.raises(VaultUnavailable) as refusal:
            read(server, "a/data/b")
        assert f"redirects to {other.address}, where the token does not follow" in str(refusal.value)
        assert other.heads == []


def test_a_redirect_within_vault_is_followed() -> None:
    with stand_in(in_turn(answer("307 T", b"", b"Location: /v1/moved/data/b"), KV)) as server:
        assert fields(read(server, "a/data/b")[0]) == {"k": "v"}
        assert server.heads[1].startswith(b"GET /v1/moved/data/b HTTP/1.1")


def test_headers_namespace_and_prefix_are_sent() -> None:
    with stand_in(in_turn(KV)) as server:
        server.address += "/prefix/"
        read(server, "a/data/b c", VAULT_NAMESPACE="/team/", VAULT_HEADERS='{"X-Extra":"e"}')
        (head,) = server.heads
    assert head.startswith(b"GET /prefix/v1/a/data/b%20c HTTP/1.1\r\n")
    for line in (
        b"X-Vault-Namespace: team",
        b"X-Extra: e",
        b"X-Vault-Token: the-token",
        b"X-Vault-Request: true",
    ):
        assert line + b"\r\n" in head


def test_https_goes_through_the_proxys_tunnel(secrets: Vault) -> None:
    def tunnel(stream: socket.socket, head: bytes) -> None:
        host, _, port = head.split(b" ")[1].partition(b":")
        with socket.create_connection((host.decode(), int(port))) as onward:
            stream.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            _pump(stream, onward)
        raise OSError

    with stand_in(tunnel) as proxy:
        settings = {
            "VAULT_CACERT": str(secrets.ca_file),
            "VAULT_PROXY_ADDR": f"http://me:pw@127.0.0.1:{proxy.port}",
        }
        reader = client(StandIn(0, ""), VAULT_ADDR=secrets.address, **settings)
        reader.use(secrets.token)
        (outcome,) = reader.read([("secret/data/account", "")])
        reader.close()
        assert fields(outcome)["password"] == "secret"
        assert b"Proxy-Authorization: Basic bWU6cHc=\r\n" in proxy.heads[0]
        assert secrets.token.encode() not in proxy.heads[0]


def _pump(one: socket.socket, other: socket.socket) -> None:
    """Copy both ways until one side ends."""
    import select

    while True:
        for ready in select.select([one, other], [], [], 5)[0]:
            data = ready.recv(65536)
            if not data:
                return
            (other if ready is one else one).sendall(data)


def test_plain_http_names_vault_to_the_proxy() -> None:
    with stand_in(in_turn(KV)) as proxy:
        vault = {"VAULT_ADDR": "http://vault.example:8200", "HTTP_PROXY": f"127.0.0.1:{proxy.port}"}
        reader = client(StandIn(0, ""), **vault)
        assert fields(reader.read([("a/data/b", "")])[0]) == {"k": "v"}
        reader.close()
    target, host = b"GET http://vault.example:8200/v1/a/data/b HTTP/1.1", b"Host: vault.example:8200"
    assert proxy.heads[0].startswith(target + b"\r\n" + host + b"\r\n")


def test_a_refusing_proxy_is_named() -> None:
    with stand_in(in_turn(answer("407 P"))) as proxy:
        settings = {"HTTPS_PROXY": f"http://127.0.0.1:{proxy.port}", "VAULT_MAX_RETRIES": "0"}
        reader = client(StandIn(0, ""), VAULT_ADDR="https://vault.example", **settings)
        (outcome,) = reader.read([("a/data/b", "")])
        assert "answered 407 for vault.example:443" in str(outcome)


def test_a_proxy_that_does_not_run_is_named_instead_of_vault() -> None:
    settings = {"HTTPS_PROXY": "http://127.0.0.1:1", "VAULT_MAX_RETRIES": "0"}
    reader = client(StandIn(0, ""), VAULT_ADDR="https://vault.example", **settings)
    (outcome,) = reader.read([("a/data/b", "")])
    assert "proxyconnect tcp: dial tcp 127.0.0.1:1: connect: connection refused: check the proxy" in str(
        outcome
    )
    assert "vault-addr" not in str(outcome)
