"""The real `vault-webhook serve`: slow and hostile clients, the end under load, certificates, workers."""

import base64
import http.client
import json
import os
import signal
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

import pytest

from bench.webhook.pod import review
from tests.servers.authority import Authority
from tests.servers.process import stopping
from tests.webhook.served import Served, running
from vaultkube.net.strangers import MOST_OF_A_SOURCE
from webhook.config.annotation_keys import PREFIX
from webhook.serving.app import BODY_LIMIT

pytestmark = pytest.mark.long

WORKERS, THREADS = 2, 4
MANY = 5 * WORKERS * THREADS
"""More slow clients than all workers have threads."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Served]:
    with running(tmp_path_factory.mktemp("webhook"), authority) as webhook:
        yield webhook


@pytest.fixture
def own(tmp_path: Path, authority: Authority) -> Iterator[Served]:
    """Yield a webhook that a test may end."""
    with running(tmp_path / "webhook", authority) as webhook:
        yield webhook


class Client:
    """One kept connection, as the API server has them."""

    def __init__(self, served: Served) -> None:
        context = ssl.create_default_context(cafile=str(served.ca_file))
        self.connection = http.client.HTTPSConnection("127.0.0.1", served.port, timeout=20, context=context)
        self.connection.connect()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def send(self, body: bytes, path: str = "/pods", **headers: str) -> tuple[int, bytes, bool]:
        """Return status and body of the answer, and whether the connection must be closed."""
        self.connection.request("POST", path, body, {"Content-Type": "application/json", **headers})
        answer = self.connection.getresponse()
        return answer.status, answer.read(), answer.getheader("Connection", "").lower() == "close"

    def get(self, path: str) -> bytes:
        """Return the body of a GET."""
        self.connection.request("GET", path)
        return self.connection.getresponse().read()


def allowed(served: Served) -> bool:
    """Return whether a review on a new connection is answered."""
    with Client(served) as client:
        status, body, _ = client.send(review())
    return status == 200 and json.loads(body)["response"]["allowed"] is True


def raw(served: Served) -> socket.socket:
    return socket.create_connection(("127.0.0.1", served.port), timeout=20)


def greeted(served: Served) -> ssl.SSLSocket:
    return greet(served, raw(served))


def greet(served: Served, connection: socket.socket) -> ssl.SSLSocket:
    context = ssl.create_default_context(cafile=str(served.ca_file))
    return context.wrap_socket(connection, server_hostname="127.0.0.1")


def hello() -> bytes:
    """Return the first bytes of a handshake."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    session = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        session.do_handshake()
    return outgoing.read()


HEAD = b"POST /pods HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


def nothing(served: Served) -> socket.socket:
    return raw(served)


