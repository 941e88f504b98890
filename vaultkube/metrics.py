"""What Prometheus can scrape, summed over the worker processes."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

DIRECTORY_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


def prepare_directory(folder: str) -> Path:
    """Make the directory in `folder` that worker processes share their metrics in; import prometheus_client later.

    Where there is no such folder, the system's temporary one serves.
    """
    parent = folder if os.path.isdir(folder) else None
    directory = Path(tempfile.mkdtemp(prefix="vault-webhook-metrics-", dir=parent))
    os.environ[DIRECTORY_VARIABLE] = str(directory)
    return directory


def mark_dead(pid: int) -> None:
    """Forget what only a living worker counts; gunicorn's `child_exit` calls it."""
    from prometheus_client import multiprocess  # reads the directory at import

    multiprocess.mark_process_dead(pid)  # type: ignore[no-untyped-call]


class Metrics:
    """The figures of this process."""

    def __init__(self) -> None:
        from prometheus_client import Counter, Gauge, Histogram  # reads the directory at import

        self._reviews = Counter("vault_webhook_reviews_total", "Admission reviews", ["resource", "outcome"])
        self._seconds = Histogram(
            "vault_webhook_review_seconds",
            "Time to answer an admission review",
            ["resource"],
            buckets=(0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
        )
        self._lookups = Counter(
            "vault_webhook_image_lookups_total", "Look-ups of image configurations", ["outcome"]
        )
        self._denied = Counter(
            "vault_webhook_callers_denied_total", "Requests from others than the API server"
        )
        self._not_after = Gauge(
            "vault_webhook_certificate_not_after_seconds",
            "End of the serving certificate's validity, in seconds since 1970",
            multiprocess_mode="livemin",
        )

    def review(self, resource: str, outcome: str, seconds: float) -> None:
        """Count a review; `outcome` is changed, unchanged, refused, unavailable, timeout, internal or invalid."""
        self._reviews.labels(resource, outcome).inc()
        self._seconds.labels(resource).observe(seconds)

    def caller_denied(self) -> None:
        """Count a request that did not come from the API server."""
        self._denied.inc()

    def certificate_not_after(self, seconds: float) -> None:
        """Set the end of the serving certificate's validity, in seconds since 1970."""
        self._not_after.set(seconds)

    def image_lookup(self, outcome: str) -> None:
        """Count a look-up of an image configuration."""
        self._lookups.labels(outcome).inc()


def exposition() -> Callable[[], tuple[bytes, str]]:
    """Return a function that gives the figures of all workers, and their content type."""
    from prometheus_client import (
        CONTENT_TYPE_LATEST,
        REGISTRY,
        CollectorRegistry,
        generate_latest,
        multiprocess,
    )

    def expose() -> tuple[bytes, str]:
        if DIRECTORY_VARIABLE not in os.environ:
            return generate_latest(REGISTRY), CONTENT_TYPE_LATEST
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry), CONTENT_TYPE_LATEST

    return expose
