"""Rounds of the upkeep: a silent Vault, or a class without its certificates, costs only its own namespace."""

from dataclasses import dataclass, field, replace
from typing import Any

from tests.vaultcsi.vault.test_access import LOGIN, REQUEST, entered, login, token
from tests.vaultcsi.vault.test_handover import lease
from vaultcsi.mounting.upkeep import Upkeep
from vaultcsi.vault.access import Accesses
from vaultcsi.vault.connections import Connections
from vaultcsi.vault.renewals import Renewals
from vaultcsi.vault.server import PodLogin, Trust, VaultServer
from vaultkube.deadline import Deadline

BUDGET_S = 5.0


@dataclass
class Silent:
    """Renewals by a Vault that never answers for namespace `team` and at once for others; they move the clock."""

    now: float = 1000.0
    tried: list[str] = field(default_factory=list)

    def clock(self) -> float:
        return self.now

    def renew_due(self, of: PodLogin, _access: object, _now: float, deadline: Deadline) -> int:
        return self._wait(of, deadline)

    def revoke(self, of: PodLogin, _token: object, deadline: Deadline) -> bool:
        return bool(self._wait(of, deadline))

    def _wait(self, of: PodLogin, deadline: Deadline) -> int:
        self.tried.append(of.namespace)
        assert deadline.remaining_s() <= BUDGET_S
        if of.namespace == "team":
            self.now += BUDGET_S
        return 1

    def list_pods_of_node(self, _node: str, _deadline: Deadline) -> set[str]:
        return {"uid-of-another-pod"}


def upkeep() -> tuple[Upkeep, Silent, Accesses]:
    accesses, silent = Accesses(1000), Silent()
    for number in range(100):
        entered(accesses, login(number)).token = token(60)
    entered(accesses, login(100, "other")).token = token(60)
    renewals: Any = silent
    return Upkeep(accesses, renewals, silent, "node", silent.clock), silent, accesses


def test_a_silent_vault_holds_up_a_round_for_the_time_of_one_namespace() -> None:
    of, silent, _ = upkeep()
    of.renew_due()
    assert silent.tried == ["team", "other"]
    assert silent.now == 1000.0 + BUDGET_S


def test_a_token_without_time_left_is_revoked_in_a_later_round() -> None:
    of, silent, accesses = upkeep()
    of.revoke_deleted()
    assert silent.tried == ["team", "other"]
    assert accesses.holdings().logins == 99
    of.revoke_deleted()
    assert silent.tried == ["team", "other", "team"]


def test_a_certificate_file_that_is_gone_ends_no_round() -> None:
    accesses, silent = Accesses(10), Silent(1045.0)
    unreachable = VaultServer("http://127.0.0.1:1", "", Trust())
    for server in (replace(unreachable, trust=Trust(ca_file="/none")), unreachable):
        access = entered(accesses, replace(LOGIN, server=server))
        access.token, access.issued = token(60), {REQUEST: lease()}
    of = Upkeep(accesses, Renewals(Connections()), silent, "node", silent.clock)
    of.renew_due()
    assert [access.issued[REQUEST].failures for _, access in accesses.snapshot()] == [1, 1]
    of.revoke_deleted()
    assert not accesses.snapshot()
