"""The environment of a container, as the kubelet makes it from `envFrom`, `env` and `$(NAME)`.

https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Final, Literal, NamedTuple

from vaultkube.documents.utf8 import utf8
from vaultkube.errors import Refused
from vaultkube.expansion import TooLong, expand, names_in
from vaultkube.problem import FieldPath
from vaultkube.wire.containers import Container, EnvVar, EnvVarSource
from webhook.config.annotations import TEMPLATES_VARIABLE
from webhook.pods.facts import KINDS, Source, Values

Sources = Mapping[Source, Values]

PREFIX = "vault:"
"""The text that every reference contains."""

FROM_SOURCE: FieldPath = ("envFrom",)
"""The path of a variable from `envFrom`."""
_LONGEST_BYTES = 1 << 20
"""The most bytes of all expanded `$(NAME)` values: no program can be started with more."""
_TOO_LONG = (
    "container {}: variable {}: the values of env grow to more than 1 MiB by $(NAME); "
    "no program can be started with that: shorten them"
)

_KEY_REFERENCES: tuple[Literal["configMapKeyRef", "secretKeyRef"], ...] = ("configMapKeyRef", "secretKeyRef")
_FILE_REFERENCE: Final = "fileKeyRef"
_SOURCE_REFERENCES: tuple[Literal["configMapRef", "secretRef"], ...] = ("configMapRef", "secretRef")

FROM_PATH_VARIABLE = "VAULT_ENV_FROM_PATH"
NAMESPACE_VARIABLE = "VAULT_NAMESPACE"
TRANSIT_KEY_VARIABLE = "VAULT_TRANSIT_KEY_ID"
TRANSIT_MOUNT_VARIABLE = "VAULT_TRANSIT_PATH"
TOKEN_VARIABLE = "VAULT_TOKEN"  # noqa: S105 (a name)
OTHER_TOKENS = frozenset(["VAULT_TOKEN_FILE", "VAULT_JWT_FILE", "KUBERNETES_SERVICE_ACCOUNT_TOKEN"])
SETTINGS = OTHER_TOKENS | {
    FROM_PATH_VARIABLE,
    TEMPLATES_VARIABLE,
    NAMESPACE_VARIABLE,
    TRANSIT_KEY_VARIABLE,
    TRANSIT_MOUNT_VARIABLE,
    TOKEN_VARIABLE,
}
"""Variables in which a container itself sets the launcher's paths, key or login."""

AGENT_VARIABLE = "VAULT_AGENT_ADDR"
CONNECTION = (
    AGENT_VARIABLE,
    "VAULT_PROXY_ADDR",
    "VAULT_HEADERS",
    "VAULT_CACERT",
    "VAULT_CAPATH",
    "VAULT_CACERT_BYTES",
    "VAULT_TLS_SERVER_NAME",
)
"""Variables that change the address, proxy or trust of the launcher's connection."""
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")


class Variable(NamedTuple):
    """A variable of a container; `value` is None if only the kubelet knows it.

    `path` is its path in the container; `origin` names its ConfigMap or Secret in messages. `any_text` is whether a
    missing value may become any text, as that of a file or an annotation; `optional` whether the kubelet leaves the
    variable unchanged if the value does not exist; `from_secret` whether `$(NAME)` has put a Secret's value into it.
    """

    name: str
    value: bytes | None
    path: FieldPath
    origin: str = ""
    complete: bool = True
    any_text: bool = False
    optional: bool = False
    expanded: bool = False
    from_secret: bool = False

    def is_secret(self) -> bool:
        """Return whether the value may contain a value of a Secret."""
        return self.from_secret or self.origin.startswith(" of Secret ")

    def text(self) -> str | None:
        """Return the value as text; None if only the kubelet knows it."""
        return self.value.decode("utf-8", "replace") if self.complete and self.value is not None else None


def environment(container: Container, sources: Sources) -> "Environment":
    """Return the variables of `container` as the kubelet will set them; raise Refused if together they are too long.

    Plain text, the most frequent value, is left out.
    """
    env = container.get("env") or ()
    made = Environment(container, sources, frozenset([entry.get("name", "") for entry in env]))
    found, names = made.found, made.names
    is_plain = len(names) == len(env) and names.isdisjoint(SETTINGS) and names.isdisjoint(found)
    for index in _beyond_text(env) if is_plain else range(len(env)):
        entry = env[index]
        name, text = entry.get("name", ""), entry.get("value") or ""
        if "$" in text or entry.get("valueFrom"):
            made.add(index, entry)
        elif PREFIX in text or name in SETTINGS:
            found[name] = Variable(name, utf8(text), ("env", index, "value"))
            made.replaced.pop(name, None)
        elif name in found:
            del found[name]
            made.replaced.pop(name, None)
    return made


def _beyond_text(env: Sequence[EnvVar]) -> list[int]:
    """Return the positions of the variables with more than plain text, which often are few."""
    return [
        index
        for index, entry in enumerate(env)
        if "valueFrom" in entry or ((text := entry.get("value")) and ("$" in text or PREFIX in text))
    ]


