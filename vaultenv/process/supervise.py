"""The program as a child process, with a thread that renews its secrets."""

from __future__ import annotations

from vaultenv.process.interpreter import complete, release
from vaultenv.references.cache import CachingReader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vaultenv.basics.log import Log
    from vaultenv.client.api import Vault
    from vaultenv.references.reader import Reader
    from vaultenv.settings import Settings


def supervise(
    program: bytes,
    argv: Sequence[bytes],
    child_environ: Callable[[Reader | None, str], dict[bytes, bytes]],
    settings: Settings,
    reader: Reader | None,
    vault: Vault | None,
    log: Log,
    finish: Callable[[Settings, Vault | None, Log], None],
) -> int:
    """Run the program to its end and return its exit status. Secrets are renewed unless the token was revoked."""
    complete()
    from vaultenv.process.supervisor import Supervisor

    supervisor = Supervisor(program, argv, settings.daemon_action, settings.grace_s, log)
    cached = CachingReader(reader) if reader else None
    environ = child_environ(cached, vault.token if vault else "")
    finish(settings, vault, log)
    supervisor.prepare()
    if cached and vault and not settings.revoke_token:
        from _thread import start_new_thread

        from vaultenv.renewal.renewer import Renewer

        renewer = Renewer(child_environ, vault, cached, environ, settings, log, supervisor.change)
        start_new_thread(renewer.run, ())
    release()
    return supervisor.run(environ)
