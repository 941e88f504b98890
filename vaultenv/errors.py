"""Errors before the start of the program, by the person who can correct them.

    VaultEnvError
    ├── InvalidReference     author: the text after `vault:` is not a reference
    ├── InvalidSetting       operator or author: a VAULT_* variable has an unusable value
    ├── InvalidUsage         author: the command line of the launcher is wrong
    ├── ProgramNotStarted    author: the program is missing (127) or cannot be executed (126)
    ├── ClientNotCreated     one of the following, or InvalidSetting, before the first read
    ├── LoginFailed          Vault refused the login, or the credentials cannot be read
    ├── SecretNotFound       the path is not in Vault
    │   └── KeyNotFound      the path is in Vault, the key or the version is not
    ├── SecretUnusable       the secret exists, but cannot become the text of a variable
    │   └── TooMuch          all values together are longer than the limit
    ├── PermissionRefused    Vault knows the caller and refuses the path (403)
    │   └── TokenRefused     Vault does not know the token (any more)
    ├── RequestRefused       Vault answered another 4xx: the request itself is wrong
    ├── VaultUnavailable     Vault, or the way to it, is down, sealed, too slow or not trusted
    │   └── NotVault         a request is refused by something that does not answer as Vault does
    ├── FileNotWritten       operator: a file of the agent cannot be written, because of its volume or its name
    └── NotResolved          one or more variables or files could not be resolved; lists every problem

Each message has the cause, the place and the remedy, and never a secret value.
"""

from __future__ import annotations

from vaultenv.basics.text import bounded

_LONGEST_MESSAGE = 1024
_LONGEST_REFERENCE = 240


class VaultEnvError(Exception):
    """Base class of all errors that this package raises; the first line of `str()` is complete by itself.

    `is_outage` means that Vault did not answer, but may answer later.
    """

    exit_status = 1
    is_outage = False


class InvalidReference(VaultEnvError):
    """A value looks like a Vault reference but is not valid; further lines point at the wrong character."""

    def __init__(self, message: str, reference: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.reference = reference
        self.offset = offset

    def __str__(self) -> str:
        return f"{self.message}\n{self.pointer()}"

    def pointer(self) -> str:
        """Return two lines: the reference, and a caret under the wrong character."""
        shown = "".join(char if char.isprintable() else "\ufffd" for char in self.reference)
        return f"    {shown}\n    {' ' * self.offset}^"

    def without_text(self) -> str:
        """Return the message for a secret value, with the position instead of its text."""
        return f"it begins as a reference, but is not valid from character {self.offset + 1} on: write vault:path#key"


class InvalidSetting(VaultEnvError):
    """A setting of the launcher has a value that it cannot use."""


class InvalidUsage(VaultEnvError):
    """The launcher's own command line is wrong."""


class ProgramNotStarted(VaultEnvError):
    """The program was not found (exit status 127) or could not be executed (126)."""

    def __init__(self, message: str, exit_status: int) -> None:
        super().__init__(message)
        self.exit_status = exit_status


class ClientNotCreated(VaultEnvError):
    """The client could not be created or logged in; the message has the reason."""

    def __init__(self, cause: VaultEnvError) -> None:
        super().__init__(f"failed to create vault client: {cause}")
        self.is_outage = cause.is_outage


class LoginFailed(VaultEnvError):
    """Vault refused the login, or the ServiceAccount token could not be read."""


class SecretNotFound(VaultEnvError):
    """The path is not in Vault."""


class KeyNotFound(SecretNotFound):
    """The path is in Vault, but the key or the version is not."""


class SecretUnusable(VaultEnvError):
    """A secret exists, but its value cannot become the text of an environment variable."""


class TooMuch(SecretUnusable):
    """A limit for all values together is reached: no value after this one can be replaced either."""


class PermissionRefused(VaultEnvError):
    """Vault answered 403 to a read."""


class TokenRefused(PermissionRefused):
    """Vault answered 403 because the token has ended or was revoked."""


class RequestRefused(VaultEnvError):
    """Vault answered a request with a 4xx status that is neither 403 nor 404."""


class VaultUnavailable(VaultEnvError):
    """Vault cannot be reached in time, is sealed, or its certificate is not trusted."""

    is_outage = True


class NotVault(VaultUnavailable):
    """A request was refused by a server that is not Vault, by the form of its answer."""

    is_outage = False


class FileNotWritten(VaultEnvError):
    """A file of the agent could not be written; the old file is unchanged."""


class NotResolved(VaultEnvError):
    """Some variables could not be resolved; `problems` has each variable's name, reference and error.

    `noun` is another word for values of an object.

    The first line names all problems; lines after it point into references that cannot be parsed.
    """

    def __init__(self, problems: list[tuple[str, str, VaultEnvError]], noun: str = "variable") -> None:
        summary = "; ".join(_sentence(noun, name, reference, error) for name, reference, error in problems)
        shown = [
            f"{name}:\n{error.pointer()}"
            for name, _, error in problems
            if isinstance(error, InvalidReference)
        ]
        super().__init__("\n".join([f"failed to inject secrets from vault: {summary}", *shown]))
        self.problems = problems
        self.is_outage = all(error.is_outage for _, _, error in problems)


def _sentence(noun: str, name: str, reference: str, error: VaultEnvError) -> str:
    message = bounded(error.message if isinstance(error, InvalidReference) else str(error), _LONGEST_MESSAGE)
    where = f"{noun} {name}, reference {bounded(reference, _LONGEST_REFERENCE)}" if reference else name
    return f"{message} ({where})"
