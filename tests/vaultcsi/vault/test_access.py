"""The memory for pods is bounded, and a namespace has its share of it."""

from dataclasses import replace

import pytest

from vaultcsi.errors import Unavailable
from vaultcsi.vault.access import Access, Accesses
from vaultcsi.vault.issued import IssuedAnswer
from vaultcsi.vault.login import VaultToken
from vaultcsi.vault.server import PodLogin, Trust, VaultServer
from vaultenv.renewal.schedule import EXPIRING, LEASED, NEVER, Held, Pace, Terms, granted
from vaultkube.deadline import Deadline
from vaultkube.provider_class.objects import SecretRequest

SERVER = VaultServer("https://vault:8200", "", Trust())
LOGIN = PodLogin(SERVER, "kubernetes", "role", "", "team", "db", "app", "uid-0")
REQUEST = SecretRequest("GET", "db/creds/app", "", "null")


def login(number: int, namespace: str = "team") -> PodLogin:
    return replace(LOGIN, pod_uid=f"uid-{number}", namespace=namespace)


def answer(kind: str = LEASED, size_bytes: int = 0) -> IssuedAnswer:
    return IssuedAnswer(b" " * size_bytes, Held(Terms(kind, 3600.0), NEVER))


def token(lasts_s: float, *, renewable: bool = False) -> VaultToken:
    return VaultToken("t", 0.0, granted(Terms(LEASED, lasts_s, "token", renewable), Pace(0.0), 0.0, 0.5))


def entered(accesses: Accesses, of: PodLogin) -> Access:
    with accesses.entered(of, Deadline(1)) as access:
        return access


def test_a_pod_and_role_has_one_access_and_others_have_their_own() -> None:
    accesses = Accesses(10)
    first = entered(accesses, LOGIN)
    assert entered(accesses, replace(LOGIN)) is first
    others = (
        replace(LOGIN, role="other"),
        replace(LOGIN, pod_uid="other"),
        replace(LOGIN, server=replace(SERVER, address="https://other")),
        replace(LOGIN, server=replace(SERVER, trust=Trust(skip_verify=True))),
    )
    assert all(entered(accesses, other) is not first for other in others)


def test_the_least_recently_used_access_is_dropped() -> None:
    accesses = Accesses(2)
    first, second = entered(accesses, login(1)), entered(accesses, login(2))
    assert entered(accesses, login(1)) is first
    entered(accesses, login(3))
    assert entered(accesses, login(1)) is first
    assert entered(accesses, login(2)) is not second


def test_a_namespace_with_many_logins_costs_no_other_one_its_own() -> None:
    accesses = Accesses(10)
    other = entered(accesses, login(0, "other"))
    for number in range(1, 100):
        entered(accesses, login(number))
    assert entered(accesses, login(0, "other")) is other
    assert accesses.holdings().logins == 10


def test_a_second_mount_of_a_pod_waits_until_its_deadline() -> None:
    accesses = Accesses(2)
    with (
        accesses.entered(LOGIN, Deadline(1)),
        pytest.raises(Unavailable, match="another mount of the pod"),
        accesses.entered(LOGIN, Deadline(0.05)),
    ):
        pass


def test_a_new_token_drops_the_answers_bound_to_the_old_one() -> None:
    access = Access()
    other = replace(REQUEST, path="pki/issue/web")
    access.issued = {REQUEST: answer(), other: answer(EXPIRING)}
    access.replace(token(60))
    assert set(access.issued) == {other}


def test_a_token_is_used_until_near_its_end_and_less_long_with_a_lease() -> None:
    access = Access()
    access.token = token(1000)
    assert access.usable_token(899)
    assert access.usable_token(901) is None
    access.issued = {REQUEST: answer()}
    assert access.usable_token(879)
    assert access.usable_token(881) is None
    access.token = token(60, renewable=True)
    assert access.usable_token(30)


def test_kept_answers_are_bounded_and_a_namespace_has_a_quarter() -> None:
    accesses = Accesses(100)
    quarter = (16 << 20) // 4
    entered(accesses, login(1)).issued[REQUEST] = answer(size_bytes=quarter - 10)
    assert accesses.has_room("team", 10)
    assert not accesses.has_room("team", 11)
    assert accesses.has_room("other", quarter)
    for number, namespace in enumerate(("b", "c", "d")):
        entered(accesses, login(10 + number, namespace)).issued[REQUEST] = answer(size_bytes=quarter)
    assert accesses.has_room("e", 10)
    assert not accesses.has_room("e", 11)
