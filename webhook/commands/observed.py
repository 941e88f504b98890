"""A resolver for Vault that counts its calls in the metrics."""

import time

from vaultkube.deadline import Deadline
from vaultkube.errors import OutOfTime, Refused, Unavailable
from vaultkube.metrics import Metrics
from vaultkube.vault.login import Resolution
from webhook.admission.services import Vault


class ObservedVault:
    """Resolves with `vault`, and counts each resolution as one call: a login, and the reads with its token."""

    def __init__(self, vault: Vault, metrics: Metrics) -> None:
        self._vault = vault
        self._metrics = metrics

    def resolve(self, resolution: Resolution, deadline: Deadline) -> dict[str, bytes | None]:
        """Return the values; raise the errors of `vault`."""
        started, outcome = time.monotonic(), "unavailable"
        try:
            found = self._vault.resolve(resolution, deadline)
            outcome = "ok"
            return found
        except (Unavailable, OutOfTime):
            raise
        except Refused:
            outcome = "refused"
            raise
        finally:
            self._metrics.call("vault", outcome, time.monotonic() - started)
