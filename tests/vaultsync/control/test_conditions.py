"""Status patches: only what is new."""

from vaultsync.control.conditions import failed, renewed, rolled, status_patch, synced


def _after(status: dict[str, object], patch: dict[str, object]) -> dict[str, object]:
    return {**status, **patch}


def test_an_unchanged_status_needs_no_patch() -> None:
    status = _after({}, status_patch({}, synced("SecretSynced", "ok"), {"secretMAC": "m"}, 1, "t1"))
    assert status_patch(status, synced("SecretSynced", "ok"), {"secretMAC": "m"}, 1, "t2") == {}


def test_the_time_of_a_transition_changes_only_with_the_status() -> None:
    status = _after({}, status_patch({}, synced("SecretSynced", "ok"), {}, 1, "t1"))
    other = status_patch(status, synced("SecretRotated", "ok"), {}, 1, "t2")
    assert {each["lastTransitionTime"] for each in other["conditions"]} == {"t1"}
    bad = status_patch(status, failed("VaultClientError", "no", has_secret=True), {}, 1, "t3")
    times = {each["type"]: each["lastTransitionTime"] for each in bad["conditions"]}
    assert times == {"SecretSynced": "t1", "Healthy": "t3", "Ready": "t3"}


def test_conditions_of_others_stay() -> None:
    theirs = {"type": "Theirs", "status": "True"}
    patch = status_patch({"conditions": [theirs]}, synced("SecretSynced", "ok"), {}, 1, "t")
    assert patch["conditions"][0] == theirs


def test_rollouts_and_renewals_have_conditions_of_their_own_beside_the_others() -> None:
    status = _after({}, status_patch({}, synced("SecretSynced", "ok"), {}, 1, "t1"))
    status = _after(status, status_patch(status, (*rolled([]), *renewed()), {}, 1, "t2"))
    conditions = {each["type"]: (each["status"], each["reason"]) for each in status["conditions"]}  # type: ignore[attr-defined]
    assert conditions["RolloutRestart"] == ("True", "RolloutRestartTriggered")
    assert conditions["LeaseRenewal"] == ("True", "SecretLeaseRenewal")
    assert conditions["Ready"] == ("True", "SecretSynced")
    status = _after(status, status_patch(status, (*rolled(["a", "b"]), *renewed("no")), {}, 1, "t3"))
    said = {each["type"]: (each["status"], each["reason"], each["message"]) for each in status["conditions"]}  # type: ignore[attr-defined]
    assert said["RolloutRestart"] == ("False", "RolloutRestartTriggeredFailed", "a; b")
    assert said["LeaseRenewal"] == ("False", "SecretLeaseRenewalError", "no")
