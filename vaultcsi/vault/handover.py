"""A handover: the tokens and leases of one provider, as bytes for the next one on the same node. Pure except for locks.

A lease that is not renewed ends, and its pod may never request another one. So a provider that takes over the socket
receives the tokens and leases of the previous one, from memory to memory. Times are of the monotonic clock, which all
processes of a node share until it restarts.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from vaultcsi.vault.access import Access, Accesses
from vaultcsi.vault.issued import IssuedAnswer
from vaultcsi.vault.login import VaultToken
from vaultcsi.vault.server import PodLogin, Trust, VaultServer
from vaultenv.renewal.schedule import Held, Terms
from vaultkube.provider_class.objects import SecretRequest

_FORM = 1
"""Version of the document's form; a provider that reads another version starts with an empty cache."""


def packed(accesses: Accesses) -> bytes:
    """Return every access with a token that no mount uses at this moment; the bytes are secret."""
    return json.dumps({"form": _FORM, "accesses": list(_entries(accesses))}).encode()


def unpack(data: bytes, accesses: Accesses) -> set[str]:
    """Add the accesses of a handover to the present ones; return the uids of their pods.

    Raises ValueError, without a quotation, for bytes of another form, and then adds no access.
    """
    try:
        document = json.loads(data)
        if document["form"] != _FORM:
            raise ValueError
        found = [(_login(entry["login"]), _access(entry)) for entry in document["accesses"]]
    except (KeyError, TypeError, ValueError):
        raise ValueError("the handover has another form") from None
    for login, access in found:
        accesses.put(login, access)
    return {login.pod_uid for login, _ in found}


def _entries(accesses: Accesses) -> Iterator[Mapping[str, Any]]:
    for login, access in accesses.snapshot():
        if not access.lock.acquire(blocking=False):
            continue
        try:
            token, issued = access.token, dict(access.issued)
        finally:
            access.lock.release()
        if token:
            yield {
                "login": asdict(login),
                "token": [token.value, token.granted_at, _packed_held(token.held)],
                "kept": [[asdict(request), _packed_answer(answer)] for request, answer in issued.items()],
            }


def _packed_answer(answer: IssuedAnswer) -> list[object]:
    return [answer.body.decode(), _packed_held(answer.held), answer.failures]


def _packed_held(held: Held) -> list[object]:
    return [
        [getattr(held.terms, name) for name in Terms.__slots__],
        {name: getattr(held, name) for name in Held.__slots__ if name != "terms"},
    ]


def _login(fields: Mapping[str, Any]) -> PodLogin:
    server = fields["server"]
    trust = Trust(**server["trust"])
    return PodLogin(**{**fields, "server": VaultServer(**{**server, "trust": trust})})


def _access(entry: Mapping[str, Any]) -> Access:
    access = Access()
    value, granted_at, held = entry["token"]
    access.token = VaultToken(value, granted_at, _held(held))
    access.issued = {SecretRequest(**request): _answer(answer) for request, answer in entry["kept"]}
    return access


def _answer(packed_answer: list[Any]) -> IssuedAnswer:
    body, held, failures = packed_answer
    return IssuedAnswer(body.encode(), _held(held), failures)


def _held(packed_held: list[Any]) -> Held:
    terms, times = packed_held
    return Held(Terms(**dict(zip(Terms.__slots__, terms, strict=True))), **times)
