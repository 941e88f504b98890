"""The variables of a container that contain Vault references, as the launcher will get them."""

from collections import defaultdict
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from vaultenv.errors import InvalidReference
from vaultenv.references.near_miss import INSIDE, stray_characters
from vaultenv.references.parts import LOGIN_MISPLACED
from vaultkube.deadline import UNLIMITED, Deadline
from vaultkube.documents.utf8 import utf8
from vaultkube.problem import FieldPath, Problem
from vaultkube.wire.containers import Container
from webhook.config.annotations import TEMPLATES_VARIABLE
from webhook.pods.environment import (
    FROM_PATH_VARIABLE,
    FROM_SOURCE,
    PREFIX,
    PROXIES,
    SETTINGS,
    TOKEN_VARIABLE,
    Sources,
    Variable,
    environment,
    overridden,
)
from webhook.pods.values import has_references, read_value

_PREFIX = PREFIX.encode()
_SOURCES = frozenset([FROM_PATH_VARIABLE, TEMPLATES_VARIABLE])
_FROM_VAULT = (
    "vault-env asks Vault with this token, so it cannot be read from there: give the variable another name, or write "
    "vault:login for the token of the login"
)


class References(NamedTuple):
    """The references of one container: the paths that it reads, by variable, and the problems of malformed ones.

    `ciphertexts` names variables that transit decrypts. `rewritten` names those that the launcher changes without
    reading a path: `vault:login`, text in which a backslash escapes a reference, and a reference that a later variable
    of the same name replaces, although a reader of the pod would still see it. `uncertain` names variables that may
    become a reference by a value that only the kubelet knows. `settings` are variables in which the container itself
    sets the launcher's paths, key or login. `expands` is whether any variable has a `$(`, which the kubelet expands.
    `places` are the paths in the container of the variables in `paths`, `ciphertexts` and `uncertain`. `near_misses` are
    warnings about values that are probably meant as a reference, or as another one.

    A variable is listed once for each of its possible values: a value that an optional key replaces counts if that key
    is removed. `doubled` names variables with several values, one of them a reference. `steering` has name and origin
    of variables from `envFrom` that are Vault's or name a proxy. `missing` names the sources, keys and files that do
    not exist yet and may contain references. `names` has all variables of `env`.
    """

    paths: tuple[tuple[str, str], ...] = ()
    ciphertexts: tuple[str, ...] = ()
    rewritten: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    uncertain: tuple[str, ...] = ()
    doubled: tuple[str, ...] = ()
    steering: tuple[tuple[str, str], ...] = ()
    missing: tuple[str, ...] = ()
    settings: Mapping[str, Variable] = MappingProxyType({})
    places: Mapping[str, FieldPath] = MappingProxyType({})
    expands: bool = False
    near_misses: tuple[Problem, ...] = ()
    names: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.paths or self.ciphertexts or self.rewritten or self.problems)

    def names_sources(self) -> bool:
        """Return whether the container's own variables name paths or templates, which bring further variables."""
        return not _SOURCES.isdisjoint(self.settings)

    def number(self) -> int:
        """Return the number of references."""
        return len(self.paths) + len(self.ciphertexts)

    def secret(self) -> frozenset[str]:
        """Return the variables that contain secrets in the program, and references before."""
        return frozenset([*[variable for variable, _ in self.paths], *self.ciphertexts])


_Found = defaultdict[str, list[Any]]
"""The items of each field of `References`."""


