"""The answer to a registry's challenge: Basic, or a Bearer token for pulling one repository.

https://distribution.github.io/distribution/spec/auth/token/ and …/oauth/ (identity tokens).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlencode

from vaultkube.deadline import Deadline
from webhook.registry.challenge import Challenge
from webhook.registry.credentials import Credential
from webhook.registry.documents import InvalidDocument, parse_document
from webhook.registry.failures import Kind, RegistryFailure
from webhook.registry.realm import Realm, RealmRule, may_have_credentials, parse_realm
from webhook.registry.reference import Host
from webhook.registry.transport import Reply, Request

_MAX_TOKEN_BODY = 64 * 1024
_MAX_TOKEN = 32 * 1024
_TOKEN68 = re.compile(r"[A-Za-z0-9._~+/-]+=*")
_DEFAULT_LIFE_S = 60.0
_CLIENT_ID = "vault-webhook"
_REFUSED = frozenset({400, 401, 403})
_NO_BEARER = frozenset({Kind.FORBIDDEN_REALM, Kind.INVALID_ANSWER})
_NO_OAUTH = frozenset({404, 405, 501})


class Asker(Protocol):
    """Sends a request and waits for its answer: Exchange."""

    def ask(self, request: Request, deadline: Deadline) -> Reply: ...


@dataclass(frozen=True, slots=True)
class Token:
    """The value of an `Authorization` header and for how many seconds it is good."""

    header: str
    life_s: float

    def __repr__(self) -> str:
        return f"Token(life_s={self.life_s})"


@dataclass(frozen=True, slots=True)
class Subject:
    """Who wants to read what."""

    registry: Host
    scheme: str
    repository: str
    credential: Credential
    verify: bool


class Authorizer:
    """Answers challenges."""

    def __init__(self, asker: Asker, rules: Sequence[RealmRule] = ()) -> None:
        self._asker = asker
        self._rules = rules

    def answer(self, challenges: Sequence[Challenge], subject: Subject, deadline: Deadline) -> Token:
        """Return what to send; Bearer before Basic, which the registry has where Bearer cannot be used.

        Raises RegistryFailure: UNAUTHORIZED where there is no way, FORBIDDEN_REALM, and those of the
        exchange.
        """
        by_scheme = {challenge.scheme: challenge for challenge in reversed(challenges)}
        basic = "basic" in by_scheme and not subject.credential.anonymous
        if "bearer" in by_scheme:
            try:
                return self._bearer(parse_realm(by_scheme["bearer"]), subject, deadline)
            except RegistryFailure as failure:
                if not basic or failure.kind not in _NO_BEARER:
                    raise
        if basic:
            return Token(subject.credential.basic(), _DEFAULT_LIFE_S)
        raise RegistryFailure(
            Kind.UNAUTHORIZED, "the registry wants a credential and there is none that it takes"
        )

    def _bearer(self, realm: Realm, subject: Subject, deadline: Deadline) -> Token:
        if subject.scheme == "https" and realm.scheme != "https":
            raise RegistryFailure(Kind.FORBIDDEN_REALM, f"the realm {realm.host} is http, the registry https")
        credential = subject.credential
        if not credential.anonymous and not may_have_credentials(realm, subject.registry, self._rules):
            raise RegistryFailure(
                Kind.FORBIDDEN_REALM, f"the realm {realm.host} is not {subject.registry}'s own"
            )
        scope = f"repository:{subject.repository}:pull"
        if credential.identity_token:
            reply = self._asker.ask(_refresh(realm, scope, subject), deadline)
            if reply.status not in _NO_OAUTH:
                return _token(reply, realm.host)
        return _token(self._asker.ask(_query(realm, scope, subject), deadline), realm.host)


def _query(realm: Realm, scope: str, subject: Subject) -> Request:
    separator = "&" if "?" in realm.url else "?"
    parameters = {"service": realm.service, "scope": scope} if realm.service else {"scope": scope}
    headers = {} if subject.credential.anonymous else {"Authorization": subject.credential.basic()}
    url = realm.url + separator + urlencode(parameters)
    return Request("GET", url, _MAX_TOKEN_BODY, headers, verify=subject.verify)


def _refresh(realm: Realm, scope: str, subject: Subject) -> Request:
    form = {
        "grant_type": "refresh_token",
        "service": realm.service,
        "scope": scope,
        "client_id": _CLIENT_ID,
        "refresh_token": subject.credential.identity_token,
    }
    return Request("POST", realm.url, _MAX_TOKEN_BODY, form=form, verify=subject.verify)


def _token(reply: Reply, host: Host) -> Token:
    server = f"the token server {host}"
    if reply.status in _REFUSED:
        raise RegistryFailure(Kind.UNAUTHORIZED, f"{server} answered {reply.status}")
    if reply.status != 200:
        raise RegistryFailure(Kind.INVALID_ANSWER, f"{server} answered {reply.status}")
    if not reply.complete:
        raise RegistryFailure(Kind.INVALID_ANSWER, f"{server}: longer than {_MAX_TOKEN_BODY} bytes")
    try:
        answer = parse_document(reply.body)
    except InvalidDocument as error:
        raise RegistryFailure(Kind.INVALID_ANSWER, f"{server}: {error}") from None
    value = answer.get("token") or answer.get("access_token")
    if not isinstance(value, str) or len(value) > _MAX_TOKEN or not _TOKEN68.fullmatch(value):
        raise RegistryFailure(Kind.INVALID_ANSWER, f"{server}: the answer holds no usable token")
    life_s = answer.get("expires_in")
    usable = isinstance(life_s, int | float) and not isinstance(life_s, bool) and 0 < life_s < 1e9
    return Token(f"Bearer {value}", float(life_s) if usable else _DEFAULT_LIFE_S)  # type: ignore[arg-type]
