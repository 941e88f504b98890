"""The environment of a container, as the kubelet will make it from `envFrom`, `env` and `$(NAME)`.

https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, NamedTuple

from vaultkube.errors import Refused
from vaultkube.problem import FieldPath
from webhook.pods.expansion import TooLong, expand
from webhook.pods.facts import KINDS, Source, Values

Sources = Mapping[Source, Values]

PREFIX = "vault:"
"""No reference is without it."""

_LONGEST_BYTES = 1 << 20
"""More than any program can be started with, in the sum of what grows by `$(NAME)`."""
_TOO_LONG = (
    "container {}: variable {}: the values of env grow to more than 1 MiB by $(NAME); "
    "no program can be started with that: shorten them"
)

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
    """A variable of a container; `value` is None when only the kubelet knows it.

    `path` leads to it in the container; `origin` names the ConfigMap or Secret that it comes from, in messages.
    """

    name: str
    value: bytes | None
    path: FieldPath
    origin: str = ""
    complete: bool = True
    from_annotation: bool = False
    expanded: bool = False

    def is_secret(self) -> bool:
        """Return whether the value may hold a value of a Secret."""
        return self.expanded or self.origin.startswith(" of Secret ")

    def text(self) -> str | None:
        """Return the value as text; None if only the kubelet knows it."""
        return self.value.decode("utf-8", "replace") if self.complete and self.value is not None else None


def environment(container: Mapping[str, Any], sources: Sources) -> Collection[Variable]:
    """Return the variables of `container` in which a reference may be, and the launcher's settings, each once.

    They are as the kubelet will set them. Plain text, which is most of what pods have, is left out. Raises Refused if
    together they grow too long.
    """
    plain: dict[str, str] = {}
    found: dict[str, Variable] = {}

    def value_of(name: str) -> bytes | None:
        if name in found:
            return found[name].value
        return utf8(plain[name]) if name in plain else None

    left_bytes = _LONGEST_BYTES
    for entry in container.get("envFrom") or ():
        found.update((variable.name, variable) for variable in _from_source(entry, sources))
    for index, entry in enumerate(container.get("env") or ()):
        name, text = entry.get("name", ""), entry.get("value") or ""
        if not (PREFIX in text or "$" in text or entry.get("valueFrom") or name in SETTINGS):
            plain[name] = text
            found.pop(name, None)
            continue
        try:
            found[name] = variable = _from_entry(index, entry, sources, value_of, left_bytes)
        except TooLong:
            raise Refused(_TOO_LONG.format(container.get("name"), name)) from None
        if variable.expanded:
            left_bytes -= len(variable.value or b"")
    return found.values()


def overridden(container: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield name and text of each variable of `env` that a later one of the same name replaces: no program sees it."""
    env = container.get("env") or ()
    if len({entry.get("name", "") for entry in env}) == len(env):
        return
    last: dict[str, str] = {}
    for entry in env:
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
                yield Variable(prefix + name, value, ("envFrom",), f" of {source.kind} {source.name}")


def _from_entry(
    index: int,
    entry: Mapping[str, Any],
    sources: Sources,
    value_of: Callable[[str], bytes | None],
    limit_bytes: int,
) -> Variable:
    name, value_from = entry.get("name", ""), entry.get("valueFrom")
    path = ("env", index, "valueFrom" if value_from else "value")
    if not value_from:
        text = utf8(entry.get("value") or "")
        if b"$" not in text:
            return Variable(name, text, path)
        value, complete = expand(text, value_of, limit_bytes)
        return Variable(name, value, path, complete=complete, expanded=True)
    for key in ("configMapKeyRef", "secretKeyRef"):
        reference = value_from.get(key)
        if reference:
            source = Source(KINDS[key], reference.get("name", ""))
            value_of_key = sources.get(source, {}).get(reference.get("key", ""))
            return Variable(name, value_of_key, path, f" of {source.kind} {source.name}")
    field = (value_from.get("fieldRef") or {}).get("fieldPath") or ""
    return Variable(name, None, path, from_annotation=field.startswith("metadata.annotations"))


def utf8(text: str) -> bytes:
    """Return the text as the program gets it."""
    return text.encode("utf-8", "surrogatepass")
