"""The choice of the launcher's token: from a setting, from a file, or from a login."""

from __future__ import annotations

from vaultenv.basics.files import read_file, reason
from vaultenv.errors import LoginFailed
from vaultenv.references.parts import LOGIN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from vaultenv.basics.log import Log
    from vaultenv.client.api import Vault
    from vaultenv.client.wire import Meanwhile
    from vaultenv.settings import Settings

_LIMIT = 64 * 1024


def log_in(
    vault: Vault, settings: Settings, log: Log, reads: int = 0, meanwhile: Meanwhile | None = None
) -> None:
    """Log the client in; `reads` is the number of reads to follow, so that a second connection can be prepared, and
    `meanwhile` is called while Vault works on a login. Raises LoginFailed and the errors of `Vault.login` and `Vault.unwrap`.
    """
    token = settings.token if is_static(settings) else token_in_file(settings)
    if token:
        vault.use(token)
        if settings.unwrap_token:
            vault.unwrap()
        return
    vault.login(reads, meanwhile)
    log.info("received new Vault token")
    log.info("initial Vault token arrived")


def is_static(settings: Settings) -> bool:
    """Return whether the token is that of VAULT_TOKEN, which wins over VAULT_TOKEN_PATH; VAULT_TOKEN_FILE wins over both."""
    return bool(settings.token and settings.token != LOGIN.decode() and not settings.token_file)


def token_in_file(settings: Settings) -> str:
    """Return the current token in VAULT_TOKEN_FILE, else in VAULT_TOKEN_PATH if that file exists; else "".

    Raises LoginFailed.
    """
    if settings.token_file:
        return _alone(_token_of(settings.token_file, "VAULT_TOKEN_FILE"), "VAULT_TOKEN_FILE")
    try:
        token = _token_of(settings.token_path, "VAULT_TOKEN_PATH") if settings.token_path else ""
    except LoginFailed:
        return ""
    return _alone(token, "VAULT_TOKEN_PATH")


def _token_of(path: str, variable: str) -> str:
    try:
        token = read_file(path, _LIMIT).decode("ascii", "replace").strip()
    except OSError as error:
        raise LoginFailed(
            f"failed to read token file: open {path}: {reason(error)}: check {variable}"
        ) from None
    if not token:
        raise LoginFailed(f"failed to read token file: {path} is empty: check {variable}")
    return token


def _alone(token: str, variable: str) -> str:
    if not token.isascii() or not token.isprintable():
        raise LoginFailed(f"failed to read token file: it holds more than a token: check {variable}")
    return token
