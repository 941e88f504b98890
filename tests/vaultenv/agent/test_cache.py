"""The listener's cached answers, without a Vault."""

import pytest

from vaultenv.agent.cache import Cache
from vaultenv.agent.requests import Passed
from vaultenv.client.http import Answer

LEASED = b'{"lease_id":"l","lease_duration":60,"renewable":true,"data":{"k":"v"}}'
REQUEST = Passed("GET", "/v1/db/creds/app", {"x-vault-token": "t"}, b"", is_last=False)


@pytest.mark.parametrize(
    ("status", "body", "due_at"),
    [
        (200, b'{"lease_duration":60}', 1085.0),
        (400, b'{"errors":["lease not found"]}', 1060.0),
        (503, b'{"errors":["Vault is sealed"]}', 1045.25),
        (429, b'{"errors":["rate limit quota exceeded"]}', 1045.25),
        (472, b'{"errors":["a disaster recovery secondary"]}', 1045.25),
        (200, b"<html>back soon</html>", 1045.25),
        (403, b"<html>not here</html>", 1045.25),
    ],
)
def test_a_lease_is_renewed_as_long_as_vault_does_not_end_it(status: int, body: bytes, due_at: float) -> None:
    """A page of a proxy is no answer of Vault."""
    cache = Cache()
    cache.take(REQUEST, Answer(200, {}, LEASED), 1000.0)
    cache.renew(lambda path, body_sent, token: Answer(status, {}, body), 1045.0)
    assert cache.due_at() == due_at
    assert cache.find(REQUEST, 1059.0) is not None


@pytest.mark.parametrize(
    "body",
    [
        b'{"lease_id":"l","lease_duration":"long"}',
        b'{"lease_id":"l","lease_duration":{}}',
        b'{"auth":{"client_token":"t","lease_duration":[]}}',
        b'{"auth":["client_token"]}',
    ],
)
def test_an_answer_of_another_form_is_not_cached(body: bytes) -> None:
    cache = Cache()
    cache.take(REQUEST, Answer(200, {}, body), 1000.0)
    assert cache.find(REQUEST, 1000.0) is None


def test_a_renewal_of_another_form_does_not_end_the_renewing_of_all() -> None:
    cache = Cache()
    cache.take(REQUEST, Answer(200, {}, LEASED), 1000.0)
    cache.renew(lambda path, body, token: Answer(200, {}, b'{"lease_duration":{}}'), 1045.0)
    assert cache.due_at() == 1060.0
