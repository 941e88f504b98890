"""gunicorn, with settings for the API server as its only client.

The API server holds idle connections for 90 s, and does not retry a POST on a connection that was reset. So gunicorn
holds them longer, and finishes running requests after SIGTERM.
"""

import logging
import socket
from collections.abc import Callable, Mapping
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from vaultkube.errors import InvalidSetting
from vaultkube.metrics import mark_dead
from webhook.config.settings import Settings
from webhook.serving.tls import ReloadingContext

_log = logging.getLogger(__name__)
_KEEP_ALIVE_S = 95
_GRACEFUL_S = 15
_HEARTBEAT_S = 30
_CONNECTIONS = 1000


def serve(settings: Settings, import_app: Callable[[], Callable[[], Any]]) -> None:
    """Serve a WSGI application until SIGTERM, within `vaultkube.metrics.shared_directory`.

    Each worker process calls the function that `import_app` returns once.
    """
    chosen = options(settings)
    load = import_app()
    fields = {"address": settings.listen_address, "tls": bool(settings.tls_cert_file)}
    _log.info("serving", extra={"fields": fields})
    if settings.tls_cert_file and not settings.path_segments_file:
        _log.warning("every client that reaches the port gets answers: set PATH_SEGMENTS_FILE")
    _Server(chosen, load).run()


def options(settings: Settings) -> Mapping[str, Any]:
    """Return gunicorn's settings."""
    chosen: dict[str, Any] = {
        "bind": _bind(settings.listen_address),
        "worker_class": "webhook.serving.worker.Worker",
        "workers": settings.workers,
        "threads": settings.threads,
        "worker_connections": _CONNECTIONS,
        "keepalive": _KEEP_ALIVE_S,
        "graceful_timeout": _GRACEFUL_S,
        "timeout": _HEARTBEAT_S,
        "control_socket_disable": True,
        "worker_tmp_dir": settings.metrics_dir,
        "logger_class": _Log,
        "loglevel": "error",  # a warning for each request that is none would be a flood
        "child_exit": lambda _server, worker: mark_dead(worker.pid),
    }
    if settings.tls_cert_file:
        contexts = _contexts(settings)
        chosen["certfile"] = settings.tls_cert_file
        chosen["keyfile"] = settings.tls_private_key_file
        chosen["ssl_context"] = lambda _config, _default: contexts.get()
    return chosen


def _contexts(settings: Settings) -> ReloadingContext:
    files = settings.tls_cert_file, settings.tls_private_key_file
    try:
        return ReloadingContext(*files, _log.error, settings.client_ca_file)
    except OSError as error:
        raise InvalidSetting(
            f"TLS_CERT_FILE={files[0]}, TLS_PRIVATE_KEY_FILE={files[1]} or "
            f"TLS_CLIENT_CA_FILE={settings.client_ca_file} cannot be used: {error}"
        ) from None


def _bind(address: str) -> str:
    if not address.startswith(":"):
        return address
    return f"[::]{address}" if _has_ipv6() else f"0.0.0.0{address}"  # noqa: S104


def _has_ipv6() -> bool:
    """Return whether the node has IPv6, with which one socket listens on all IPv4 addresses too."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::", 0))
    except OSError:
        return False
    return True


class _Log(Logger):  # type: ignore[misc]
    """gunicorn's log, as lines of ours: without the texts of exceptions, and without paths, whose segment is a secret."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True

    def exception(self, msg: object, *_args: Any, **kwargs: Any) -> None:
        text = msg.partition(" %")[0] if isinstance(msg, str) else type(msg).__name__
        self.error_log.error(text, exc_info=True, **kwargs)


class _Server(BaseApplication):  # type: ignore[misc]
    def __init__(self, chosen: Mapping[str, Any], load: Callable[[], Any]) -> None:
        self._chosen = chosen
        self._load = load
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._chosen.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        return self._load()
