"""A handover passes on everything or nothing."""

from dataclasses import replace

import pytest

from tests.vaultcsi.vault.test_access import LOGIN, REQUEST, SERVER, entered, token
from vaultcsi.vault.access import Access, Accesses
from vaultcsi.vault.handover import packed, unpack
from vaultcsi.vault.issued import IssuedAnswer, issued_answer
from vaultcsi.vault.server import Trust
from vaultenv.basics.jsontext import loads

BODY = b'{"lease_id": "db/creds/app/1", "lease_duration": 60, "renewable": true, "data": {"n": 1.50, "k": "<\xc3\xbc>"}}'


def lease(failures: int = 0) -> IssuedAnswer:
    answer = issued_answer("GET", loads(BODY), 1000.0, 0.0, 0.5)
    assert answer
    return replace(answer, failures=failures)


def provider_with(**issued: IssuedAnswer) -> tuple[Accesses, Access]:
    accesses = Accesses(10)
    access = entered(accesses, LOGIN)
    access.token = token(60, renewable=True)
    access.issued = {replace(REQUEST, path=path): answer for path, answer in issued.items()}
    return accesses, access


def test_tokens_and_issued_answers_are_the_same_on_the_other_side() -> None:
    accesses, access = provider_with(one=lease(), two=lease(failures=3))
    other = replace(LOGIN, server=replace(SERVER, trust=Trust("ca", skip_verify=True)))
    entered(accesses, other).token = replace(token(0), value="other")
    successor = Accesses(10)
    assert unpack(packed(accesses), successor) == {LOGIN.pod_uid}
    received = entered(successor, LOGIN)
    assert (received.token, received.issued) == (access.token, access.issued)
    assert [loads(answer.body) for answer in received.issued.values()] == [loads(BODY)] * 2
    assert entered(successor, other).token == entered(accesses, other).token


def test_an_access_that_a_mount_uses_or_that_has_no_token_is_left_out() -> None:
    accesses, access = provider_with(one=lease())
    entered(accesses, replace(LOGIN, pod_uid="none"))
    with access.lock:
        assert unpack(packed(accesses), Accesses(10)) == set()


@pytest.mark.parametrize(
    "change",
    [
        (b'"form": 1', b'"form": 2'),
        (b'"pod_uid"', b'"pod"'),
        (b'"first_s"', b'"x"'),
        (b"}", b""),
        (b'"accesses"', b'"x"'),
    ],
)
def test_another_form_is_refused_whole_and_not_shown(change: tuple[bytes, bytes]) -> None:
    accesses, _ = provider_with(one=lease())
    successor = Accesses(10)
    with pytest.raises(ValueError, match="another form") as caught:
        unpack(packed(accesses).replace(*change), successor)
    assert caught.value.__suppress_context__
    assert successor.snapshot() == []
