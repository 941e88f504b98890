"""The environment of a container, as the kubelet will make it from `envFrom`, `env` and `$(NAME)`.

https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from webhook.facts import KINDS, Source, Values
from webhook.pods.expansion import expand

Sources = Mapping[Source, Values]

FROM_PATH_VARIABLE = "VAULT_ENV_FROM_PATH"
NAMESPACE_VARIABLE = "VAULT_NAMESPACE"
TRANSIT_KEY_VARIABLE = "VAULT_TRANSIT_KEY_ID"
TRANSIT_MOUNT_VARIABLE = "VAULT_TRANSIT_PATH"
TOKEN_VARIABLE = "VAULT_TOKEN"  # noqa: S105 (a name)
OTHER_TOKENS = frozenset(["VAULT_TOKEN_FILE", "VAULT_JWT_FILE", "KUBERNETES_SERVICE_ACCOUNT_TOKEN"])
SETTINGS = OTHER_TOKENS | {
    FROM_PATH_VARIABLE,
    NAMESPACE_VARIABLE,
    TRANSIT_KEY_VARIABLE,
    TRANSIT_MOUNT_VARIABLE,
    TOKEN_VARIABLE,
}
"""Variables by which a container itself tells the launcher where to read, and as whom."""


class Variable(NamedTuple):
    """A variable of a container; `value` is None when only the kubelet knows it, `where` says where it comes from."""

    name: str
    value: bytes | None
    where: str
    complete: bool = True
    from_annotation: bool = False

    def text(self) -> str | None:
        """The value as text; None if only the kubelet knows it."""
        return self.value.decode("utf-8", "replace") if self.complete and self.value is not None else None


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


def overridden(container: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield name and text of each variable of `env` that a later one of the same name replaces: no program sees it."""
    last: dict[str, str] = {}
    for entry in container.get("env") or ():
        name = entry.get("name", "")
        if name in last:
            yield name, last[name]
        last[name] = entry.get("value") or ""


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
