"""A warning about variables that name a proxy: no client of a server uses one."""

import logging
from collections.abc import Mapping

_log = logging.getLogger(__name__)
_NAMES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY")


def warn_of_proxies(environ: Mapping[str, str]) -> None:
    """Log a warning that names the variables with a proxy, in either case; never their values, which may hold a password."""
    set_here = [name for name in environ if name.upper() in _NAMES and environ[name]]
    if set_here:
        _log.warning(
            "%s: no proxy is used: Vault, API server and registries are connected to directly",
            ", ".join(sorted(set_here)),
            extra={"fields": {}},
        )
