"""The program's environment: the launcher's own, without the launcher's variables, with the secrets."""

from __future__ import annotations

from vaultenv.variables import ALWAYS, UNLESS_LOGIN, VARIABLES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


def removed(login: bool, auth_method: str, passthrough: Collection[str] = ()) -> frozenset[bytes]:
    """Return the names of variables to remove from the program's environment; with `login` VAULT_TOKEN was `vault:login`.

    Variables of other auth methods than `auth_method` are the program's own.
    """
    when = (ALWAYS,) if login else (ALWAYS, UNLESS_LOGIN)
    return frozenset(
        variable.name.encode()
        for variable in VARIABLES
        if variable.removed in when and variable.name not in passthrough and variable.is_read(auth_method)
    )


def child_environ(
    environ: Mapping[bytes, bytes],
    references: Collection[bytes],
    resolved: Mapping[bytes, bytes],
    from_path: Mapping[bytes, bytes],
    without: Collection[bytes],
) -> dict[bytes, bytes]:
    """Return the child's variables, each name once, in their order, those of VAULT_ENV_FROM_PATH last.

    A name of `references` without an entry in `resolved` may be set by `from_path`, over which the rest of the launcher's
    own environment wins. An entry without a name is left out, as Python's execve refuses it.
    """
    own = {
        name: resolved.get(name, value)
        for name, value in environ.items()
        if name in resolved or name not in references
    }
    merged = own | {name: value for name, value in from_path.items() if name not in own}
    return {name: value for name, value in merged.items() if name and name not in without}
