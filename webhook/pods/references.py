"""Which variables of a container carry Vault references, as the launcher will see them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from vaultenv.errors import InvalidReference
from vaultenv.parts import Value
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
    variables = list(environment(container, sources))
    for variable in variables:
        try:
            value = _parsed(variable.value or b"")
        except InvalidReference as error:
            if variable.complete:
                problems.append(
                    f"variable {variable.name}{variable.where}: {error.message} ({error.reference})"
                )
            else:
                paths.append((variable.name, ""))
            continue
        if value is not None:
            found = sorted(value.paths()) if variable.complete else [""]
            paths.extend((variable.name, path) for path in found)
    return References(
        tuple(paths),
        tuple(problems),
        tuple(variable.name for variable in variables if _is_uncertain(variable)),
        {variable.name: variable for variable in variables if variable.name in _OWN},
    )


def _parsed(value: bytes) -> Value | None:
    """What `parse` returns; the pods of a workload bring the same references again and again.

    Other text is not remembered: it may be secret.
    """
    if b"vault:" not in value:
        return None
    return _parsed_before(value) if len(value) <= _REMEMBERED_LENGTH else parse(value)


_parsed_before = lru_cache(maxsize=1024)(parse)


def _is_uncertain(variable: Variable) -> bool:
    """Whether the kubelet may make a reference of it: an annotation can be changed until the container starts."""
    if variable.value is None:
        return variable.from_annotation
    has_marks = b":" in variable.value and b"#" in variable.value
    return not variable.complete and (has_marks or has_reference(variable.value))


def environment(container: Mapping[str, Any], sources: Sources) -> Iterator[Variable]:
    """Yield each variable of `container` once, as the kubelet will set it."""
    found: dict[str, Variable] = {}
    for entry in container.get("envFrom") or ():
        for variable in _from_source(entry, sources):
            found[variable.name] = variable
    for entry in container.get("env") or ():
        name = entry.get("name", "")
        found[name] = _from_entry(name, entry, sources, found)
    yield from found.values()


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
        if b"$" not in text:
            return Variable(name, text, "")
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
