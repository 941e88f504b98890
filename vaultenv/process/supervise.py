"""The program as a child process, with a thread that renews its secrets."""

from __future__ import annotations

from vaultenv.process.interpreter import complete, release
from vaultenv.references.cache import CachingReader
from vaultenv.references.cached_answers import CachedAnswers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vaultenv.basics.log import Log
    from vaultenv.client.api import Vault
    from vaultenv.references.cached_answers import BodyReader
    from vaultenv.references.reader import Reader
    from vaultenv.references.store import FileStore
    from vaultenv.settings import Settings

    ChildEnviron = Callable[[Reader | None, str, BodyReader | None], dict[bytes, bytes]]


def supervise(
    program: bytes,
    argv: Sequence[bytes],
    child_environ: ChildEnviron,
    settings: Settings,
    reader: Vault | FileStore | None,
    vault: Vault | None,
    log: Log,
    finish: Callable[[Settings, Vault | None, Log], None],
) -> int:
    """Run the program to its end and return its exit status. Secrets are renewed unless the token was revoked."""
    complete()
    from vaultenv.process.supervisor import Supervisor

    supervisor = Supervisor(program, argv, settings.daemon_action, settings.grace_s, log)
    cached = CachingReader(reader) if reader else None
    body_reader = CachedAnswers(reader, cached) if reader and cached else None
    environ = child_environ(cached, vault.token if vault else "", body_reader)
    finish(settings, vault, log)
    supervisor.prepare()
    if cached and vault and not settings.revoke_token:
        from _thread import start_new_thread

        from vaultenv.renewal.renewer import Renewer

        renewer = Renewer(
            lambda again, token: child_environ(again, token, body_reader),
            vault,
            cached,
            environ,
            settings,
            log,
            supervisor.change,
        )
        start_new_thread(renewer.run, ())
    release()
    return supervisor.run(environ)
