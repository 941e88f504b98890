"""Logins are shared for a short time, for a number of objects, and for one identity each."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from vaultkube.deadline import Deadline
from vaultkube.errors import NotResolved, VaultUnavailable
from vaultkube.vault.log_in import VaultToken
from vaultkube.vault.login import FieldNames, VaultLogin
from vaultkube.vault.shared_logins import MOST_LOGINS, MOST_OBJECTS, SHARED_S, SharedLogins, account_uid

LOGIN = VaultLogin("https://vault.example.com", "kubernetes", "r", "n", "s", FieldNames(*[""] * 7))


class Logins:
    """Logins of one process at a time set by the test; each token is a number."""

    def __init__(self, lasts_s: float = 3600) -> None:
        self.now = 0.0
        self.count = 0
        self._lasts_s = lasts_s
        self.shared = SharedLogins(lambda: self.now)

    def log_in(self) -> VaultToken:
        self.count += 1
        return VaultToken(str(self.count), self._lasts_s, is_counted=False)

    def token(self, uid: str = "u", refused: str = "") -> tuple[str, bool]:
        return self.shared.token(LOGIN, uid, self.log_in, Deadline(1), refused)


def test_a_login_is_shared_until_its_time_is_over() -> None:
    logins = Logins()
    assert [logins.token(), logins.token()] == [("1", False), ("1", True)]
    logins.now = SHARED_S
    assert logins.token() == ("2", False)


def test_a_login_is_not_shared_near_the_end_of_its_own_life() -> None:
    logins = Logins(lasts_s=4)
    logins.token()
    logins.now = 1.9
    assert logins.token() == ("1", True)
    logins.now = 2
    assert logins.token() == ("2", False)


def test_a_login_serves_a_bounded_number_of_objects() -> None:
    logins = Logins()
    assert {logins.token()[0] for _ in range(MOST_OBJECTS)} == {"1"}
    assert logins.token() == ("2", False)


def test_a_refused_login_is_replaced_once_for_all_objects() -> None:
    logins = Logins()
    logins.token()
    assert [logins.token(refused="1"), logins.token(refused="1")] == [("2", False), ("2", True)]


def test_a_service_account_of_another_uid_has_a_login_of_its_own() -> None:
    logins = Logins()
    assert [logins.token("u"), logins.token("v")] == [("1", False), ("2", False)]


def test_the_oldest_login_is_forgotten_beyond_the_bound() -> None:
    logins = Logins()
    for number in range(MOST_LOGINS + 1):
        logins.token(str(number))
    assert logins.token(str(MOST_LOGINS))[1]
    assert not logins.token("0")[1]


def test_a_login_that_fails_is_tried_by_each_object() -> None:
    logins = SharedLogins()

    def refused() -> VaultToken:
        raise NotResolved("403")

    for _ in range(2):
        with pytest.raises(NotResolved, match="403"):
            logins.token(LOGIN, "u", refused, Deadline(1))


def test_a_thread_that_waits_for_another_login_gives_up_at_its_deadline() -> None:
    logins, inside, let_go = SharedLogins(), threading.Event(), threading.Event()

    def slow() -> VaultToken:
        inside.set()
        assert let_go.wait(30)
        return VaultToken("slow", 3600, is_counted=False)

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(logins.token, LOGIN, "u", slow, Deadline(60))
        assert inside.wait(30)
        with pytest.raises(VaultUnavailable, match="did not answer a login in time"):
            logins.token(LOGIN, "u", slow, Deadline(0.01))
        let_go.set()
        assert first.result(30) == ("slow", False)


@pytest.mark.parametrize("token", ["", "a.b.c", "a.e30.c", "a.bnVsbA.c", "a.W10.c", "no token"])
def test_a_token_without_a_uid_is_its_own_identity(token: str) -> None:
    assert account_uid(token) == token


def test_the_uid_is_in_a_token_of_the_api_server() -> None:
    claims = "eyJrdWJlcm5ldGVzLmlvIjp7InNlcnZpY2VhY2NvdW50Ijp7InVpZCI6IjEyLTM0In19fQ"
    assert account_uid(f"head.{claims}.signature") == "12-34"
