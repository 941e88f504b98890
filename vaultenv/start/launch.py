"""The sequence from start to exec."""

from __future__ import annotations

import time

from vaultenv.basics.deadline import Deadline
from vaultenv.basics.log import Log, write_all
from vaultenv.basics.system import posix
from vaultenv.basics.text import shown
from vaultenv.errors import ClientNotCreated, VaultEnvError
from vaultenv.process.program import execute, find_program
from vaultenv.settings import Settings
from vaultenv.start.command_line import (
    AGENT,
    AGENT_STATUS,
    CHECK,
    HELP,
    INSTALL,
    RUN,
    USAGE,
    VERSION,
    Command,
    parse_command_line,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from vaultenv.client.api import Vault
    from vaultenv.references.reader import Reader
    from vaultenv.references.store import FileStore
    from vaultenv.start.plan import Plan

IMPATIENT_S = 0.5
"""The time limit for Vault if the values of the container's first process can be reused instead."""
_REVOKE_RETRIES = 2
"""The repetitions of a revocation, without which the program starts as well."""
_STDOUT = 1


def run(argv: list[bytes], environ: dict[bytes, bytes]) -> int:
    """Start the program that `argv` names after the launcher; return an exit status only if it is not
    executed.
    """
    log = Log()
    try:
        command = parse_command_line(argv[1:])
        if command.action in (INSTALL, USAGE, VERSION):
            return _other(command, argv[0])
        settings = Settings(environ)
        log = Log(settings.log_level, settings.json_log, settings.log_server)
        if command.action == CHECK:
            return _check(environ, settings, log)
        if command.action != RUN:
            return _agent(command, environ, settings, log)
        return _launch(command.words, environ, settings, log)
    except VaultEnvError as error:
        log.error(str(error))
        return error.exit_status


def _other(command: Command, itself: bytes) -> int:
    if command.action == INSTALL:
        from vaultenv.start.install import install

        install(command.words[0], itself)
    else:
        from vaultenv import __version__

        write_all(_STDOUT, (f"vault-env {__version__}\n" if command.action == VERSION else HELP).encode())
    return 0


def _check(environ: Mapping[bytes, bytes], settings: Settings, log: Log) -> int:
    from vaultenv.start.check import report
    from vaultenv.start.plan import Plan

    plan = Plan(environ, settings, log)
    reader, vault = _open(settings, log, plan) if plan.needs_vault else (None, None)
    write_all(_STDOUT, report(plan, reader, vault or reader).encode())
    return 0


def _agent(command: Command, environ: Mapping[bytes, bytes], settings: Settings, log: Log) -> int:
    if command.action == AGENT_STATUS:
        from vaultenv.agent.status import report

        return report(settings, shown(command.words[0]))
    from vaultenv.agent.run import run

    return run(environ, settings, log, stays=command.action == AGENT)


def _launch(words: tuple[bytes, ...], environ: Mapping[bytes, bytes], settings: Settings, log: Log) -> int:
    from vaultenv.start.plan import Plan

    program = find_program(words[0], environ.get(b"PATH", b""))
    is_first = posix.getpid() == 1
    plan = Plan(environ, settings, log, is_first)
    running = _running_environ(plan) if plan.needs_vault and not is_first else None
    if running is not None and settings.reuse and not plan.login:
        log.debug("values reused from the running program")
        execute(program, words, running)
    try:
        return _start(program, words, plan, settings, log, is_patient=running is None)
    except VaultEnvError as error:
        if running is None or not error.is_outage:
            raise
        log.warn(f"{error}: values reused from the running program")
    execute(program, words, running)
    return 0


def _running_environ(plan: Plan) -> dict[bytes, bytes] | None:
    from vaultenv.start.reuse import running_environ

    return running_environ(plan)


def _start(
    program: bytes, words: tuple[bytes, ...], plan: Plan, settings: Settings, log: Log, is_patient: bool
) -> int:
    """Resolve the references of the plan, and execute the program or supervise it; return its exit status.

    Without patience, as for a probe or hook beside a running program, the configured delay is left out.
    """
    reader, vault = _open(settings, log, plan, is_patient) if plan.needs_vault else (None, None)
    finish = _finish if is_patient else _revoke
    if settings.daemon:
        return _supervise(program, words, plan, settings, reader, vault, log, finish)
    child = plan.child_environ(_reading_once(plan, reader), vault.token if vault else "", vault or reader)
    finish(settings, vault, log)
    log.debug("spawning process: " + shown(program))
    execute(program, words, child)
    return 0


def _open(
    settings: Settings, log: Log, plan: Plan, is_patient: bool = True
) -> tuple[Vault | FileStore, Vault | None]:
    """Return (reader, vault): the same client twice, or the file store and None. Raises ClientNotCreated."""
    try:
        return _connected(settings, log, plan, is_patient)
    except VaultEnvError as error:
        raise ClientNotCreated(error) from None


def _connected(
    settings: Settings, log: Log, plan: Plan, is_patient: bool
) -> tuple[Vault | FileStore, Vault | None]:
    if settings.address.startswith("file://"):
        from vaultenv.references.store import open_store

        return open_store(settings.address), None
    from vaultenv.client.open import open_vault

    deadline = Deadline(settings.timeout_s)
    if not is_patient:
        deadline = Deadline(min(deadline.remaining_s(), IMPATIENT_S))
    vault = open_vault(settings, deadline, log, is_patient, at_once=True)
    from vaultenv.client.session import log_in

    log_in(vault, settings, log, plan.reads, plan.prepare)
    return vault, vault


def _reading_once(plan: Plan, reader: Reader | None) -> Reader | None:
    """Return a reader that requests a secret once, even if references and VAULT_ENV_FROM_PATH both name it."""
    if reader is None or not (plan.values and plan.paths):
        return reader
    from vaultenv.references.cache import CachingReader

    return CachingReader(reader)


def _finish(settings: Settings, vault: Vault | None, log: Log) -> None:
    """Revoke the token if configured, and wait for the configured delay: the last steps before the program."""
    _revoke(settings, vault, log)
    if settings.delay_s:
        time.sleep(settings.delay_s)


def _revoke(settings: Settings, vault: Vault | None, log: Log) -> None:
    """Revoke the token if configured; the program starts as well if that fails."""
    if settings.revoke_token and vault:
        try:
            vault.call("PUT", "auth/token/revoke-self", "{}", retries=_REVOKE_RETRIES)
        except VaultEnvError as error:
            log.warn(f"failed to revoke token: {error}")


def _supervise(
    program: bytes,
    words: tuple[bytes, ...],
    plan: Plan,
    settings: Settings,
    reader: Vault | FileStore | None,
    vault: Vault | None,
    log: Log,
    finish: Callable[[Settings, Vault | None, Log], None],
) -> int:
    import gc

    from vaultenv.process.supervise import supervise

    gc.enable()
    return supervise(program, words, plan.child_environ, settings, reader, vault, log, finish)
