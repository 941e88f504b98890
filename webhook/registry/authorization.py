"""The answer to a registry's challenge: Basic, or a Bearer token for pulling one repository.

https://distribution.github.io/distribution/spec/auth/token/ and …/oauth/ (identity tokens).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from vaultkube.deadline import Deadline
from webhook.registry.challenge import Challenge
from webhook.registry.credentials import Credential
from webhook.registry.documents import InvalidDocument, parse_document
from webhook.registry.failures import Kind, RegistryFailure
from webhook.registry.realm import Realm, RealmRule, may_have_credentials, parse_realm
from webhook.registry.reference import Host
from webhook.registry.transport import Reply, Request, Sender

_MAX_TOKEN_BODY = 64 * 1024
_MAX_TOKEN = 32 * 1024
_TOKEN68 = re.compile(r"[A-Za-z0-9._~+/-]+=*")
_DEFAULT_LIFE_S = 60.0
_CLIENT_ID = "vault-webhook"
_REFUSED = frozenset({400, 401, 403})
_NO_BEARER = frozenset({Kind.FORBIDDEN_REALM, Kind.INVALID_ANSWER})
_NO_OAUTH = frozenset({404, 405, 501})


@dataclass(frozen=True, slots=True)
class Token:
    """The value of an `Authorization` header, and its life."""

    header: str
    life_s: float

    def __repr__(self) -> str:
        return f"Token(life_s={self.life_s})"


@dataclass(frozen=True, slots=True)
class Access:
    """Access to one repository of a registry with one credential."""

    registry: Host
    scheme: str
    repository: str
    credential: Credential
    verify: bool


class Authorizer:
    """Answers the challenges of registries."""

    def __init__(self, sender: Sender, rules: Sequence[RealmRule]) -> None:
        self._sender = sender
        self._rules = rules

    def answer(self, challenges: Sequence[Challenge], access: Access, deadline: Deadline) -> Token:
        """Return the token to send: Bearer, or Basic if the registry also accepts it and Bearer cannot be used.

        Raises RegistryFailure: UNAUTHORIZED if neither is possible, FORBIDDEN_REALM, and those of the exchange.
        """
        by_scheme = {challenge.scheme: challenge for challenge in reversed(challenges)}
        basic = "basic" in by_scheme and not access.credential.anonymous
        if "bearer" in by_scheme:
            try:
                return self._bearer(parse_realm(by_scheme["bearer"]), access, deadline)
            except RegistryFailure as failure:
                if not basic or failure.kind not in _NO_BEARER:
                    raise
        if basic:
            return Token(access.credential.basic(), _DEFAULT_LIFE_S)
        raise RegistryFailure(
            Kind.UNAUTHORIZED, "the registry wants a credential, and accepts none of those found"
        )

    def _bearer(self, realm: Realm, access: Access, deadline: Deadline) -> Token:
        if access.scheme == "https" and realm.scheme != "https":
            raise RegistryFailure(Kind.FORBIDDEN_REALM, f"the realm {realm.host} is http, the registry https")
        credential = access.credential
        if not credential.anonymous and not may_have_credentials(realm, access.registry, self._rules):
            raise RegistryFailure(
                Kind.FORBIDDEN_REALM, f"the realm {realm.host} is not {access.registry}'s own"
            )
        scope = f"repository:{access.repository}:pull"
        if credential.identity_token:
            reply = self._sender.send(_refresh(realm, scope, access), deadline)
            if reply.status not in _NO_OAUTH:
                return _token(reply, realm.host)
        return _token(self._sender.send(_query(realm, scope, access), deadline), realm.host)


def _query(realm: Realm, scope: str, access: Access) -> Request:
    separator = "&" if "?" in realm.url else "?"
    parameters = {"service": realm.service, "scope": scope} if realm.service else {"scope": scope}
    headers = {} if access.credential.anonymous else {"Authorization": access.credential.basic()}
    url = realm.url + separator + urlencode(parameters)
    return Request("GET", url, _MAX_TOKEN_BODY, headers, verify=access.verify)


def _refresh(realm: Realm, scope: str, access: Access) -> Request:
    form = {
        "grant_type": "refresh_token",
        "service": realm.service,
        "scope": scope,
        "client_id": _CLIENT_ID,
        "refresh_token": access.credential.identity_token,
    }
    return Request("POST", realm.url, _MAX_TOKEN_BODY, form=form, verify=access.verify)


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
