"""Requests to one API server: their answers, the rights that they need, and the connections that carry them.

https://kubernetes.io/docs/reference/using-api/api-concepts/
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

import requests

from vaultkube.apiserver.access import Right
from vaultkube.apiserver.kubeconfig import Connection
from vaultkube.apiserver.pages import pages_of
from vaultkube.deadline import Deadline
from vaultkube.errors import AnswerTooLong, ClusterUnavailable, MissingRight
from vaultkube.net.bounded import BoundedClient
from vaultkube.net.failures import verification_problem
from vaultkube.net.room import NoRoom

_CONFLICT = 409
_BODY_LIMIT = 10 << 20
"""More than the largest object: etcd limits it to 1.5 MiB, and JSON may escape a character such as `<` as six."""
_PAGE = 500
JSON = "application/json"
METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
"""An object with only its metadata, as in each change of a watch."""
METADATA_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
"""Objects without spec and status: https://kubernetes.io/docs/reference/using-api/api-concepts/#metadata-only-fetches"""


@dataclass(frozen=True)
class Request:
    """A request that needs `right`; `what` names it in errors."""

    method: str
    path: str
    what: str
    right: Right
    body: Mapping[str, object] | Sequence[object] | None = None
    accept: str = JSON
    content_type: str = JSON


@dataclass(frozen=True)
class Answer:
    """The status of an answer, and its JSON object, empty for any other body."""

    status: int
    document: Mapping[str, Any]


class Transport:
    """Sends requests to one API server; safe to share between threads. `caller` is the user in messages on missing rights."""

    def __init__(
        self,
        connection: Connection,
        strict_tls: bool,
        caller: str,
        observe: Callable[[str, float], None],
    ) -> None:
        """`observe` is called with each request's outcome, ok, refused or unavailable, and the seconds that it took."""
        self._observe = observe
        self._caller = caller
        self._connection = connection
        self._strict_tls = strict_tls
        self._bounded_client: BoundedClient | None = None
        self._version: list[int] = []

    def send(self, request: Request, deadline: Deadline) -> Answer:
        """Return the answer of any status; raise ClusterUnavailable."""
        started, outcome = time.monotonic(), "unavailable"
        try:
            answer = self._answer(request, deadline)
            outcome = "ok" if answer.status < 400 else "refused" if answer.status < 500 else "unavailable"
            return answer
        finally:
            self._observe(outcome, time.monotonic() - started)

    def find(self, request: Request, deadline: Deadline) -> Mapping[str, Any] | None:
        """Return the answer's document, or None for status 404; raise ClusterUnavailable or MissingRight."""
        return self._document(request, self.send(request, deadline))

    def fetch(self, request: Request, deadline: Deadline) -> Mapping[str, Any]:
        """Return the answer's document; raise MissingRight, or ClusterUnavailable, also for status 404."""
        document = self.find(request, deadline)
        if document is None:
            raise ClusterUnavailable(f"the API server answered 404 for {request.what}; try again")
        return document

    def write(self, request: Request, deadline: Deadline) -> bool:
        """Send a write; return False if the object was changed or deleted meanwhile; raise ClusterUnavailable or MissingRight."""
        answer = self.send(request, deadline)
        return answer.status != _CONFLICT and self._document(request, answer) is not None

    def pages(
        self, request: Request, deadline: Deadline, limit: int = _PAGE, *, may_be_unknown: bool = False
    ) -> Iterator[Mapping[str, Any]]:
        """Return the pages of a list; the path of the request must end with `?` or `&`.

        With `may_be_unknown` there are no pages if the API server does not know the kind; else that is ClusterUnavailable.
        """

        def read(size: int, continue_: str) -> Mapping[str, Any] | None:
            path = f"{request.path}limit={size}&continue={quote(continue_, safe='')}"
            part = replace(request, path=path)
            return (self.find if may_be_unknown and not continue_ else self.fetch)(part, deadline)

        return pages_of(limit, read)

    def _document(self, request: Request, answer: Answer) -> Mapping[str, Any] | None:
        if answer.status == 404:
            return None
        if answer.status == 403:
            raise MissingRight(
                f"{self._caller} may not {request.right} (for {request.what}); "
                "bind the ClusterRole that lets it: docs/security.md"
            )
        if answer.status not in (200, 201):
            raise ClusterUnavailable(f"the API server answered {answer.status} for {request.what}; try again")
        return answer.document

    def _answer(self, request: Request, deadline: Deadline) -> Answer:
        try:
            try:
                return self._exchange(request, deadline)
            except (requests.ConnectionError, requests.Timeout):
                if deadline.passed():
                    raise
                # The keep-alive connection may be dead; every request here can be sent twice.
                return self._exchange(request, deadline)
        except NoRoom as error:
            raise AnswerTooLong(
                f"the API server's answer for {request.what} is longer than {_BODY_LIMIT} bytes"
            ) from error
        except (requests.RequestException, OSError, ValueError) as error:
            reason = verification_problem(error)
            cause = type(error).__name__ + (f": {reason}" if reason else "")
            raise ClusterUnavailable(
                f"the API server did not answer for {request.what} ({cause}); try again"
            ) from error

    def _exchange(self, request: Request, deadline: Deadline) -> Answer:
        if not deadline.remaining_s():
            raise ClusterUnavailable(f"no time was left to read {request.what}; try again")
        prepared = requests.Request(
            request.method,
            self._connection.server + request.path,
            headers={**self._connection.headers(), "Accept": request.accept},
            json=request.body,
        ).prepare()
        if request.body is not None:
            prepared.headers["Content-Type"] = request.content_type
        response = self._client().exchange(prepared, deadline.remaining_s())
        return Answer(response.status_code, _document(response))

    def _client(self) -> BoundedClient:
        """Return the client for the present CA and certificate in the files, which may have been rotated."""
        ca, certificate = self._connection.ca, self._connection.client_certificate
        version = [pem.version() for pem in (ca, *(certificate or ()))]
        if self._bounded_client is None or version != self._version:
            context = self._connection.tls_context(strict=self._strict_tls)
            name = self._connection.server_name
            self._bounded_client = BoundedClient(context, _BODY_LIMIT, repeats=True, server_name=name)
            self._version = version
        return self._bounded_client


def _document(response: requests.Response) -> Mapping[str, Any]:
    is_json = response.headers.get("Content-Type", "").startswith("application/json")
    document = json.loads(response.content) if is_json else {}
    return document if isinstance(document, dict) else {}
