"""`vault-webhook csi-provider`: the provider on a node, until SIGTERM. Settings are flags and variables: docs/csi.md."""

import os
import sys

from vaultcsi.flags import InvalidFlags
from vaultcsi.settings import read_settings, usage
from vaultcsi.unused_modules import leave_out_unused_modules
from vaultenv import __version__
from vaultkube.allocator import give_back_large_blocks, share_heaps
from vaultkube.errors import InvalidSetting
from vaultkube.log import configure_logging
from vaultkube.net.proxies import warn_of_proxies
from vaultkube.printable import printable


def run(arguments: list[str]) -> int:
    """Serve until SIGTERM or SIGINT; raise InvalidSetting for unusable settings. As in Go, an unknown flag is status 2."""
    if {"-h", "--h", "-help", "--help"} & set(arguments):
        print(usage())
        raise SystemExit(0)
    if {"-version", "--version"} & set(arguments):
        print(f"vault-webhook {__version__}")
        return 0
    try:
        settings = read_settings(arguments, os.environ)
    except InvalidFlags as error:
        print(f"vault-webhook csi-provider: {printable(str(error))}", file=sys.stderr)
        return 2
    configure_logging(settings.log_level)
    warn_of_proxies(os.environ)
    give_back_large_blocks()
    share_heaps()
    leave_out_unused_modules()
    try:
        import grpc  # noqa: F401  # an extra, and 20 MiB: for this command only
    except ModuleNotFoundError:
        raise InvalidSetting(
            "grpcio is not installed: use the image of target csi-provider, or in a clone of the repository: pip install '.[csi]'"
        ) from None
    from vaultcsi.application import Provider

    Provider(settings).serve()
    return 0
