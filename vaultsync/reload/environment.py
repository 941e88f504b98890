"""The environment of an admitted container, as the kubelet makes it from `envFrom`, `env` and `$(NAME)`. Pure.

https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from vaultkube.documents.base64 import decoded
from vaultkube.expansion import expand

_LONGEST_BYTES = 4 << 20
"""More than any program can be started with."""
_SOURCE_KINDS = {"configMapRef": "ConfigMap", "secretRef": "Secret"}
_KEY_FROM = {"configMapKeyRef": "ConfigMap", "secretKeyRef": "Secret"}


class Source(NamedTuple):
    """A ConfigMap or Secret of the pod's namespace with values of variables."""

    kind: str
    name: str


Values = Mapping[str, bytes]
Sources = Mapping[Source, Values]


def sources_of(container: Mapping[str, Any]) -> Iterator[Source]:
    """Yield the ConfigMaps and Secrets that the container's variables refer to."""
    for entry in container.get("envFrom") or ():
        yield from (
            Source(kind, entry[field]["name"]) for field, kind in _SOURCE_KINDS.items() if entry.get(field)
        )
    for entry in container.get("env") or ():
        origin = entry.get("valueFrom") or {}
        yield from (
            Source(kind, origin[field]["name"]) for field, kind in _KEY_FROM.items() if origin.get(field)
        )


def values_of(kind: str, document: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the values of a ConfigMap or, in base64, of a Secret."""
    data = document.get("data") or {}
    if kind == "Secret":
        return {key: decoded(text) or b"" for key, text in data.items()}
    return {key: text.encode() for key, text in data.items()}


def environment_of(container: Mapping[str, Any], sources: Sources) -> dict[str, bytes]:
    """Return the variables with known values; ConfigMaps and Secrets that are not in `sources` add none.

    Raises TooLong where `$(NAME)` makes them longer than any program can be started with.
    """
    found: dict[str, bytes] = {}
    for entry in container.get("envFrom") or ():
        for field, kind in _SOURCE_KINDS.items():
            values = sources.get(Source(kind, entry[field]["name"]), {}) if entry.get(field) else {}
            found |= {(entry.get("prefix") or "") + key: value for key, value in values.items()}
    room_bytes = _LONGEST_BYTES
    for entry in container.get("env") or ():
        value = _value(entry, found, sources, room_bytes)
        found.pop(entry["name"], None)
        if value is not None:
            found[entry["name"]] = value
            room_bytes -= len(value)
    return found


def _value(
    entry: Mapping[str, Any], before: Mapping[str, bytes], sources: Sources, room_bytes: int
) -> bytes | None:
    origin = entry.get("valueFrom")
    if not origin:
        return expand((entry.get("value") or "").encode(), before.get, room_bytes)[0]
    for field, kind in _KEY_FROM.items():
        if origin.get(field):
            return sources.get(Source(kind, origin[field]["name"]), {}).get(origin[field].get("key"))
    return None
