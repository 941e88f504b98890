"""`vault-webhook sync`: the operator, until SIGTERM, or with `--once` for one round. Settings: docs/sync.md."""

import os
import sys

from vaultkube.allocator import give_back_large_blocks, share_heaps
from vaultkube.log import configure_logging
from vaultkube.net.proxies import warn_of_proxies
from vaultsync.errors import SyncError
from vaultsync.settings import read_settings


def run(arguments: list[str]) -> int:
    """Run the operator, or one round of its work; return the exit status; raise InvalidSetting if the settings cannot be used."""
    settings = read_settings(arguments, os.environ)
    configure_logging(settings.log_level)
    warn_of_proxies(os.environ)
    give_back_large_blocks()
    share_heaps()
    from vaultsync.application import Operator

    operator = Operator(settings)
    if not settings.once:
        return operator.serve()
    try:
        return operator.once()
    except SyncError as error:
        print(f"vault-webhook sync: {error}", file=sys.stderr)
        return 1
