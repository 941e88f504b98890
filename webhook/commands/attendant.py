"""The process that attends the one that serves: it looks after the certificate, and answers for health and metrics.

It is the first process, of which gunicorn's master is the child: whichever ends, so does the other. It shares nothing
with the workers but files, so that neither a busy nor a stuck worker, nor TLS, decides what a probe is told.
"""

import ctypes
import os
import signal
import socket
import sys
import time
from dataclasses import replace
from pathlib import Path

from vaultkube.apiserver.kubeconfig import Connection
from vaultkube.errors import InvalidSetting
from vaultkube.net.health import listen
from webhook.certificates.files import Files
from webhook.config.settings import Settings

_FORWARDED = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)
_PR_SET_PDEATHSIG = 1
_WAIT_S = 0.05


def attend(settings: Settings, connection: Connection, own_namespace: str, directory: Path) -> Settings | int:
    """Return twice: in a child process, the settings to serve by; in this one, when the child has ended, the exit status.

    The child returns when there is a certificate, whose files are in `directory`. InvalidSetting if the health listener cannot listen.
    """
    health = _listen(settings)
    files = Files(directory) if settings.certificate != "files" else None
    served = _with_files(settings, files) if files else settings
    sys.stderr.flush()
    parent, child = os.getpid(), os.fork()
    if not child:
        _end_with(parent)
        if health:
            health.close()
        while files and not all(map(os.path.exists, _awaited(served))):
            time.sleep(_WAIT_S)
        return served
    return _supervise(child, served, connection, own_namespace, files, health)


def _listen(settings: Settings) -> socket.socket | None:
    if settings.health_address is None:
        return None
    try:
        return listen(settings.health_address)
    except OSError as error:
        raise InvalidSetting(f"HEALTH_ADDRESS cannot be listened at: {error}") from None


def _with_files(settings: Settings, files: Files) -> Settings:
    pem, segments = str(files.pem), str(files.segments)
    if settings.certificate == "cert-manager":
        return replace(settings, path_segments_file=segments)
    return replace(settings, tls_cert_file=pem, tls_private_key_file=pem, path_segments_file=segments)


def _awaited(settings: Settings) -> tuple[str, str]:
    return settings.tls_cert_file, settings.path_segments_file


def _end_with(parent: int) -> None:
    """Have the kernel send SIGTERM to this process when its parent ends: prctl(2)."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit(1)


def _supervise(
    child: int,
    settings: Settings,
    connection: Connection,
    own_namespace: str,
    files: Files | None,
    health: socket.socket | None,
) -> int:
    """Do the attendant's work until the child ends, and return the child's exit status."""
    from webhook.commands.attending import Attendant  # what only this process needs

    attendant = Attendant(settings, connection, own_namespace, files, health)
    ending = False

    def forward(number: int, _frame: object) -> None:
        nonlocal ending
        ending = True
        attendant.ending()
        os.kill(child, number)

    for number in _FORWARDED:
        signal.signal(number, forward)
    attendant.start()
    _, status = os.waitpid(child, 0)
    for number in _FORWARDED:
        signal.signal(number, signal.SIG_IGN)
    attendant.stop()
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        return 0 if ending and -code in _FORWARDED else 128 - code
    return code
