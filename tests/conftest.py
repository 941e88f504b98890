"""The real servers, each started once per session, and the rule that CI skips nothing."""

import gc
import os
import signal
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests.servers.authority import Authority
from tests.servers.cluster import Cluster, trust_in_vault
from tests.servers.registry import Mode, Registry
from tests.servers.vault import Vault


def pytest_configure() -> None:
    """End in order on SIGTERM too, as on Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a skipped test where CI is set."""
    report = yield
    if report.skipped and os.environ.get("CI") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, and CI skips nothing: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Fail a skipped file where CI is set."""
    report = yield
    if report.skipped and os.environ.get("CI"):
        report.outcome = "failed"
        report.longrepr = f"skipped, and CI skips nothing: {report.longrepr}"
    return report


@pytest.fixture(autouse=True)
def _process_stays_a_stock_python() -> Iterator[None]:
    """With SIGPIPE no longer ignored, a later test's broken connection would end the session without a word."""
    yield
    assert signal.getsignal(signal.SIGPIPE) is signal.SIG_IGN, "the test has changed what SIGPIPE does"
    assert gc.isenabled(), "the test has switched the garbage collector off"


@pytest.fixture(scope="session")
def session_folder() -> Iterator[Path]:
    """A folder for what the servers write; it goes with the session."""
    with tempfile.TemporaryDirectory(prefix="vault-webhook-tests-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def authority(session_folder: Path) -> Authority:
    """The CA of every server's certificate."""
    return Authority(session_folder / "certificates")


@pytest.fixture(scope="session")
def vault(session_folder: Path, authority: Authority) -> Iterator[Vault]:
    """The session's Vault: unsealed, and to be left so; with `own_vault` a test may do what it likes."""
    server = Vault(session_folder / "vault", authority)
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def own_vault(tmp_path: Path, authority: Authority) -> Iterator[Vault]:
    """A Vault of the test's own, to seal, stop and start."""
    server = Vault(tmp_path / "vault", authority)
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def cluster(session_folder: Path, authority: Authority) -> Iterator[Cluster]:
    """The session's API server with etcd; tests make namespaces of their own in it."""
    server = Cluster(session_folder / "cluster", authority)
    try:
        server.wait()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def cluster_vault(cluster: Cluster, vault: Vault) -> Vault:
    """The session's Vault, with kubernetes auth at `auth/kubernetes` for the session's cluster."""
    trust_in_vault(cluster, vault)
    return vault


def _registry(folder: Path, authority: Authority, mode: Mode) -> Iterator[Registry]:
    server = Registry(folder / f"registry-{mode}", authority, mode)
    try:
        server.wait()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def anonymous_registry(session_folder: Path, authority: Authority) -> Iterator[Registry]:
    """A registry that everybody may read and write."""
    yield from _registry(session_folder, authority, "anonymous")


@pytest.fixture(scope="session")
def basic_registry(session_folder: Path, authority: Authority) -> Iterator[Registry]:
    """A registry with Basic authentication (htpasswd)."""
    yield from _registry(session_folder, authority, "basic")


@pytest.fixture(scope="session")
def bearer_registry(session_folder: Path, authority: Authority) -> Iterator[Registry]:
    """A registry with Bearer authentication; its token server is `.tokens`."""
    yield from _registry(session_folder, authority, "bearer")
