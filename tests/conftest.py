"""The real servers, each started once per session; the order of the tests; the rule that CI skips nothing."""

import gc
import os
import signal
import sys
import tempfile
from collections.abc import Generator, Iterator
from contextlib import redirect_stderr
from pathlib import Path
from typing import TextIO, cast

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer

from tests.order import Part, Tier, arrange, mark_names, tier_of
from tests.parallel import ByFileAndTier, workers
from tests.prepare import wait_for_builds
from tests.rest import Rest
from tests.servers import build
from tests.servers.authority import Authority
from tests.servers.cluster import Cluster, trust_in_vault
from tests.servers.process import stopping
from tests.servers.registry import Mode, Registry
from tests.servers.vault import Vault
from vaultkube.apiserver.client import Cluster as Client
from vaultkube.apiserver.kubeconfig import find_connection

# A busy machine is no failure.
settings.register_profile(
    "patient",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("patient")

_REST = pytest.StashKey[Rest]()
_HAS_WAITED = pytest.StashKey[bool]()
_AS_STOCK_PYTHON = {signal.SIGPIPE, signal.SIGXFSZ}

# With a gRPC server of an earlier test, one in twenty child processes was aborted by gRPC's handlers of fork.
os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "false"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options that choose a part of the suite."""
    group = parser.getgroup("parts")
    group.addoption(
        "--fast", action="store_true", help="only what needs no build, takes no seconds and measures no time"
    )
    group.addoption("--beside", action="store_true", help="only what may run beside other tests")
    group.addoption("--alone", action="store_true", help="only what measures time")
    group.addoption("--arm64", action="store_true", help="also the emulated arm64 launcher, as in CI")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marks; end in order on SIGTERM too, as on Ctrl-C; start programs with a terminal's signals.

    What the caller ignores, as `nohup` and `&` do, stays without effect here, but no program inherits a handler.
    """
    for line in mark_names():
        config.addinivalue_line("markers", line)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    for number in signal.valid_signals() - _AS_STOCK_PYTHON:
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda *_: None)
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Leave the ten thousand collected tests out of all later garbage collections, which took seconds of bounded tests."""
    gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Arrange the tests by what they need; emulation only in CI or on request."""
    arm64 = bool(config.getoption("--arm64") or os.environ.get("CI"))
    part = next((part for part in Part if config.getoption(part.name.lower(), False)), Part.ALL)
    items[:], left_out = arrange(items, part, arm64=arm64)
    if left_out:
        config.hook.pytest_deselected(items=left_out)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFileAndTier:
    """Keep the order of the tiers, and the tests of a file together."""
    config.option.loadscopereorder = False
    return ByFileAndTier(config, log)


def pytest_xdist_auto_num_workers() -> int:
    """Return the number of workers for `-n auto`."""
    return workers()


class _OnItsOwnLine:
    """Standard error, whose first text begins on a line of its own behind the dots of the tests."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._before = stream, "\n"

    def write(self, text: str) -> int:
        written = self._stream.write(self._before + text)
        self._before = ""
        return written

    def flush(self) -> None:
        self._stream.flush()


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[object], request: pytest.FixtureRequest
) -> Generator[None, object, object]:
    """Show the progress of builds in the session's fixtures."""
    capture = request.config.pluginmanager.get_plugin("capturemanager")
    if fixturedef.scope != "session" or capture is None:
        return (yield)
    with capture.global_and_fixture_disabled(), redirect_stderr(cast(TextIO, _OnItsOwnLine(sys.stderr))):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(
    item: pytest.Item, nextitem: pytest.Item | None
) -> Generator[None, object, object]:
    """Forbid servers, which would have to be built, to tests of the first tiers; pause the API server for others.

    With tests on the node, all servers are needed: the first test that may use them waits for their builds.
    """
    build.may_be_used = tier_of(item) > Tier.LONG
    if build.may_be_used and not item.session.stash.get(_HAS_WAITED, False):
        item.session.stash[_HAS_WAITED] = True
        if any(tier_of(one) is Tier.NODE for one in item.session.items):
            wait_for_builds()
    if rest := item.session.stash.get(_REST, None):
        rest.before(is_used="cluster" in getattr(item, "fixturenames", ()) or nextitem is None)
    try:
        return (yield)
    finally:
        build.may_be_used = True


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
    """Yield a folder for files of the servers; it is removed with the session."""
    with tempfile.TemporaryDirectory(prefix="vault-webhook-tests-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def authority(session_folder: Path) -> Authority:
    """Return the CA of every server's certificate."""
    return Authority(session_folder / "certificates")


@pytest.fixture(scope="session")
def vault(session_folder: Path, authority: Authority) -> Iterator[Vault]:
    """Yield the session's Vault, which must stay unsealed; a test may stop or seal `own_vault`."""
    with stopping(Vault(session_folder / "vault", authority)) as server:
        server.start()
        yield server


@pytest.fixture
def own_vault(tmp_path: Path, authority: Authority) -> Iterator[Vault]:
    """Yield a Vault of the test's own, to seal, stop and start."""
    with stopping(Vault(tmp_path / "vault", authority, durable=True)) as server:
        server.start()
        yield server


@pytest.fixture(scope="session")
def cluster(session_folder: Path, authority: Authority, request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """Yield the session's API server with etcd; tests make namespaces of their own in it."""
    with stopping(Cluster(session_folder / "cluster", authority)) as server:
        server.wait()
        request.session.stash[_REST] = Rest(server)
        yield server


@pytest.fixture(scope="session")
def waking_cluster(cluster: Cluster, request: pytest.FixtureRequest) -> Cluster:
    """Return the session's API server, which stands still no more: a process of the session holds a Lease in it."""
    del request.session.stash[_REST]  # its first test uses the server, so that it is not paused now
    return cluster


@pytest.fixture(scope="session")
def admin(cluster: Cluster) -> Client:
    """Return our client of the session's API server, with all rights."""
    return Client(find_connection({"KUBECONFIG": str(cluster.kubeconfig)}))


@pytest.fixture(scope="session")
def cluster_vault(cluster: Cluster, vault: Vault) -> Vault:
    """The session's Vault, with kubernetes auth at `auth/kubernetes` for the session's cluster."""
    trust_in_vault(cluster, vault)
    return vault


def _registry(folder: Path, authority: Authority, mode: Mode) -> Iterator[Registry]:
    with stopping(Registry(folder / f"registry-{mode}", authority, mode)) as server:
        server.wait()
        yield server


@pytest.fixture(scope="session")
def anonymous_registry(session_folder: Path, authority: Authority) -> Iterator[Registry]:
    """Yield a registry that everybody may read and write."""
    yield from _registry(session_folder, authority, "anonymous")


@pytest.fixture(scope="session")
def basic_registry(session_folder: Path, authority: Authority) -> Iterator[Registry]:
    """A registry with Basic authentication (htpasswd)."""
    yield from _registry(session_folder, authority, "basic")


@pytest.fixture(scope="session")
def bearer_registry(session_folder: Path, authority: Authority) -> Iterator[Registry]:
    """A registry with Bearer authentication; its token server is `.tokens`."""
    yield from _registry(session_folder, authority, "bearer")
