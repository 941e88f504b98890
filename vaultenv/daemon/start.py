"""Starting the program as a child, with a keeper of its secrets beside it."""

from vaultenv.cache import CachingReader
from vaultenv.daemon.interpreter import complete

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vaultenv.client.api import Vault
    from vaultenv.log import Log
    from vaultenv.plan import Plan
    from vaultenv.reader import Reader
    from vaultenv.settings import Settings


def supervise(
    program: bytes,
    argv: "Sequence[bytes]",
    plan: "Plan",
    settings: "Settings",
    reader: "Reader | None",
    vault: "Vault | None",
    log: "Log",
    finish: "Callable[[Settings, Vault | None, Log], None]",
) -> int:
    """Run the program to its end; its exit status. Secrets are kept alive unless the token was revoked."""
    complete()
    from vaultenv.daemon.supervisor import Supervisor

    supervisor = Supervisor(program, argv, settings.daemon_action, settings.grace_s, log)
    cached = CachingReader(reader) if reader else None
    environ = plan.child_environ(cached, vault.token if vault else "")
    finish(settings, vault, log)
    supervisor.prepare()
    if cached and vault and not settings.revoke_token:
        from _thread import start_new_thread

        from vaultenv.daemon.keeper import Keeper

        keeper = Keeper(plan, vault, cached, environ, settings, log, supervisor.change)
        start_new_thread(keeper.run, ())
    return supervisor.run(environ)
