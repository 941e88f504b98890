"""The handover of an agent to the next one of its pod: its login, and what Vault has issued, in a file of a memory volume.

The token, credentials and certificates of the init agent are used further by the agent that stays, also after a restart,
instead of new ones. Times are those of the node's monotonic clock, which all containers share.
"""

from __future__ import annotations

from vaultenv.basics.files import read_file
from vaultenv.basics.jsontext import dumps, loads
from vaultenv.renewal.schedule import Held, Terms, terms_of
from vaultenv.template.consul.needs import Certificate, Read, Write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from vaultenv.client.answers import Body
    from vaultenv.template.consul.needs import Need

    Issued = tuple[Need, Body, Held]

MODE = 0o600
_LIMIT = 4 << 20
_KINDS: Mapping[str, type[Write]] = {"write": Write, "certificate": Certificate}


class Handover:
    """A login (its token and auth are "" and {} if the token is from outside), and issued answers. Its repr shows no value."""

    __slots__ = ("auth", "issued", "logged_in_at", "token")

    def __init__(
        self, token: str, auth: dict[str, Any], logged_in_at: float, issued: Iterable[Issued]
    ) -> None:
        self.token = token
        self.auth = auth
        self.logged_in_at = logged_in_at
        self.issued = list(issued)


def handover_text(handover: Handover) -> bytes:
    """Return the content of the file."""
    document = {
        "token": handover.token,
        "auth": {name: handover.auth.get(name) for name in ("lease_duration", "renewable")},
        "logged_in_at": handover.logged_in_at,
        "issued": [_issued_document(*one) for one in handover.issued],
    }
    return dumps(document).encode()


def read_handover(file: str, now: float) -> Handover | None:
    """Return the handover in the file, without answers that have ended; None if it cannot be used."""
    try:
        document = loads(read_file(file, _LIMIT))
        logged_in_at = float(document["logged_in_at"])
        issued = [_issued(one) for one in document["issued"]]
        handover = Handover(str(document["token"]), dict(document["auth"]), logged_in_at, issued)
    except (AttributeError, KeyError, OSError, TypeError, ValueError):
        return None
    handover.issued = [one for one in issued if one[2].ends_at > now]
    return handover if logged_in_at <= now else None


def _issued_document(need: Need, body: Body, held: Held) -> dict[str, object]:
    kind = next((name for name, kind in _KINDS.items() if type(need) is kind), "read")
    pairs = need.data if isinstance(need, Write) else need.query if isinstance(need, Read) else ()
    return {
        "kind": kind,
        "path": need.path,
        "pairs": [list(pair) for pair in pairs],
        "body": body,
        "lasts_s": held.terms.lasts_s,
        "can_renew": held.terms.renewable,
        "due_at": held.due_at,
        "ends_at": held.ends_at,
        "first_s": held.first_s,
        "renewable": held.renewable,
    }


def _issued(document: Mapping[str, Any]) -> Issued:
    pairs = tuple((str(name), str(value)) for name, value in document["pairs"])
    kind = _KINDS.get(document["kind"])
    need = kind(document["path"], pairs) if kind else Read(document["path"], pairs)
    body = document["body"]
    found = terms_of(body, 0.0)
    terms = Terms(found.kind, float(document["lasts_s"]), found.lease_id, document["can_renew"] is True)
    due_at, ends_at, first_s = (float(document[name]) for name in ("due_at", "ends_at", "first_s"))
    return need, body, Held(terms, due_at, ends_at, first_s, document["renewable"] is True)
