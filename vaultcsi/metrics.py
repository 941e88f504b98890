"""Metrics for Prometheus: mounts, their requests, and cached logins and answers. No label names a pod."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_PREFIX = "vault_csi_provider_"
_OUTCOMES = ("ok", "refused", "unavailable", "internal")
_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Holdings(NamedTuple):
    """The number of cached logins, and the number and the bytes (as JSON) of the answers issued with them."""

    logins: int
    answers: int
    answer_bytes: int


class Metrics:
    """Holds and updates the metrics of this process, in `registry`."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        self._registry = registry
        self._mounts = Counter(f"{_PREFIX}mounts_total", "Mounts", ["outcome"], registry=registry)
        for (
            outcome
        ) in _OUTCOMES:  # from the start, so that an alert sees the first of each: vaultkube.metrics.Metrics
            self._mounts.labels(outcome)
        self._mount_seconds = Histogram(
            f"{_PREFIX}mount_seconds", "Time that mounts took", buckets=_BUCKETS_S, registry=registry
        )
        self._calls = Counter(
            f"{_PREFIX}calls_total",
            "Requests to Vault and the API server",
            ["server", "request", "outcome"],
            registry=registry,
        )
        self._call_seconds = Histogram(
            f"{_PREFIX}call_seconds",
            "Time that requests to Vault and the API server took",
            ["server"],
            buckets=_BUCKETS_S,
            registry=registry,
        )

    def mount(self, outcome: str, seconds: float) -> None:
        """Count a mount; `outcome` is one of `_OUTCOMES`."""
        self._mounts.labels(outcome).inc()
        self._mount_seconds.observe(seconds)

    def vault_call(self, request: str, outcome: str, seconds: float) -> None:
        """Count a request to Vault; `request` is login, read, lookup, renew or revoke, `outcome` ok, refused or unavailable."""
        self._calls.labels("vault", request, outcome).inc()
        self._call_seconds.labels("vault").observe(seconds)

    def api_server_call(self, outcome: str, seconds: float) -> None:
        """Count a request to the API server; `outcome` is ok, refused or unavailable."""
        self._calls.labels("api_server", "", outcome).inc()
        self._call_seconds.labels("api_server").observe(seconds)

    def show_holdings(self, holdings: Callable[[], Holdings]) -> None:
        """Show the holdings as they are at the time of each scrape."""
        for name, help_ in (
            ("logins", "Cached logins of pods"),
            ("answers", "Cached leases, certificates and other issued answers"),
            ("answer_bytes", "Size of the cached answers, as JSON"),
        ):
            gauge = Gauge(f"{_PREFIX}kept_{name}", help_, registry=self._registry)
            gauge.set_function(partial(_figure, holdings, name))

    def expose(self) -> str:
        """Return all metrics as text: https://prometheus.io/docs/instrumenting/exposition_formats/."""
        return generate_latest(self._registry).decode()


def _figure(holdings: Callable[[], Holdings], name: str) -> float:
    return float(getattr(holdings(), name))
