"""The sequence from start to exec."""

import gc

from vaultenv import __version__, environment
from vaultenv.command_line import HELP, INSTALL, RUN, VERSION, Command, parse_command_line
from vaultenv.deadline import Deadline
from vaultenv.errors import VaultEnvError
from vaultenv.frompath import parse_from_path
from vaultenv.log import Log, write_all
from vaultenv.program import execute, find_program
from vaultenv.reference import LOGIN, has_reference
from vaultenv.resolve import Transit, resolve
from vaultenv.resolve import from_path as resolve_paths
from vaultenv.settings import Settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from vaultenv.reader import Reader

_STDOUT = 1


def run(argv: list[bytes], environ: dict[bytes, bytes]) -> int:
    """Start the program that `argv` names after the launcher itself; returns an exit status only without
    exec.
    """
    gc.disable()
    log = Log()
    try:
        command = parse_command_line(argv[1:])
        if command.action != RUN:
            return _other(command, argv[0])
        settings = Settings(environ)
        log = Log(settings.log_level, settings.json_log)
        return _launch(command.words, environ, settings, log)
    except VaultEnvError as error:
        log.error(str(error))
        return error.exit_status


def _other(command: Command, itself: bytes) -> int:
    if command.action == INSTALL:
        from vaultenv.install import install

        install(command.words[0], itself)
    else:
        write_all(_STDOUT, (f"vault-env {__version__}\n" if command.action == VERSION else HELP).encode())
    return 0


def _launch(words: tuple[bytes, ...], environ: "Mapping[bytes, bytes]", settings: Settings, log: Log) -> int:
    program = find_program(words[0], environ.get(b"PATH", b""))
    child = _child_environ(environ, settings, log)
    log.debug("spawning process: " + program.decode("utf-8", "backslashreplace"))
    execute(program, words, child)
    return 0


def _child_environ(environ: "Mapping[bytes, bytes]", settings: Settings, log: Log) -> dict[bytes, bytes]:
    login = settings.token == LOGIN.decode()
    without = environment.removed(login, settings.passthrough)
    values = {name: value for name, value in environ.items() if name not in without and has_reference(value)}
    if login:
        values.pop(b"VAULT_TOKEN", None)
    resolved: dict[bytes, bytes] = {}
    from_path: dict[bytes, bytes] = {}
    if values or settings.from_path or login:
        reader, token = _reader(settings, log)
        transit = Transit(settings.transit_key, settings.transit_mount, settings.transit_batch_size)
        resolved = resolve(values, reader, transit=transit, ignore_missing=settings.ignore_missing)
        from_path = resolve_paths(
            parse_from_path(settings.from_path), reader, ignore_missing=settings.ignore_missing
        )
        if login:
            resolved[b"VAULT_TOKEN"] = token.encode()
    return environment.child_environ(environ, values, resolved, from_path, without)


def _reader(settings: Settings, log: Log) -> "tuple[Reader, str]":
    """The file store, or a client that is logged in, and its token."""
    if settings.address.startswith("file://"):
        from vaultenv.store import open_store

        return open_store(settings.address), ""
    from vaultenv.client.api import open_vault
    from vaultenv.client.session import log_in

    vault = open_vault(settings, Deadline(settings.timeout_s), log)
    log_in(vault, settings, log)
    return vault, vault.token
