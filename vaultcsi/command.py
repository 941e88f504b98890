"""`vault-webhook csi-provider`: the provider on a node, until SIGTERM. Settings are flags and variables: docs/csi.md."""

import os
import signal
import sys
import threading
from functools import partial

from vaultcsi.settings import Settings, read_settings, usage
from vaultkube.allocator import give_back_large_blocks, share_heaps
from vaultkube.errors import InvalidSetting
from vaultkube.log import configure_logging

_READY_BUDGET_S = 1.5
_HEAPS = 2


def run(arguments: list[str]) -> int:
    """Serve until SIGTERM or SIGINT; raise InvalidSetting if the settings cannot be used."""
    if {"-h", "-help", "--help"} & set(arguments):
        print(usage())
        raise SystemExit(0)
    settings = read_settings(arguments, os.environ)
    configure_logging(settings.log_level)
    give_back_large_blocks()
    share_heaps(_HEAPS)
    try:
        import grpc  # noqa: F401  # an extra, and 20 MiB: for this command alone
    except ModuleNotFoundError:
        raise InvalidSetting(
            "grpcio is not installed: pip install 'vault-webhook[csi]', or use the image of target csi-provider"
        ) from None
    _serve(settings)
    return 0


def _serve(settings: Settings) -> None:
    from vaultcsi.cluster.version_key import VersionKey
    from vaultcsi.mounting.mounter import Mounter
    from vaultcsi.mounting.upkeep import Upkeep
    from vaultcsi.serving.health import Health
    from vaultcsi.serving.poll_events import PollEvents
    from vaultcsi.serving.server import Server
    from vaultcsi.serving.service import Service
    from vaultcsi.serving.socket_file import SocketFile
    from vaultcsi.vault.access import Accesses
    from vaultcsi.vault.connections import Connections
    from vaultcsi.vault.renewals import Renewals
    from vaultkube.apiserver.client import Cluster
    from vaultkube.apiserver.kubeconfig import find_connection
    from vaultkube.deadline import Deadline

    connection = find_connection(os.environ)
    cluster = Cluster(connection, caller="the provider's ServiceAccount")
    key = VersionKey(
        cluster, os.environ.get("POD_NAMESPACE") or connection.namespace, settings.hmac_secret_name
    )
    socket_file = SocketFile(settings.endpoint)
    connections, accesses = Connections(), Accesses(settings.most_logins)
    mounter = Mounter(settings, cluster, key, connections, accesses)
    service = Service(mounter, PollEvents(cluster, settings.node))
    server = Server(service, socket_file, settings.threads, settings.mount_timeout_s)
    upkeep = Upkeep(accesses, Renewals(connections), cluster, settings.node)

    def problem() -> str:
        if not socket_file.is_ours():
            return f"the socket {settings.endpoint} is not this provider's"
        return "" if cluster.ready(Deadline(_READY_BUDGET_S)) else "the API server does not answer"

    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, partial(_end, ended))
    health = Health(settings.health_address, problem)
    try:
        server.start()
    except (OSError, RuntimeError) as error:
        raise InvalidSetting(
            f"the socket {settings.endpoint} cannot be made ({error}): its folder must be writable"
        ) from None
    health.start()
    upkeep.start(settings.renewal_interval_s, settings.pods_interval_s)
    print(f"vault-webhook csi-provider: serving at {settings.endpoint}", file=sys.stderr, flush=True)
    ended.wait()
    server.stop(settings.drain_s)
    upkeep.stop()
    health.close()


def _end(ended: threading.Event, _number: int, _frame: object) -> None:
    ended.set()