def half_a_hello(served: Served) -> socket.socket:
    connection, words = raw(served), hello()
    connection.sendall(words[: len(words) // 2])
    return connection


def only_a_handshake(served: Served) -> socket.socket:
    return greeted(served)


def half_the_headers(served: Served) -> socket.socket:
    connection = greeted(served)
    connection.sendall(HEAD)
    return connection


def half_a_body(served: Served) -> socket.socket:
    connection = greeted(served)
    connection.sendall(HEAD + b"Content-Length: 1000\r\n\r\n" + b"x" * 500)
    return connection


def message(path: str = "/pods") -> bytes:
    """Return a whole request with a review."""
    body = review()
    head = HEAD.replace(b"/pods", path.encode())
    return head + f"Content-Length: {len(body)}\r\n\r\n".encode() + body


def answer(connection: socket.socket) -> tuple[int, bytes]:
    """Return status and body of the next answer on the connection."""
    response = response_of(connection)
    return response.status, response.read()


def response_of(connection: socket.socket) -> HTTPResponse:
    """Return the next answer on the connection, with its head read."""
    response = HTTPResponse(connection)
    response.begin()
    return response


def half_of_the_next_request(served: Served) -> socket.socket:
    connection = greeted(served)
    connection.sendall(message())
    assert answer(connection)[0] == 200
    connection.sendall(HEAD)
    return connection


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Served]:
    """Yield a webhook with a single thread."""
    settings = {"WORKERS": "1", "THREADS": "1"}
    with running(tmp_path_factory.mktemp("narrow"), authority, settings) as webhook:
        yield webhook


@pytest.mark.parametrize(
    "client", [nothing, only_a_handshake, half_the_headers, half_a_body, half_of_the_next_request]
)
@pytest.mark.timed
def test_connections_without_a_whole_request_occupy_no_thread(
    narrow: Served, client: Callable[[Served], socket.socket]
) -> None:
    with ExitStack() as stack:
        for _ in range(MANY):
            stack.enter_context(client(narrow))
        started = time.monotonic()
        assert allowed(narrow)
        assert time.monotonic() - started < 4


@pytest.fixture
def unanswered(tmp_path: Path, authority: Authority) -> Iterator[Served]:
    """Yield a webhook with a single thread and an API server that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        settings = {"WORKERS": "1", "THREADS": "1"}
        with running(tmp_path / "webhook", authority, settings, api_server=address) as webhook:
            yield webhook


def answered_meanwhile(served: Served) -> int:
    """Return how many reviews on new connections, of 20, are answered while one waits for the API server."""
    needy = json.loads(review())
    needy["request"]["object"]["spec"]["containers"][0]["envFrom"] = [{"secretRef": {"name": "s"}}]
    answers: list[bytes] = []
    with Client(served) as waiting:
        thread = threading.Thread(
            target=lambda: answers.append(waiting.send(json.dumps(needy).encode(), "/pods?timeout=9s")[1])
        )
        thread.start()
        count = sum(allowed(served) and not answers for _ in range(20))
        thread.join()
    assert "the API server did not answer" in json.loads(answers[0])["response"]["status"]["message"]
    return count


@pytest.mark.timed
def test_a_review_that_waits_for_the_api_server_delays_no_other(unanswered: Served) -> None:
    for _ in range(5):
        assert allowed(unanswered)
    # Rarely, the machine makes a short decision need more than 5 ms of processor time, and so a thread.
    assert any(answered_meanwhile(unanswered) == 20 for _ in range(3))


@pytest.mark.parametrize("ends", ["it", "the webhook"])
@pytest.mark.timed
def test_a_client_that_leaves_its_side_open_delays_no_other(narrow: Served, ends: str) -> None:
    with Client(narrow) as other, greeted(narrow) as half_closed:
        assert other.send(review())[0] == 200
        if ends == "it":
            half_closed.sendall(message())
            assert answer(half_closed)[0] == 200
            half_closed.setblocking(False)
            with suppress(OSError):  # no answer yet, or the webhook's end already
                half_closed.unwrap()  # says that no more comes
        else:
            half_closed.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            assert half_closed.recv(65536).startswith(b"HTTP/1.1 200")
        started = time.monotonic()
        for _ in range(5):
            time.sleep(0.05)
            assert other.send(review())[0] == 200
        assert time.monotonic() - started < 1.5


@pytest.mark.timed
def test_a_client_that_does_not_send_the_body_of_an_unusual_request_takes_no_thread(narrow: Served) -> None:
    with Client(narrow) as api_server, ExitStack() as stack:
        assert api_server.send(review())[0] == 200
        for _ in range(5):
            stranger = stack.enter_context(greeted(narrow))
            stranger.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n")
        time.sleep(0.5)
        started = time.monotonic()
        assert api_server.send(big(100_000))[0] == 200  # more than is decided about in the poller's thread
        assert time.monotonic() - started < 4


@pytest.mark.timed
def test_a_connection_that_was_dialled_early_is_served_later(narrow: Served) -> None:
    """The API server makes more connections than it needs at once, and uses them within 90 s."""
    early = [greeted(narrow) for _ in range(3)]
    time.sleep(7)
    for connection in early:
        with connection:
            connection.sendall(message())
            assert answer(connection)[0] == 200


@pytest.mark.timed
@pytest.mark.parametrize("client", [nothing, half_a_hello, half_the_headers, half_of_the_next_request])
def test_a_connection_that_stops_within_a_handshake_or_request_is_closed_after_some_seconds(
    narrow: Served, client: Callable[[Served], socket.socket]
) -> None:
    started = time.monotonic()
    with client(narrow) as connection, suppress(ConnectionError):
        assert connection.recv(1) == b""
    assert 3 < time.monotonic() - started < 9


@pytest.mark.timed
def test_silent_connections_do_not_delay_the_end_of_the_webhook(own: Served) -> None:
    with ExitStack() as stack:
        for client in (nothing, only_a_handshake):
            stack.enter_context(client(own))
        assert allowed(own)
        own.process.send(signal.SIGTERM)
        own.process.wait_until(lambda: not own.process.running(), timeout_s=8)


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Served]:
    """Yield a webhook with fewer threads than slow clients."""
    settings = {"WORKERS": str(WORKERS), "THREADS": str(THREADS)}
    with running(tmp_path_factory.mktemp("crowded"), authority, settings) as webhook:
        yield webhook


@pytest.mark.parametrize(
    "client",
    [nothing, half_a_hello, only_a_handshake, half_the_headers, half_a_body, half_of_the_next_request],
)
@pytest.mark.timed
def test_others_are_served_while_many_clients_stop_halfway(
    crowded: Served, client: Callable[[Served], socket.socket]
) -> None:
    started = time.monotonic()
    with ExitStack() as stack:
        for _ in range(MANY):
            stack.enter_context(client(crowded))
        assert allowed(crowded)
        assert crowded.healthy()
        assert time.monotonic() - started < 5


@pytest.mark.parametrize("client", [half_a_hello, half_the_headers, half_a_body])
@pytest.mark.timed
def test_a_client_that_stops_halfway_is_disconnected(
    served: Served, client: Callable[[Served], socket.socket]
) -> None:
    with client(served) as connection:
        try:
            end = connection.recv(65536)
        except OSError:
            end = b""
        assert end == b"" or end.startswith(b"HTTP/1.1 400")


@pytest.mark.timed
def test_an_idle_connection_of_the_api_server_stays_open(served: Served) -> None:
    with greeted(served) as connection:
        for pause_s in (0, 11):
            time.sleep(pause_s)
            connection.sendall(message())
            assert answer(connection)[0] == 200


def test_a_request_may_come_in_small_pieces(served: Served) -> None:
    body = review()
    message = HEAD + f"Content-Length: {len(body)}\r\n\r\n".encode() + body
    with greeted(served) as connection:
        for start in range(0, len(message), 700):
            connection.sendall(message[start : start + 700])
            time.sleep(0.01)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")


def test_a_long_answer_reaches_a_slow_client(narrow: Served) -> None:
    document = json.loads(review())
    spec, metadata = document["request"]["object"]["spec"], document["request"]["object"]["metadata"]
    spec["containers"] = [{"name": f"c{number}", "image": "i", "command": ["/c"]} for number in range(100)]
    metadata["annotations"][PREFIX + "vault-env-from-path"] = ",".join(
        f"kv/data/{number}" for number in range(1000)
    )
    body = json.dumps(document).encode()
    assert len(body) < 32_768
    with raw(narrow) as plain:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        context = ssl.create_default_context(cafile=str(narrow.ca_file))
        with context.wrap_socket(plain, server_hostname="127.0.0.1") as connection:
            message = HEAD + f"Content-Length: {len(body)}\r\n\r\n".encode() + body
            for _ in range(2):
                connection.sendall(message)
                time.sleep(0.5)
                assert allowed(narrow)
                answer = HTTPResponse(connection)
                answer.begin()
                response = json.loads(answer.read())["response"]
                assert len(base64.b64decode(response["patch"])) > 1_000_000


@pytest.mark.timed
def test_a_request_sent_too_slowly_is_dropped(served: Served) -> None:
    with greeted(served) as connection, pytest.raises(OSError):
        for byte in HEAD:
            connection.sendall(bytes([byte]))
            time.sleep(0.2)


def test_two_requests_sent_at_once_are_both_answered(served: Served) -> None:
    with greeted(served) as connection:
        connection.sendall(message() * 2)
        received = b""
        while received.count(b"HTTP/1.1 200") < 2:
            received += connection.recv(65536)


def test_a_chunked_request_is_answered(served: Served) -> None:
    body = review()
    pieces = iter([body[:1000], body[1000:]])
    with Client(served) as client:
        client.connection.request(
            "POST", "/pods", pieces, {"Transfer-Encoding": "chunked"}, encode_chunked=True
        )
        assert json.loads(client.connection.getresponse().read())["response"]["allowed"]


def big(length: int) -> bytes:
    document = json.loads(review())
    document["request"]["object"]["metadata"]["annotations"]["filler"] = ""
    missing = length - len(json.dumps(document).encode())
    document["request"]["object"]["metadata"]["annotations"]["filler"] = "x" * missing
    return json.dumps(document).encode()


def test_others_are_served_while_the_longest_bodies_come(served: Served) -> None:
    body, statuses = big(BODY_LIMIT), []

    def send() -> None:
        with Client(served) as client:
            statuses.append(client.send(body)[0])

    senders = [threading.Thread(target=send) for _ in range(3)]
    for sender in senders:
        sender.start()
    assert allowed(served)
    for sender in senders:
        sender.join()
    assert statuses == [200, 200, 200]


def test_a_longer_body_is_refused_before_it_is_read(served: Served) -> None:
    with greeted(served) as connection:
        connection.sendall(HEAD + f"Content-Length: {BODY_LIMIT + 1}\r\n\r\n".encode())
        assert connection.recv(65536).startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b'{"request":{}}'])
def test_a_body_without_a_review_is_a_bad_request(served: Served, body: bytes) -> None:
    with Client(served) as client:
        assert client.send(body)[0] == 400
        assert client.send(review())[0] == 200


def test_no_http_is_answered_or_closed(served: Served) -> None:
    with greeted(served) as connection:
        try:
            connection.sendall(b"\x00" * 100_000)
            answer = connection.recv(65536)
        except OSError:
            answer = b""
        assert not answer or answer.startswith(b"HTTP/1.1 4")
    assert allowed(served)


def test_twenty_five_idle_connections_of_the_api_server_are_all_served_again(served: Served) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(Client(served)) for _ in range(25)]
        for _ in range(2):
            assert {client.send(review())[0] for client in clients} == {200}


class Hammer(threading.Thread):
    """Sends reviews on one kept connection until the server closes it, and records errors."""

    def __init__(self, served: Served) -> None:
        super().__init__()
        self.answered = 0
        self.closed = False
        self.enough = threading.Event()
        self.problem: Exception | None = None
        self._client = Client(served)

    def run(self) -> None:
        try:
            while not self.closed and not self.enough.is_set():
                status, _, self.closed = self._client.send(review())
                assert status == 200
                self.answered += 1
        except Exception as error:
            self.problem = error
        finally:
            self._client.connection.close()


def test_no_request_is_lost_when_the_webhook_ends_under_load(own: Served) -> None:
    hammers = [Hammer(own) for _ in range(6)]
    for hammer in hammers:
        hammer.start()
    time.sleep(1)
    own.process.send(signal.SIGTERM)
    for hammer in hammers:
        hammer.join(timeout=20)
    assert [hammer.problem for hammer in hammers] == [None] * len(hammers)
    assert all(hammer.answered and hammer.closed for hammer in hammers)


def test_a_request_that_is_on_its_way_when_the_webhook_ends_is_answered(own: Served) -> None:
    body = review()
    with greeted(own) as connection:
        connection.sendall(HEAD + f"Content-Length: {len(body)}\r\n\r\n".encode() + body[:100])
        time.sleep(0.3)
        own.process.send(signal.SIGTERM)
        time.sleep(0.3)
        connection.sendall(body[100:])
        answer = connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 200"), own.process.tail()


def test_connections_that_wait_in_the_kernel_when_the_webhook_ends_are_answered(
    tmp_path: Path, authority: Authority
) -> None:
    """The worker accepts one connection at a time, and stands still while they are made."""
    with running(tmp_path / "webhook", authority, {"WORKERS": "1"}) as own, ThreadPoolExecutor(6) as callers:
        _, worker = own.pids()
        os.kill(worker, signal.SIGSTOP)
        waiting = [raw(own) for _ in range(6)]
        own.process.send(signal.SIGTERM)
        time.sleep(0.5)
        os.kill(worker, signal.SIGCONT)
        assert list(callers.map(lambda each: reviewed(own, each), waiting)) == [200] * 6


def reviewed(served: Served, waiting: socket.socket) -> int:
    """Return the status of a review on a new connection, and close it."""
    with greet(served, waiting) as connection:
        connection.sendall(message())
        return answer(connection)[0]


@pytest.mark.parametrize("used", [True, False], ids=["used", "never used"])
@pytest.mark.timed
def test_a_request_that_arrives_as_the_time_of_its_connection_ends_is_answered(
    used: bool, tmp_path: Path, authority: Authority
) -> None:
    """The worker stands still, as on a busy node: the request is in the kernel when it looks at its clock."""
    with running(tmp_path / "webhook", authority, {"WORKERS": "1"}) as own, greeted(own) as connection:
        _, worker = own.pids()
        if used:
            connection.sendall(message())
            assert answer(connection)[0] == 200
        time.sleep(0.3)
        own.process.send(signal.SIGTERM)
        time.sleep(0.5)
        os.kill(worker, signal.SIGSTOP)
        connection.sendall(message())
        time.sleep(2)
        os.kill(worker, signal.SIGCONT)
        assert answer(connection)[0] == 200


@pytest.mark.parametrize("used", [True, False], ids=["used", "never used"])
@pytest.mark.timed
def test_a_request_that_crosses_the_end_of_its_connection_is_to_be_sent_again(
    used: bool, own: Served
) -> None:
    """The API server does not send a review again whose connection was closed, but it does after this answer."""
    with greeted(own) as connection:
        if used:
            connection.sendall(message())
            assert answer(connection)[0] == 200
        time.sleep(0.3)
        own.process.send(signal.SIGTERM)
        time.sleep(3)  # the end is on its way to the client
        connection.sendall(message())
        response = response_of(connection)
        assert (response.status, response.getheader("Retry-After")) == (503, "1")
        assert connection.recv(1) == b""


def serial(served: Served) -> Any:
    with greeted(served) as connection:
        return connection.getpeercert()["serialNumber"]  # type: ignore[index]


def test_a_new_certificate_is_served_without_losing_a_request(own: Served, authority: Authority) -> None:
    before = serial(own)
    hammers = [Hammer(own) for _ in range(3)]
    for hammer in hammers:
        hammer.start()
    own.certificate.cert_file.write_text("half a file")
    assert serial(own) == before
    new = authority.issue("rotated")
    os.replace(new.key_file, own.certificate.key_file)
    os.replace(new.cert_file, own.certificate.cert_file)
    after = {serial(own) for _ in range(8)}
    for hammer in hammers:
        hammer.enough.set()
    for hammer in hammers:
        hammer.join(timeout=20)
    assert before not in after
    assert len(after) == 1
    assert [(hammer.problem, hammer.closed) for hammer in hammers] == [(None, False)] * 3
    assert all(hammer.answered for hammer in hammers)


def counted(served: Served) -> float:
    with Client(served) as client:
        lines = client.get("/metrics").decode().splitlines()
    wanted = 'vault_webhook_reviews_total{outcome="changed",resource="pods"}'
    return sum(float(line.split()[-1]) for line in lines if line.startswith(wanted))


def test_the_figures_of_both_workers_are_summed(own: Served) -> None:
    for _ in range(20):
        assert allowed(own)
    assert [counted(own) for _ in range(8)] == [20.0] * 8


def test_a_worker_that_is_killed_is_replaced_and_its_figures_stay(own: Served) -> None:
    for _ in range(10):
        assert allowed(own)
    master, first, second = own.pids()
    os.kill(first, signal.SIGKILL)
    own.process.wait_until(lambda: {master, second} < set(own.pids()) - {first})
    own.process.wait_until(own.healthy)
    assert allowed(own)
    assert counted(own) == 11
    with greeted(own) as stranger:
        stranger.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\nTransfer-Encoding: x\r\n\r\n")
        stranger.recv(65536)
    lines = [json.loads(line) for line in own.log_file.read_text().splitlines()]
    assert any("SIGKILL" in line["message"] and line["level"] == "error" for line in lines)


def test_the_files_of_killed_workers_do_not_pile_up(tmp_path: Path, authority: Authority) -> None:
    with stopping(Served(tmp_path / "webhook", authority, {"METRICS_DIR": str(tmp_path)})) as served:
        served.wait()
        for reviews in range(1, 5):
            assert allowed(served)
            assert counted(served) == reviews
            master, first, second = served.pids()
            os.kill(first, signal.SIGKILL)
            served.process.wait_until(lambda: {master, second} < set(served.pids()) - {first})  # noqa: B023
            served.process.wait_until(served.healthy)
        (folder,) = tmp_path.glob("vault-webhook-metrics-*")
        files = {file.stem.rpartition("_")[2] for file in folder.glob("*.db")}
        assert files <= {"dead", *map(str, served.pids())}
    assert not folder.exists()


@pytest.mark.timed
def test_the_webhook_at_rest_is_small(own: Served) -> None:
    for _ in range(50):
        assert allowed(own)
    found = (Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in own.pids())
    sizes_kib = [int(text.partition("Pss:")[2].split()[0]) for text in found]
    assert len(sizes_kib) == 3
    assert sum(sizes_kib) <= 80 * 1024


SEGMENT = "s3cret-path-" * 3 + "s3cret"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Served]:
    """Yield a webhook that answers only callers with the secret path."""
    folder = tmp_path_factory.mktemp("guarded")
    (folder / "path-segments").write_text(f"{SEGMENT}\n{'n' * 43}\n")
    with running(
        folder, authority, {"PATH_SEGMENTS_FILE": str(folder / "path-segments"), "THREADS": "4"}
    ) as webhook:
        yield webhook


def test_the_secret_path_is_answered(guarded: Served) -> None:
    with greeted(guarded) as connection:
        for _ in range(2):
            connection.sendall(message(f"/{SEGMENT}/pods"))
            status, body = answer(connection)
            assert (status, json.loads(body)["response"]["allowed"]) == (200, True)


@pytest.mark.parametrize(
    "path", ["/pods", "/wrong/pods", f"/{SEGMENT[:-1]}/pods", "/%73/pods", f"/{'n' * 42}/secrets"]
)
@pytest.mark.parametrize("form", ["plain", "chunked"])
def test_any_other_path_is_denied_and_the_connection_ends(guarded: Served, path: str, form: str) -> None:
    text = message(path)
    if form == "chunked":
        text = text.partition(b"Content-Length")[0] + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"
    with greeted(guarded) as connection:
        connection.sendall(text)
        status, body = answer(connection)
        assert status in (403, 404)
        assert b"vault:" not in body
        assert connection.recv(1) == b""


def test_a_denied_caller_is_refused_before_its_body_has_come(guarded: Served) -> None:
    with greeted(guarded) as connection:
        connection.sendall(HEAD + b"Content-Length: 8000000\r\n\r\n")
        assert answer(connection)[0] == 403


def test_denied_callers_are_counted_and_make_no_flood_of_lines(guarded: Served) -> None:
    before = guarded.log_file.read_text().count("denied")
    for _ in range(50):
        with greeted(guarded) as connection:
            connection.sendall(message())
            assert answer(connection)[0] == 403
    with Client(guarded) as client:
        figures = client.get("/metrics").decode()
    (line,) = [
        line for line in figures.splitlines() if line.startswith("vault_webhook_callers_denied_total ")
    ]
    assert float(line.split()[1]) >= 50
    assert guarded.log_file.read_text().count("denied") - before <= 2
    assert "vault_webhook_certificate_not_after_seconds" in figures


@pytest.fixture(scope="module")
def certified(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Served]:
    """Yield a webhook that answers only callers with a certificate of the CA."""
    with stopping(
        Served(
            tmp_path_factory.mktemp("certified"), authority, {"TLS_CLIENT_CA_FILE": str(authority.ca_file)}
        )
    ) as webhook:
        webhook.wait()
        yield webhook


def test_a_caller_needs_a_configured_client_certificate(certified: Served, authority: Authority) -> None:
    assert certified.healthy()
    with greeted(certified) as connection:
        connection.sendall(message())
        assert answer(connection)[0] == 403
    own = authority.issue("api-server")
    context = ssl.create_default_context(cafile=str(certified.ca_file))
    context.load_cert_chain(own.cert_file, own.key_file)
    with context.wrap_socket(raw(certified), server_hostname="127.0.0.1") as connection:
        connection.sendall(message())
        assert answer(connection)[0] == 200


def crowd(served: Served, stop: threading.Event) -> list[threading.Thread]:
    """Return running clients of each hostile kind, from another address than the API server's."""

    def hold(client: Callable[[Served], socket.socket], count: int) -> None:
        with ExitStack() as stack:
            while not stop.is_set():
                with suppress(OSError):
                    for _ in range(count):
                        stack.enter_context(client(served))
                stop.wait(0.2)
                stack.close()

    def drip() -> None:
        while not stop.is_set():
            with suppress(OSError), greeted(served) as connection:
                for byte in HEAD * 5:
                    connection.sendall(bytes([byte]))
                    if stop.is_set():
                        return

    kinds = [(nothing, 60), (half_a_hello, 20), (half_a_body, 20), (only_a_handshake, 20)]
    threads = [threading.Thread(target=hold, args=kind) for kind in kinds]
    threads += [threading.Thread(target=drip) for _ in range(3)]
    for thread in threads:
        thread.start()
    return threads


def test_the_api_server_is_served_on_its_connection_beside_a_crowd(guarded: Served) -> None:
    stop = threading.Event()
    with greeted(guarded) as connection:
        connection.sendall(message(f"/{SEGMENT}/pods"))
        assert answer(connection)[0] == 200
        threads = crowd(guarded, stop)
        try:
            for _ in range(30):
                connection.sendall(message(f"/{SEGMENT}/pods"))
                assert answer(connection)[0] == 200
                time.sleep(0.1)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
    with greeted(guarded) as connection:
        connection.sendall(message(f"/{SEGMENT}/pods"))
        assert answer(connection)[0] == 200


def test_clients_that_leave_after_the_handshake_end_no_other_connection(served: Served) -> None:
    """The request is sent in two records, so that there is nothing to read between them."""
    text = message()
    with greeted(served) as connection:
        for _ in range(20):
            for _ in range(3):
                greeted(served).close()
            connection.sendall(text[:2000])
            time.sleep(0.01)
            connection.sendall(text[2000:])
            assert answer(connection)[0] == 200


def test_a_connection_that_speaks_as_it_is_closed_for_a_newer_one_ends_no_other(
    tmp_path: Path, authority: Authority
) -> None:
    """The worker sees both at once, as it stands still meanwhile."""
    with running(tmp_path / "webhook", authority, {"WORKERS": "1"}) as own, ExitStack() as stack:
        _, worker = own.pids()
        known = stack.enter_context(greeted(own))
        known.sendall(message())
        assert answer(known)[0] == 200
        strangers = [stack.enter_context(raw(own)) for _ in range(MOST_OF_A_SOURCE)]
        time.sleep(1)
        os.kill(worker, signal.SIGSTOP)
        newer = [stack.enter_context(raw(own)) for _ in range(20)]
        for stranger in strangers:
            stranger.sendall(b"\x16")
        os.kill(worker, signal.SIGCONT)
        known.sendall(message())
        assert answer(known)[0] == 200
        assert newer and own.pids() == [own.process.pid, worker]
