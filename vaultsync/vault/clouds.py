"""Requests to the token services of a cloud, within a deadline and a size; errors hold no sent value."""

import requests

from vaultkube.deadline import Deadline
from vaultkube.net.bounded import BoundedClient
from vaultkube.net.room import NoRoom
from vaultkube.net.tls import client_context
from vaultkube.vault.failures import cause_of
from vaultsync.errors import VaultAway, VaultDenied

_ANSWER_BYTES = 1 << 20


def fetch(request: requests.Request, deadline: Deadline, *, refused: str, away: str) -> bytes:
    """Return the body of the answer 200.

    Raises VaultDenied for another answer, with the question `refused`, and VaultAway for none, with the advice `away`.
    """
    address = request.url
    client = BoundedClient(client_context(""), _ANSWER_BYTES)
    try:
        response = client.exchange(request.prepare(), deadline.remaining_s())
    except NoRoom:
        raise VaultDenied(f"{address}: the answer is too long") from None
    except requests.RequestException as error:
        raise VaultAway(f"{address}: {cause_of(error)}; {away}") from None
    finally:
        client.close()
    if response.status_code != 200:
        raise VaultDenied(f"{address} answered {response.status_code}: {refused}")
    return response.content
