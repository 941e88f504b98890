"""Metrics for Prometheus, summed over the worker processes."""

import fcntl
import logging
import os
import shutil
import struct
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prometheus_client import Gauge

DIRECTORY_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
_PREFIX, _OWNER = "vault-webhook-metrics-", "owner"
_SUMMED = ("counter", "histogram", "summary")
"""Kinds of metrics whose values are summed also over dead workers."""
_OUTCOMES = ("changed", "unchanged", "refused", "unavailable", "timeout", "internal", "invalid")
_log = logging.getLogger(__name__)
_dead: set[int] = set()


def prepare_directory(folder: str) -> Path:
    """Create the directory in `folder` for the metrics of all worker processes; prometheus_client must be imported later.

    If there is no such folder, the system's temporary one is used. Directories of killed processes are removed.
    """
    parent = Path(folder if os.path.isdir(folder) else tempfile.gettempdir())
    for left in parent.glob(f"{_PREFIX}*"):
        _remove_if_left(left)
    directory = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
    _own(directory)
    os.environ[DIRECTORY_VARIABLE] = str(directory)
    return directory


@contextmanager
def shared_directory(folder: str) -> Iterator[Path]:
    """Share metrics between this process and its children in a directory in `folder`, which this process removes at its end."""
    directory, maker = prepare_directory(folder), os.getpid()
    try:
        yield directory
    finally:
        if os.getpid() == maker:  # child processes run this code at their end too
            shutil.rmtree(directory, ignore_errors=True)


def _own(directory: Path) -> None:
    """Hold a lock on the directory's owner file as long as this process or one of its children lives."""
    owner = os.open(directory / "new", os.O_CREAT | os.O_WRONLY)
    fcntl.flock(owner, fcntl.LOCK_EX)
    os.rename(directory / "new", directory / _OWNER)


def _remove_if_left(directory: Path) -> None:
    with suppress(OSError), open(directory / _OWNER) as owner:
        fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(directory, ignore_errors=True)


def mark_dead(pid: int) -> None:
    """Add the sums of a dead worker to those of all dead ones, and remove its files; gunicorn's `child_exit` calls it.

    If a worker is reading the files (for long, if it was stopped), this call does not wait: the call for the next dead
    worker handles this one too.
    """
    directory = Path(os.environ[DIRECTORY_VARIABLE])
    _dead.add(pid)
    try:
        with _locked(directory, fcntl.LOCK_EX | fcntl.LOCK_NB):
            while _dead:
                _bury(directory, _dead.pop())
    except BlockingIOError:
        return


def _bury(directory: Path, pid: int) -> None:
    for file in directory.glob(f"*_{pid}.db"):
        kind = file.name.partition("_")[0]
        try:
            if kind in _SUMMED:
                _add(file, directory / f"{kind}_dead.db")
        except (OSError, RuntimeError, ValueError, struct.error) as error:
            _log.warning(
                "figures of a dead worker are lost", extra={"fields": {"reason": type(error).__name__}}
            )
        file.unlink(missing_ok=True)


def _add(file: Path, to: Path) -> None:
    from prometheus_client.mmap_dict import (
        MmapedDict,
    )  # like all of the package, only where metrics are served

    sums = MmapedDict(str(to))  # type: ignore[no-untyped-call]
    try:
        for key, value, timestamp, _ in MmapedDict.read_all_values_from_file(str(file)):  # type: ignore[no-untyped-call]
            sums.write_value(key, sums.read_value(key)[0] + value, timestamp)  # type: ignore[no-untyped-call]
    finally:
        sums.close()  # type: ignore[no-untyped-call]


@contextmanager
def _locked(directory: Path, how: int) -> Iterator[None]:
    """Lock the files against reading while they are removed; the kernel releases the lock of a killed process."""
    with open(directory / "lock", "w") as file:
        fcntl.flock(file, how)
        yield


class Metrics:
    """Holds and updates the metrics of this process."""

    def __init__(self, resources: Iterable[str] = ()) -> None:
        """`resources` are the resources of expected reviews, whose series exist from now on.

        A series that begins with its first event has no increase for Prometheus, so that no alert reports that event:
        https://prometheus.io/docs/practices/instrumentation/#avoid-missing-metrics
        """
        from prometheus_client import Counter, Histogram  # reads the directory at import

        self._reviews = Counter("vault_webhook_reviews_total", "Admission reviews", ["resource", "outcome"])
        for resource in resources:
            for outcome in _OUTCOMES:
                self._reviews.labels(resource, outcome)
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
        self._calls = Counter(
            "vault_webhook_calls_total", "Calls of Vault and the API server", ["server", "outcome"]
        )
        self._call_seconds = Histogram(
            "vault_webhook_call_seconds",
            "Time that calls of Vault and the API server took",
            ["server"],
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
        )
        self._not_after = _not_after()

    def review(self, resource: str, outcome: str, seconds: float) -> None:
        """Count a review; `outcome` is one of `_OUTCOMES`."""
        self._reviews.labels(resource, outcome).inc()
        self._seconds.labels(resource).observe(seconds)

    def caller_denied(self) -> None:
        """Count a request that did not come from the API server."""
        self._denied.inc()

    def certificate_not_after(self, seconds: float) -> None:
        """Set the end of the serving certificate's validity, in seconds since 1970."""
        self._not_after.set(seconds)

    def call(self, server: str, outcome: str, seconds: float) -> None:
        """Count a call to a server, vault or api_server; `outcome` is ok, refused or unavailable."""
        self._calls.labels(server, outcome).inc()
        self._call_seconds.labels(server).observe(seconds)

    def image_lookup(self, outcome: str) -> None:
        """Count a look-up of an image configuration."""
        self._lookups.labels(outcome).inc()


class CertificateMetrics:
    """Holds the metrics of the process that renews the certificate; all other processes have `Metrics`."""

    def __init__(self, *, is_self_managed: bool) -> None:
        """With `is_self_managed` a leading replica manages the certificate or the path, so that there are metrics of it."""
        from prometheus_client import Counter, Gauge

        self.not_after: Callable[[float], None] = _not_after().set
        if not is_self_managed:
            return
        self._steps = Counter(
            "vault_webhook_certificate_steps_total",
            "Steps in the life of the certificate that the webhook keeps: served by this replica, stored, registered",
            ["step"],
        )
        self._leader = Gauge(
            "vault_webhook_certificate_leader",
            "Whether this replica keeps certificate and configuration",
            multiprocess_mode="livemax",
        )

    def step(self, step: str) -> None:
        """Count a step of a self-managed certificate: served, stored or registered."""
        self._steps.labels(step).inc()

    def leads(self, leads: bool) -> None:
        """Set whether this replica is the leader, which renews a self-managed certificate."""
        self._leader.set(int(leads))


def _not_after() -> "Gauge":
    from prometheus_client import Gauge

    return Gauge(
        "vault_webhook_certificate_not_after_seconds",
        "End of the serving certificate's validity, in seconds since 1970",
        multiprocess_mode="livemax",
    )


def exposition() -> Callable[[], tuple[bytes, str]]:
    """Return a function that returns the metrics of all workers, and their content type."""
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
        with _locked(Path(os.environ[DIRECTORY_VARIABLE]), fcntl.LOCK_SH):
            return generate_latest(registry), CONTENT_TYPE_LATEST

    return expose
