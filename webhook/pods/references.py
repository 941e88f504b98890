"""Which variables of a container carry Vault references, as the launcher will see them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from vaultenv.errors import InvalidReference
from vaultenv.reference import has_reference, parse
from webhook.facts import KINDS, Source, Values
from webhook.pods.expansion import expand

Sources = Mapping[Source, Values]

FROM_PATH_VARIABLE = "VAULT_ENV_FROM_PATH"
NAMESPACE_VARIABLE = "VAULT_NAMESPACE"
_OWN = frozenset([FROM_PATH_VARIABLE, NAMESPACE_VARIABLE])

_REMEMBERED_LENGTH = 512


class Variable(NamedTuple):
    """A variable of a container; `value` is None when only the kubelet knows it, `where` says where it comes from."""

    name: str
    value: bytes | None
    where: str
    complete: bool = True
    from_annotation: bool = False


@dataclass(frozen=True)
class References:
    """What one container asks of Vault: the paths it reads, by variable, and what is wrong with them.

    `uncertain` names variables that may turn into a reference by what only the kubelet knows; `settings` are variables
    by which the container itself tells the launcher where to read.
    """

    paths: tuple[tuple[str, str], ...] = ()
    problems: tuple[str, ...] = ()
    uncertain: tuple[str, ...] = ()
    settings: Mapping[str, Variable] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.paths or self.problems)


def find_references(container: Mapping[str, Any], sources: Sources) -> References:
    """Return the references in the environment of `container`, with a problem for each that is malformed."""
    paths: list[tuple[str, str]] = []
    problems: list[str] = []
    variables = environment(container, sources)
    for variable in variables:
        if not variable.value or b"vault:" not in variable.value:
            continue
        try:
            found = _paths(variable.value)
        except InvalidReference as error:
            if variable.complete:
                problems.append(
                    f"variable {variable.name}{variable.where}: {error.message} ({error.reference})"
                )
            else:
                paths.append((variable.name, ""))
            continue
        if found is not None:
            paths.extend((variable.name, path) for path in (found if variable.complete else ("",)))
    return References(
        tuple(paths),
        tuple(problems),
        tuple(
            variable.name
            for variable in variables
            if (variable.value is None or not variable.complete) and _is_uncertain(variable)
        ),
        {variable.name: variable for variable in variables if variable.name in _OWN},
    )


def _paths(value: bytes) -> tuple[str, ...] | None:
    """The paths of its references, in order; None for plain text. Raises what `parse` raises.

    The pods of a workload bring the same references again and again. Text without one is not given here, so not
    remembered: it may be secret.
    """
    return _paths_before(value) if len(value) <= _REMEMBERED_LENGTH else _read_paths(value)


def _read_paths(value: bytes) -> tuple[str, ...] | None:
    parsed = parse(value)
    return None if parsed is None else tuple(sorted(parsed.paths()))


_paths_before = lru_cache(maxsize=1024)(_read_paths)


def _is_uncertain(variable: Variable) -> bool:
    """Whether the kubelet may make a reference of it: an annotation can be changed until the container starts."""
    if variable.value is None:
        return variable.from_annotation
    has_marks = b":" in variable.value and b"#" in variable.value
    return not variable.complete and (has_marks or has_reference(variable.value))


def environment(container: Mapping[str, Any], sources: Sources) -> list[Variable]:
    """Return each variable of `container` once, as the kubelet will set it."""
    found: dict[str, Variable] = {}
    for entry in container.get("envFrom") or ():
        for variable in _from_source(entry, sources):
            found[variable.name] = variable
    for entry in container.get("env") or ():
        name, text = entry.get("name", ""), entry.get("value") or ""
        if "$" in text or "valueFrom" in entry:
            found[name] = _from_entry(name, entry, sources, found)
        else:
            found[name] = Variable(name, text.encode("utf-8", "surrogatepass"), "")
    return list(found.values())


def _from_source(entry: Mapping[str, Any], sources: Sources) -> Iterator[Variable]:
    prefix = entry.get("prefix") or ""
    for key in ("configMapRef", "secretRef"):
        reference = entry.get(key)
        if reference:
            source = Source(KINDS[key], reference.get("name", ""))
            for name, value in sources.get(source, {}).items():
                yield Variable(prefix + name, value, f" of {source.kind} {source.name}")


def _from_entry(
    name: str, entry: Mapping[str, Any], sources: Sources, before: Mapping[str, Variable]
) -> Variable:
    value_from = entry.get("valueFrom")
    if not value_from:
        text = (entry.get("value") or "").encode("utf-8", "surrogatepass")
        known = {other.name.encode(): other.value for other in before.values()}
        value, complete = expand(text, known)
        return Variable(name, value, "", complete)
    for key in ("configMapKeyRef", "secretKeyRef"):
        reference = value_from.get(key)
        if reference:
            source = Source(KINDS[key], reference.get("name", ""))
            value_of_key = sources.get(source, {}).get(reference.get("key", ""))
            return Variable(name, value_of_key, f" of {source.kind} {source.name}")
    path = (value_from.get("fieldRef") or {}).get("fieldPath") or ""
    return Variable(name, None, "", from_annotation=path.startswith("metadata.annotations"))
