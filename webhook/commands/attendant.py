"""The attendant: the process beside the server, for the certificate, health and metrics.

It is the first process, and gunicorn's master is its child: when one ends, so does the other. It shares only files with
the workers, so that neither a busy nor a stuck worker, nor TLS, changes its answer to a probe.
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
from vaultkube.net.health import listen
from webhook.certificates.files import Files
from webhook.config.settings import Settings

_FORWARDED = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)
_PR_SET_PDEATHSIG = 1
_WAIT_S = 0.05


def attend(settings: Settings, connection: Connection, own_namespace: str, directory: Path) -> Settings | int:
    """Fork, and return in the child the settings of the server, in this process the child's exit status.

    The child returns when there is a certificate, whose files are in `directory`; this process returns when the child
    has ended. Raises InvalidSetting if nothing can listen at the health address.
    """
    address = settings.health_address
    health = listen(address, "HEALTH_ADDRESS") if address else None
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


def _with_files(settings: Settings, files: Files) -> Settings:
    pem, segments = str(files.pem), str(files.segments)
    if settings.certificate == "cert-manager":
        return replace(settings, path_segments_file=segments)
    return replace(settings, tls_cert_file=pem, tls_private_key_file=pem, path_segments_file=segments)


def _awaited(settings: Settings) -> tuple[str, str]:
    return settings.tls_cert_file, settings.path_segments_file


def _end_with(parent: int) -> None:
    """Make the kernel send SIGTERM to this process when its parent ends: prctl(2)."""
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
    from webhook.commands.attending import Attendant  # only this process needs it

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
