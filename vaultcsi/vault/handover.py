"""A handover: what one provider keeps for pods, as bytes for the next one of the same node. Pure but for the locks.

A lease that nobody renews ends, and its pod may never ask for another one. So a provider that takes the socket over gets
the tokens and leases of the one before it, from memory to memory. Times are of the monotonic clock, which all processes
since the start of the node share.
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
"""Of the document; a provider that reads another one begins with nothing."""


def packed(accesses: Accesses) -> bytes:
    """Return every access that has a token and is in no mount just now; the bytes are secret."""
    return json.dumps({"form": _FORM, "accesses": list(_entries(accesses))}).encode()


def unpack(data: bytes, accesses: Accesses) -> set[str]:
    """Put the accesses of a handover beside those that there are; return the uids of their pods.

    Raises ValueError, which quotes nothing, for bytes of another form; nothing is put then.
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
