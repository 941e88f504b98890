"""Lists and watches with objects of the largest size, from a stand-in of the API server."""

from collections.abc import Iterator
from contextlib import suppress
from http.server import ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.servers.serving import QuietHandler, serving
from vaultkube.apiserver.access import Right
from vaultkube.apiserver.client import Cluster
from vaultkube.apiserver.kubeconfig import Connection
from vaultkube.apiserver.pages import pages_of
from vaultkube.apiserver.resources import Resource
from vaultkube.apiserver.transport import Request
from vaultkube.apiserver.watching import watch
from vaultkube.deadline import Deadline
from vaultkube.errors import AnswerTooLong
from vaultsync.cluster.objects import Objects

WORKLOADS = Resource("apps", "v1", "deployments")


_SPEC = r"\u003c" * 1_500_000
"""JSON's text of as many `<` as etcd stores of an object."""


def _workload(number: int) -> str:
    return f'{{"metadata": {{"name": "{number}"}}, "spec": "{_SPEC}"}}'


class _Handler(QuietHandler):
    """Three workloads of the largest size."""

    limits: list[int]

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        if "watch" in query:
            return self._answer(
                "".join(f'{{"type": "ADDED", "object": {_workload(each)}}}\n' for each in range(2))
            )
        limit = int(query["limit"][0])
        self.limits.append(limit)
        first = int((query.get("continue") or ["0"])[0])
        following = str(first + limit) if first + limit < 3 else ""
        items = ",".join(_workload(each) for each in range(first, min(first + limit, 3)))
        return self._answer(
            f'{{"items": [{items}], "metadata": {{"resourceVersion": "7", "continue": "{following}"}}}}'
        )

    def _answer(self, text: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        with suppress(BrokenPipeError, ConnectionResetError):
            self.wfile.write(text.encode())


@pytest.fixture
def limits() -> list[int]:
    return []


@pytest.fixture
def connection(limits: list[int]) -> Iterator[Connection]:
    handler = type("Handler", (_Handler,), {"limits": limits})
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), handler)) as server:
        yield Connection(f"http://127.0.0.1:{server.server_port}")


def test_objects_of_the_largest_size_make_the_pages_of_a_list_smaller(
    connection: Connection, limits: list[int]
) -> None:
    listed = Objects(Cluster(connection)).list(
        WORKLOADS, Deadline(60), trim=lambda document: document["metadata"]
    )
    assert [each["name"] for each in listed.documents] == list("012")
    assert (listed.version, limits[:5]) == ("7", [500, 125, 31, 7, 1])


def test_other_lists_are_read_in_smaller_parts_too(connection: Connection) -> None:
    found = Cluster(connection).list_objects("apps/v1", "deployments", "", Deadline(60))
    assert sum(1 for _ in found) == 3


def test_an_object_of_the_largest_size_does_not_end_a_watch(connection: Connection) -> None:
    begun: list[int] = []
    changes = watch(connection, WORKLOADS.path(), {}, "application/json", 30, lambda: begun.append(1))
    assert [change.document["metadata"]["name"] for change in changes] == ["0", "1"]
    assert begun == [1]


def test_an_answer_that_is_too_long_is_an_error_of_its_own(connection: Connection) -> None:
    request = Request("GET", f"{WORKLOADS.path()}?limit=2", "deployments", Right("list", "deployments"))
    with pytest.raises(AnswerTooLong, match="deployments is longer than"):
        Cluster(connection).send(request, Deadline(60))


def test_pages_grow_again_behind_a_large_object_and_never_beyond_the_first() -> None:
    limits: list[int] = []

    def read(limit: int, continue_: str) -> dict[str, object]:
        limits.append(limit)
        first = int(continue_ or 0)
        if first <= 5 < first + limit and limit > 1:
            raise AnswerTooLong("too long")
        end = first + limit
        return {
            "items": list(range(first, min(end, 30))),
            "metadata": {"continue": str(end) if end < 30 else ""},
        }

    items = [each for page in pages_of(8, read) for each in page["items"]]
    assert (items, max(limits)) == (list(range(30)), 8)


def test_a_single_object_without_room_is_an_error() -> None:
    def read(_limit: int, _continue: str) -> None:
        raise AnswerTooLong("too long")

    with pytest.raises(AnswerTooLong):
        list(pages_of(100, read))
