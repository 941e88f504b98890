"""VAULT_ENV_TIMEOUT bounds a start against any server, and is used up while Vault cannot answer."""

import itertools
import socket
import time
from collections.abc import Callable, Iterable
from contextlib import closing

import pytest

from tests.vaultenv.client.reading import KV, LOGIN, USERPASS, client, fields, in_turn, read
from tests.vaultenv.client.stand_in import Behaviour, StandIn, answer, stand_in
from vaultenv.basics.deadline import Backoff, Deadline
from vaultenv.errors import VaultEnvError, VaultUnavailable

pytestmark = pytest.mark.long

LIMIT_S = 0.8
GRACE_S = 0.5
_SERVER_S = 2.0
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
INTERIM = b"HTTP/1.1 100 Continue\r\n\r\n"
PIECES = {
    "interim answers": (b"", INTERIM),
    "early hints": (b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"),
    "trailers": (CHUNKED + b"1\r\n{\r\n0\r\n", b"Trailer: t\r\n"),
    "chunks of a byte": (CHUNKED, b"1\r\n \r\n"),
    "extensions of a chunk": (CHUNKED + b"1", b";x=y"),
    "headers": (OK, b"X: y\r\n"),
    "a header": (OK + b"X: ", b"x"),
    "a status line": (b"HTTP/1.1 200 ", b"O"),
    "a body": (OK + b"\r\n", b" "),
    "a body with a length": (OK + b"Content-Length: 9999999\r\n\r\n" + b" " * 9_999_998, b""),
    "nothing": (b"", b""),
}


def endless(first: bytes, piece: bytes, pause_s: float) -> Behaviour:
    """Send the first bytes, and then pieces without a pause while the client reads, for two seconds at most."""

    def behave(stream: socket.socket, head: bytes) -> None:
        end = time.monotonic() + _SERVER_S
        stream.sendall(first)
        while time.monotonic() < end:
            stream.sendall(piece if pause_s else piece * 2000)
            time.sleep(pause_s)

    return behave


def elapsed_s(call: Callable[[], object]) -> float:
    began = time.monotonic()
    call()
    return time.monotonic() - began


@pytest.mark.timed
@pytest.mark.parametrize("pause_s", [0.0, 0.02], ids=["fast", "slow"])
@pytest.mark.parametrize("kind", PIECES)
def test_no_endless_answer_outlasts_the_timeout(kind: str, pause_s: float) -> None:
    limits = {"VAULT_ENV_TIMEOUT": f"{LIMIT_S}s", "VAULT_CLIENT_TIMEOUT": "10s"}
    with stand_in(endless(*PIECES[kind], pause_s)) as server:
        outcomes: list[object] = []
        assert elapsed_s(lambda: outcomes.extend(read(server, "a/data/b", **limits))) < LIMIT_S + GRACE_S
        assert isinstance(outcomes[0], VaultUnavailable)
        assert elapsed_s(lambda: refused_login(server, **limits)) < LIMIT_S + GRACE_S


def refused_login(server: StandIn, **more: str) -> None:
    with (
        closing(client(server, **{**USERPASS, **more})) as vault,
        pytest.raises(VaultUnavailable, match="failed to request new Vault token"),
    ):
        vault.login()


@pytest.mark.timed
@pytest.mark.parametrize("method", ["aws-ec2", "aws-iam", "gcp-gce", "gcp-iam", "azure"])
def test_no_metadata_service_outlasts_the_timeout(method: str) -> None:
    with stand_in(in_turn(LOGIN)) as vault, stand_in(endless(b"", b"", 0.02)) as cloud:
        cloud_address = {
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": cloud.address,
            "GCE_METADATA_HOST": cloud.address.removeprefix("http://"),
            "AZURE_POD_IDENTITY_AUTHORITY_HOST": cloud.address,
        }
        limits = {
            "VAULT_ENV_TIMEOUT": f"{LIMIT_S}s",
            "VAULT_AUTH_METHOD": method,
            "VAULT_CLIENT_TIMEOUT": "10s",
        }
        assert elapsed_s(lambda: refused_login(vault, **limits, **cloud_address)) < LIMIT_S + GRACE_S


@pytest.mark.parametrize("many", [6, 100])
def test_interim_answers_are_counted(many: int) -> None:
    with stand_in(in_turn(INTERIM * many + KV)) as server:
        (outcome,) = read(server, "a/data/b")
        assert "it does not end its interim answers" in str(outcome)


def test_a_few_interim_answers_are_read() -> None:
    with stand_in(in_turn(INTERIM * 5 + KV)) as server:
        assert fields(read(server, "a/data/b")[0]) == {"k": "v"}


def test_trailers_are_counted() -> None:
    body = b'{"data":{"k":1}}'
    chunks = CHUNKED + b"%x\r\n%s\r\n0\r\n" % (len(body), body)
    with stand_in(in_turn(chunks + b"T: t\r\n" * 20_000 + b"\r\n")) as server:
        assert "its trailers are too long" in str(read(server, "a/data/b")[0])
    with stand_in(in_turn(chunks + b"T: t\r\n" * 20 + b"\r\n")) as server:
        assert fields(read(server, "a/data/b")[0]) == {"k": "1"}


def sealed_until(seconds: float, then: Iterable[bytes]) -> Behaviour:
    """Answer as a sealed Vault for that time, and then with these answers."""
    began = time.monotonic()
    left = iter(then)

    def behave(stream: socket.socket, head: bytes) -> None:
        stream.sendall(answer("503 S") if time.monotonic() - began < seconds else next(left))

    return behave


@pytest.mark.parametrize("back_after_s", [0.1, 1.5, 2.7])
def test_a_vault_unsealed_just_before_the_timeout_is_still_read(back_after_s: float) -> None:
    sealed = sealed_until(back_after_s, itertools.chain([LOGIN], itertools.repeat(KV)))
    with stand_in(sealed) as server, closing(client(server, **USERPASS, VAULT_ENV_TIMEOUT="3s")) as vault:
        vault.login()
        assert fields(vault.read([("a/data/b", "")])[0]) == {"k": "v"}


@pytest.mark.timed
def test_the_timeout_is_used_up_and_not_passed() -> None:
    with stand_in(in_turn(answer("503 S"))) as server:
        waited_s = elapsed_s(lambda: refused_login(server, VAULT_ENV_TIMEOUT="3s"))
        assert 2.8 < waited_s < 3.2
        assert len(server.heads) < 15


@pytest.mark.parametrize("left_s", [0.0001, 0.05, 5.0])
def test_a_pause_leaves_at_least_half_of_the_time(left_s: float) -> None:
    deadline = Deadline(left_s)
    waited = Backoff(deadline).wait()
    assert waited == (left_s >= 0.1)
    assert not waited or deadline.remaining_s() > 0


def test_a_refusal_is_not_waited_for() -> None:
    with stand_in(in_turn(answer("400 B", b'{"errors":["no"]}'))) as server:
        with closing(client(server, **USERPASS)) as vault, pytest.raises(VaultEnvError):
            vault.login()
        assert len(server.heads) == 1