def find_references(container: Container, sources: Sources, deadline: Deadline = UNLIMITED) -> References:
    """Return the references in the environment of `container`, with a problem for each malformed one.

    Raises the Refused of `environment`, and OutOfTime.
    """
    variables = environment(container, sources)
    names = variables.names
    is_doubled = len(names) < len(container.get("env") or ())
    replaced = [each for each in overridden(container) if PREFIX in each[1]] if is_doubled else ()
    if not (variables.found or variables.missing or replaced):
        return References(names=names)
    found: _Found = defaultdict(list)
    settings: dict[str, Variable] = {}
    places: dict[str, FieldPath] = {}
    expands = False
    hidden = variables.replaced
    for variable in (*variables.hidden(), *variables.found.values()):
        name = variable.name
        if _look(variable, found, deadline):
            places[name] = variable.path
            if name in hidden:
                found["doubled"].append(name)
        if variable.path is FROM_SOURCE and (name.startswith("VAULT_") or name in PROXIES):
            found["steering"].append((name, variable.origin))
        expands = expands or variable.expanded
        if name in SETTINGS:
            settings[name] = variable._replace(value=None) if name in hidden else variable
    for name, text in replaced:
        deadline.check()
        if has_references(utf8(text), deadline):
            found["rewritten"].append(name)
            found["doubled"].append(name)
    found["missing"] += dict.fromkeys(variables.missing)
    fields = {field_name: tuple(items) for field_name, items in found.items()}
    return References(**fields, settings=settings, places=places, expands=expands, names=names)


def _look(variable: Variable, found: _Found, deadline: Deadline) -> bool:
    """Add the references of one variable to the fields of `References`; return whether it is named there.

    The launcher reads no reference in a template.
    """
    value, refers = variable.value, False
    if variable.name == TEMPLATES_VARIABLE:
        return False
    if value and _PREFIX in value:
        deadline.check()
        refers = _note(variable, value, found, deadline)
    if (value is None or not variable.complete) and _may_become_reference(variable, refers):
        found["uncertain"].append(variable.name)
        refers = True
    return refers


def _note(variable: Variable, value: bytes, found: _Found, deadline: Deadline) -> bool:
    """Add the references in the value of one variable to the fields of `References`; return whether there are any."""
    name = variable.name
    try:
        read = read_value(value, deadline)
    except InvalidReference as error:
        return _note_malformed(variable, value, error, found)
    if not variable.complete:
        found["paths"] += [(name, "")] if read.refers else []
        return read.refers
    if read.paths:
        found["paths"] += [(name, path) for path in read.paths]
    elif read.refers and not read.decrypts:
        found["rewritten"].append(name)
        if read.logs_in and name != TOKEN_VARIABLE:
            _add_problem(variable, LOGIN_MISPLACED, found)
    if read.decrypts:
        found["ciphertexts"].append(name)
    if name == TOKEN_VARIABLE and (read.paths or read.decrypts):
        _add_problem(variable, _FROM_VAULT, found)
    if read.near_miss and not (
        variable.expanded and read.near_miss == INSIDE
    ):  # $(NAME) has a warning of its own
        _add_near_miss(variable, read.near_miss, found)
    return read.refers


def _note_malformed(variable: Variable, value: bytes, error: InvalidReference, found: _Found) -> bool:
    """Add the problem of a malformed reference, and return True."""
    if not variable.complete:
        found["paths"].append((variable.name, ""))
        return True
    _add_problem(
        variable,
        error.without_text() if variable.is_secret() else f"{error.message} ({error.reference})",
        found,
    )
    if warning := stray_characters(value):
        _add_near_miss(variable, warning, found)
    return True


def _add_problem(variable: Variable, reason: str, found: _Found) -> None:
    message = f"variable {variable.name}{variable.origin}: {reason}"
    found["problems"].append(Problem("reference", variable.path, message))


def _add_near_miss(variable: Variable, warning: str, found: _Found) -> None:
    message = f"variable {variable.name}{variable.origin}: {warning}"
    found["near_misses"].append(Problem("near-miss", variable.path, message))


def _may_become_reference(variable: Variable, refers: bool) -> bool:
    """Return whether a value that only the kubelet knows may become a reference.

    An annotation can change until the start.
    """
    if variable.value is None:
        return variable.any_text
    return refers or (b":" in variable.value and b"#" in variable.value)
