"""Authorized requests to one repository of a registry, with one credential and under one deadline."""

from collections.abc import Callable
from typing import Protocol

from vaultkube.deadline import Deadline
from webhook.registry.authorization import Access, Authorizer, Token
from webhook.registry.challenge import parse_challenges
from webhook.registry.failures import Kind, RegistryFailure
from webhook.registry.manifests import ACCEPT
from webhook.registry.transport import Reply, Request, Sender


class TokenStore(Protocol):
    """Stores the token for this repository and credential between reads."""

    def load(self) -> Token | None: ...

    def save(self, token: Token | None) -> None: ...


class Repository:
    """Sends the requests of an ImageReader, and answers the registry's challenge once."""

    def __init__(
        self,
        sender: Sender,
        authorizer: Authorizer,
        access: Access,
        tokens: TokenStore,
        deadline: Deadline,
    ) -> None:
        self._sender = sender
        self._authorizer = authorizer
        self._access = access
        self._tokens = tokens
        self._deadline = deadline
        self._token = tokens.load()
        self._answered = False

    def get(self, path: str, limit_bytes: int) -> Reply:
        """Return the answer 200 to a GET of `manifests/…` or `blobs/…`; raise RegistryFailure."""
        return self._send(lambda: self._request("GET", path, limit_bytes))

    def head(self, path: str) -> Reply:
        """Return the answer 200 to a HEAD; raise RegistryFailure."""
        return self._send(lambda: self._request("HEAD", path, 0))

    def _send(self, request: Callable[[], Request]) -> Reply:
        reply = self._sender.send(request(), self._deadline)
        if reply.status == 401 and not self._answered:
            self._tokens.save(None)
            challenges = parse_challenges(reply.challenges)
            self._token = self._authorizer.answer(challenges, self._access, self._deadline)
            self._answered = True
            reply = self._sender.send(request(), self._deadline)
            if reply.status == 200:
                self._tokens.save(self._token)
        if reply.status in (401, 403):
            self._tokens.save(None)
            raise RegistryFailure(Kind.UNAUTHORIZED, f"the registry answered {reply.status}")
        if reply.status == 404:
            raise RegistryFailure(Kind.MANIFEST_UNKNOWN, "the registry answered 404")
        if reply.status != 200:
            raise RegistryFailure(Kind.INVALID_ANSWER, f"the registry answered {reply.status}")
        return reply

    def _request(self, method: str, path: str, limit_bytes: int) -> Request:
        headers = {"Accept": ACCEPT} if path.startswith("manifests/") else {}
        if self._token:
            headers["Authorization"] = self._token.header
        access = self._access
        url = f"{access.scheme}://{access.registry}/v2/{access.repository}/{path}"
        return Request(method, url, limit_bytes, headers, verify=access.verify)
