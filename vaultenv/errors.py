"""Everything that can go wrong before the program starts, by whose fault it is.

    VaultEnvError
    ├── InvalidReference     the author's: the text after `vault:` is not a reference
    ├── InvalidSetting       the operator's or author's: a VAULT_* variable has an unusable value
    ├── ProgramNotStarted    the author's: the program is missing (127) or cannot be run (126)
    ├── LoginFailed          Vault refused the login, or there is nothing to log in with
    ├── SecretNotFound       the path or the key is not in Vault
    ├── PermissionRefused    Vault knows the caller and refuses the path (403)
    └── VaultUnavailable     Vault, or the way to it, is down, sealed, too slow or not trusted

Each message says what, where, and what to do, and never holds a secret value.
"""


class VaultEnvError(Exception):
    """Base class of all errors that this package raises; `str()` is one line for people."""

    exit_status = 1


class InvalidReference(VaultEnvError):
    """A value looks like a Vault reference and is none."""


class InvalidSetting(VaultEnvError):
    """A setting of the launcher has a value that it cannot use."""


class ProgramNotStarted(VaultEnvError):
    """The program was not found (exit status 127) or could not be executed (126)."""

    def __init__(self, message: str, exit_status: int) -> None:
        super().__init__(message)
        self.exit_status = exit_status


class LoginFailed(VaultEnvError):
    """Vault refused the login, or the ServiceAccount token could not be read."""


class SecretNotFound(VaultEnvError):
    """The path or the key is not in Vault."""


class PermissionRefused(VaultEnvError):
    """Vault answered 403 to a read."""


class VaultUnavailable(VaultEnvError):
    """Vault cannot be reached in time, is sealed, or its certificate is not trusted."""