class Environment:
    """Holds the variables of a container that may contain a reference, and the launcher's settings, by name.

    Values in `replaced` count if the optional key, or the key of a source of `envFrom`, that replaces them is removed.
    `missing` names sources and keys that do not exist yet, for messages; `names` has all variables of `env`.
    """

    __slots__ = (
        *("found", "missing", "names", "replaced"),
        *("_container", "_left_bytes", "_plain", "_read", "_sources"),
    )

    def __init__(self, container: Container, sources: Sources, names: frozenset[str]) -> None:
        self.found: dict[str, Variable] = {}
        self.replaced: dict[str, list[Variable]] = {}
        self.missing: list[str] = []
        self.names = names
        self._container = container
        self._sources = sources
        self._plain: dict[str, str] = {}
        self._read = 0
        self._left_bytes = _LONGEST_BYTES
        if container.get("envFrom"):
            for variable in _from_sources(container, sources, self.missing):
                self._replace(variable, for_good=False)

    def hidden(self) -> list[Variable]:
        """Return the variables with the values in `replaced`."""
        return [variable for variables in self.replaced.values() for variable in variables]

    def add(self, index: int, entry: EnvVar) -> None:
        """Add a variable with `valueFrom`, or with a `$` in its value."""
        name, value_from = entry.get("name", ""), entry.get("valueFrom")
        if value_from:
            variable = _referenced_variable(name, value_from, ("env", index, "valueFrom"), self._sources)
        else:
            variable = self._expanded(name, entry.get("value") or "", index)
        if value_from and _is_missing(variable):
            self.missing.append(_missing_key(value_from, variable))
        if name in SETTINGS or not _is_left_out(variable):
            self._replace(variable, for_good=not variable.optional)

    def _expanded(self, name: str, text: str, index: int) -> Variable:
        try:
            value, complete = expand(utf8(text), partial(self._value_of, index), self._left_bytes)
        except TooLong:
            raise Refused(_TOO_LONG.format(self._container.get("name"), name)) from None
        self._left_bytes -= len(value)
        path: FieldPath = ("env", index, "value")
        return Variable(
            name, value, path, complete=complete, expanded="$(" in text, from_secret=self._brings_secret(text)
        )

    def _brings_secret(self, text: str) -> bool:
        """Return whether a `$(NAME)` in the text refers to a variable that may contain a value of a Secret."""
        return any(name in self.found and self.found[name].is_secret() for name in names_in(text))

    def _value_of(self, index: int, name: str) -> bytes | None:
        """Return the value of a variable before the one at `index`; None if there is none, or if it is not known."""
        if name in self.found:
            return self.found[name].value
        for entry in self._container["env"][self._read : index]:
            if not entry.get("valueFrom"):
                self._plain[entry.get("name", "")] = entry.get("value") or ""
        self._read = index
        return utf8(self._plain[name]) if name in self._plain else None

    def _replace(self, variable: Variable, *, for_good: bool) -> None:
        """Set the variable; unless it is `for_good`, the variable before it is added to `replaced`."""
        before = self.found.get(variable.name)
        if for_good:
            self.replaced.pop(variable.name, None)
        elif before:
            self.replaced.setdefault(variable.name, []).append(before)
        self.found[variable.name] = variable


def _is_missing(variable: Variable) -> bool:
    """Return whether the key, or the file, of the variable's value does not exist."""
    return variable.value is None and bool(variable.origin)


def _is_left_out(variable: Variable) -> bool:
    """Return whether the kubelet leaves the variable unchanged, because its optional key is missing."""
    return variable.optional and _is_missing(variable) and not variable.any_text


def _missing_key(value_from: EnvVarSource, variable: Variable) -> str:
    reference = (
        value_from.get("configMapKeyRef") or value_from.get("secretKeyRef") or value_from["fileKeyRef"]
    )
    return f"key {reference.get('key') or ''}{variable.origin}"


def overridden(container: Container) -> Iterator[tuple[str, str]]:
    """Yield name and text of each variable of `env` that a later one of that name replaces; no program gets it."""
    last: dict[str, str] = {}
    for entry in container.get("env") or ():
        name = entry.get("name", "")
        if name in last:
            yield name, last[name]
        last[name] = entry.get("value") or ""


def _from_sources(container: Container, sources: Sources, missing: list[str]) -> Iterator[Variable]:
    """Yield the variables of each source of `envFrom`, and add the sources that do not exist to `missing`."""
    for entry in container.get("envFrom") or ():
        prefix = entry.get("prefix") or ""
        for key in _SOURCE_REFERENCES:
            reference = entry.get(key)
            if not reference:
                continue
            source = Source(KINDS[key], reference.get("name", ""))
            origin = f" of {source.kind} {source.name}"
            if source not in sources:
                missing.append(f"{source.kind} {source.name}")
            for name, value in sources.get(source, {}).items():
                yield Variable(prefix + name, value, FROM_SOURCE, origin)


def _referenced_variable(name: str, value_from: EnvVarSource, path: FieldPath, sources: Sources) -> Variable:
    for key in _KEY_REFERENCES:
        reference = value_from.get(key)
        if reference:
            source = Source(KINDS[key], reference.get("name", ""))
            value_of_key = sources.get(source, {}).get(reference.get("key", ""))
            origin, optional = f" of {source.kind} {source.name}", bool(reference.get("optional"))
            return Variable(name, value_of_key, path, origin, optional=optional)
    file = value_from.get(_FILE_REFERENCE)
    if file:
        origin, optional = f" of file {file.get('path')}", bool(file.get("optional"))
        return Variable(name, None, path, origin, any_text=True, optional=optional)
    field = (value_from.get("fieldRef") or {}).get("fieldPath") or ""
    return Variable(name, None, path, any_text=field.startswith("metadata.annotations"))
