"""Figures of the provider."""

from dataclasses import replace

from prometheus_client import CollectorRegistry

from tests.vaultcsi.vault.test_access import LOGIN, REQUEST, answer, entered
from vaultcsi.metrics import Metrics
from vaultcsi.vault.access import Accesses


def test_kept_logins_and_answers_are_counted_at_each_scrape() -> None:
    accesses, metrics = Accesses(10), Metrics(CollectorRegistry())
    metrics.show_holdings(accesses.holdings)
    assert "vault_csi_provider_kept_logins 0.0" in metrics.expose()
    entered(accesses, LOGIN).issued = {
        REQUEST: answer(size_bytes=30),
        replace(REQUEST, path="other"): answer(size_bytes=12),
    }
    entered(accesses, replace(LOGIN, role="other"))
    text = metrics.expose()
    for line in ("kept_logins 2.0", "kept_answers 2.0", "kept_answer_bytes 42.0"):
        assert f"vault_csi_provider_{line}" in text
    accesses.drop(LOGIN)
    assert "vault_csi_provider_kept_answers 0.0" in metrics.expose()
