"""The listener on 127.0.0.1 for programs with their own requests to Vault: adds the agent's token, caches leased answers.

Connections, heads, bodies and cached answers are limited, and so is the time that a connection may be silent.
"""

from __future__ import annotations

import time
from _thread import allocate_lock, start_new_thread

from vaultenv.agent.bell import Bell
from vaultenv.agent.cache import Cache
from vaultenv.agent.requests import (
    NAMESPACE,
    NotServed,
    Passed,
    RequestReader,
    answered,
    field_text,
    refused,
)
from vaultenv.agent.upstream import ANSWER_S, NoAnswer, Upstream
from vaultenv.agent_settings import FALSE, FORCE
from vaultenv.basics.files import reason
from vaultenv.client.failures import WireFailure
from vaultenv.client.http import HEAD
from vaultenv.client.listening import Listening
from vaultenv.errors import InvalidSetting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from vaultenv.agent.parts import Parts
    from vaultenv.agent_settings import Listener as ListenerSettings
    from vaultenv.client.connection import Connection
    from vaultenv.client.http import Answer

CONNECTIONS = 16
_SILENT_S = 60.0
_LONGEST_WAIT_S = 3600.0
_METHODS = ("GET", HEAD, "LIST", "POST", "PUT", "PATCH", "DELETE")
_QUIT = "/agent/v1/quit"


class Listener:
    """Serves each connection in a thread of its own; `end` ends the agent."""

    def __init__(self, parts: Parts, settings: ListenerSettings, end: Callable[[], None]) -> None:
        """Listen; raise InvalidSetting if the port cannot be used."""
        self._parts = parts
        self._settings = settings
        self._end = end
        self._cache = Cache()
        self._bell = Bell()
        self._lock = allocate_lock()
        self._connections = 0
        try:
            self._listening = Listening(settings.port)
        except OSError as error:
            raise InvalidSetting(
                f"the agent cannot listen on 127.0.0.1:{settings.port}: {reason(error)}: choose another port "
                "(agent-cache-listener-port)"
            ) from None

    def start(self) -> None:
        """Start to serve, in threads."""
        start_new_thread(self._accept, ())
        start_new_thread(self._keep, ())

    def _accept(self) -> None:
        while True:
            try:
                connection = self._listening.accept()
            except OSError:
                time.sleep(1.0)  # no free descriptor at the moment
                continue
            if not self._serve_in_thread(connection):
                self._refuse(connection)

    def _serve_in_thread(self, connection: Connection) -> bool:
        """Serve the connection in a thread; return False if there are too many of them."""
        with self._lock:
            if self._connections >= CONNECTIONS:
                return False
            self._connections += 1
        try:
            start_new_thread(self._serve, (connection,))
        except RuntimeError:  # the programs of the pod have as many threads as it may have
            with self._lock:
                self._connections -= 1
            return False
        return True

    def _refuse(self, connection: Connection) -> None:
        try:
            connection.send(
                refused(503, f"the agent serves {CONNECTIONS} connections at most"), time.monotonic() + 1
            )
        except WireFailure:
            return
        finally:
            connection.close()

    def _serve(self, connection: Connection) -> None:
        upstream = Upstream(self._parts.settings)
        try:
            self._serve_all(connection, upstream)
        except WireFailure:
            pass  # the program has closed the connection, or was silent for too long
        finally:
            connection.close()
            upstream.close()
            with self._lock:
                self._connections -= 1

    def _serve_all(self, connection: Connection, upstream: Upstream) -> None:
        reader = RequestReader(connection)
        while True:
            try:
                request = reader.next(time.monotonic() + _SILENT_S)
                if request is None:
                    return None
                connection.send(self._answer(request, upstream), time.monotonic() + _SILENT_S)
            except NotServed as refusal:
                connection.send(refused(refusal.status, refusal.why), time.monotonic() + _SILENT_S)
                return None
            if self._quits(request):
                self._parts.log.info("a program asks the agent to end")
                return self._end()
            if request.is_last:
                return None

    def _answer(self, request: Passed, upstream: Upstream) -> bytes:
        if self._quits(request):
            return answered(200, {}, b"")
        if _path(request).startswith("/agent/"):
            is_known = self._settings.quit and _path(request) == _QUIT
            return refused(405, "quit with POST") if is_known else refused(404, "the agent has nothing there")
        if request.method not in _METHODS:
            return refused(405, f"the agent passes on {', '.join(_METHODS)}")
        self._prepare(request)
        is_first = self._cache.enter(request, ANSWER_S)
        try:
            return self._found(request, upstream)
        finally:
            if is_first:
                self._cache.leave(request)

    def _found(self, request: Passed, upstream: Upstream) -> bytes:
        """Return the cached answer, or the answer of Vault."""
        cached = self._cache.find(request, time.monotonic())
        if cached:
            return answered(cached.status, {**cached.headers, "x-cache": "HIT"}, cached.body)
        try:
            answer = upstream.answer(request)
        except NoAnswer as error:
            return refused(502, f"the agent has no answer of Vault: {error}")
        if not self._cache.forget_revoked(request, answer) and self._is_ours(request):
            self._cache.take(request, answer, time.monotonic())
            self._bell.ring()
        return answered(answer.status, {**answer.headers, "x-cache": "MISS"}, answer.body, request.method)

    def _is_ours(self, request: Passed) -> bool:
        """Return whether the token is the agent's, or from an answer through it; answers for other tokens are not cached."""
        if not request.token:
            return request.target.startswith("/v1/auth/")
        return request.token == self._parts.vault.token or self._cache.knows(request.token)

    def _prepare(self, request: Passed) -> None:
        """Add the agent's token as configured, and the namespace of its login to a request without one."""
        is_added = self._settings.token == FORCE or (self._settings.token != FALSE and not request.token)
        if is_added and self._parts.vault.token:
            request.give(self._parts.vault.token)
        if self._parts.settings.namespace:
            request.fields.setdefault(NAMESPACE, field_text(self._parts.settings.namespace))

    def _quits(self, request: Passed) -> bool:
        """Return whether the request ends the agent."""
        return self._settings.quit and _path(request) == _QUIT and request.method in ("POST", "PUT")

    def _keep(self) -> None:
        """Renew the cached answers, in a thread of its own."""
        upstream = Upstream(self._parts.settings)

        def send(path: str, body: str, token: str) -> Answer | None:
            fields = {"x-vault-token": token, "content-type": "application/json"}
            if self._parts.settings.namespace:
                fields[NAMESPACE] = field_text(self._parts.settings.namespace)
            try:
                return upstream.answer(Passed("PUT", f"/v1/{path}", fields, body.encode(), is_last=False))
            except NoAnswer:
                return None

        while True:
            self._bell.wait(min(_LONGEST_WAIT_S, self._cache.due_at() - time.monotonic()))
            self._cache.renew(send, time.monotonic())


def _path(request: Passed) -> str:
    return request.target.partition("?")[0]
