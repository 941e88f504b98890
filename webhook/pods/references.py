"""Which variables of a container carry Vault references, as the launcher will see them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from vaultenv.errors import InvalidReference
from vaultenv.references.grammar import parse
from vaultenv.references.invisible import ends_invisibly
from vaultenv.references.parts import LOGIN_MISPLACED, Ciphertext, Login
from vaultkube.deadline import UNLIMITED, Deadline
from webhook.pods.environment import (
    PREFIX,
    SETTINGS,
    TOKEN_VARIABLE,
    Sources,
    Variable,
    environment,
    overridden,
    utf8,
)

_PREFIX = PREFIX.encode()
_REMEMBERED_LENGTH = 512


@dataclass(frozen=True)
class References:
    """What one container asks of Vault: the paths it reads, by variable, and what is wrong with them.

    `ciphertexts` names variables that transit decrypts, `rewritten` those that the launcher changes without reading a
    path: `vault:login`, text that a backslash keeps from being a reference, and a reference that a later variable of the
    same name replaces, which whoever looks at the pod alone takes for one. `uncertain` names variables that may turn
    into a reference by what only the kubelet knows; `settings` are variables by which the container itself tells the
    launcher where to read, and as whom; `expands` tells whether any has a `$`, which the kubelet looks at. `invisible`
    names variables whose values end in a character that people do not see.
    """

    paths: tuple[tuple[str, str], ...] = ()
    ciphertexts: tuple[str, ...] = ()
    rewritten: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    uncertain: tuple[str, ...] = ()
    settings: Mapping[str, Variable] = field(default_factory=dict)
    expands: bool = False
    invisible: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.paths or self.ciphertexts or self.rewritten or self.problems)

    def count(self) -> int:
        """How many references there are."""
        return len(self.paths) + len(self.ciphertexts)

    def secret(self) -> frozenset[str]:
        """The variables that hold secrets in the program, and references before."""
        return frozenset([*(variable for variable, _ in self.paths), *self.ciphertexts])


_NOTHING = References()


def find_references(
    container: Mapping[str, Any], sources: Sources, deadline: Deadline = UNLIMITED
) -> References:
    """Return the references in the environment of `container`, with a problem for each that is malformed.

    Raises Refused where `environment` does, and OutOfTime.
    """
    found: dict[str, list[Any]] = {
        "paths": [],
        "ciphertexts": [],
        "rewritten": [],
        "problems": [],
        "invisible": [],
    }
    uncertain: list[str] = []
    settings: dict[str, Variable] = {}
    expands = False
    for variable in environment(container, sources):
        value, refers = variable.value, False
        if value and _PREFIX in value:
            deadline.check()
            refers = _note(variable, found, deadline)
        if (value is None or not variable.complete) and _may_become_one(variable, refers):
            uncertain.append(variable.name)
        expands = expands or variable.expanded
        if variable.name in SETTINGS:
            settings[variable.name] = variable
    for name, text in overridden(container):
        deadline.check()
        if PREFIX in text and _refers(utf8(text), deadline):
            found["rewritten"].append(name)
    if not (settings or uncertain or any(found.values())):
        return _NOTHING
    fields = {field_name: tuple(items) for field_name, items in found.items()}
    return References(**fields, uncertain=tuple(uncertain), settings=settings, expands=expands)


def _note(variable: Variable, found: Mapping[str, list[Any]], deadline: Deadline) -> bool:
    """Add what is to be said about one variable to the fields of `References`; return whether it refers to Vault.

    Only of a value that may be a reference: other text is not to be remembered, it may be secret.
    """
    name = variable.name
    if variable.complete and ends_invisibly(variable.value or b""):
        found["invisible"].append(name)
    try:
        asked = _asked(variable.value or b"", deadline)
    except InvalidReference as error:
        if variable.complete:
            told = error.without_text() if variable.is_secret() else f"{error.message} ({error.reference})"
            found["problems"].append(f"variable {name}{variable.where}: {told}")
        else:
            found["paths"].append((name, ""))
        return True
    if asked is None:
        return False
    if not variable.complete:
        found["paths"].append((name, ""))
        return True
    found["paths"] += [(name, path) for path in asked.paths]
    if asked.decrypts:
        found["ciphertexts"].append(name)
    elif not asked.paths:
        found["rewritten"].append(name)
        if name != TOKEN_VARIABLE and asked.logs_in:
            found["problems"].append(f"variable {name}{variable.where}: {LOGIN_MISPLACED}")
    return True


class _Asked(NamedTuple):
    """What one value asks of Vault: paths, in order; to decrypt; the token of the login."""

    paths: tuple[str, ...]
    decrypts: bool
    logs_in: bool


def _refers(value: bytes, deadline: Deadline) -> bool:
    try:
        return _asked(value, deadline) is not None
    except InvalidReference:
        return True


def _asked(value: bytes, deadline: Deadline) -> _Asked | None:
    """None for plain text; raises what `parse` raises. The pods of a workload bring the same references again and again."""
    return _asked_before(value) if len(value) <= _REMEMBERED_LENGTH else _read(value, deadline)


def _read(value: bytes, deadline: Deadline = UNLIMITED) -> _Asked | None:
    parsed = parse(value, deadline.check)
    if parsed is None:
        return None
    kinds = {type(part) for part in parsed.parts}
    return _Asked(tuple(sorted(parsed.paths())), Ciphertext in kinds, Login in kinds)


_asked_before = lru_cache(maxsize=1024)(_read)


def _may_become_one(variable: Variable, refers: bool) -> bool:
    """Whether the kubelet may make a reference of what only it knows: an annotation can be changed until the start."""
    if variable.value is None:
        return variable.from_annotation
    return refers or (b":" in variable.value and b"#" in variable.value)
