"""The values of a Secret: bytes in `data`, text in `stringData`, and the credentials in docker configurations."""

from collections.abc import Collection, Iterator, Mapping

from vaultkube.documents.base64 import decoded, encoded
from vaultkube.documents.utf8 import utf8
from vaultkube.objects.docker import DOCKER_KEYS, read_docker_config
from vaultkube.objects.text import as_text
from vaultkube.wire.objects import KubernetesObject, Secret

_IN_DATA = "write the reference into data, in base64"

Resolved = Mapping[str, bytes]


def find_values(secret: Secret) -> dict[str, bytes]:
    """Return the values of `secret`, by the names that `replace_values` uses."""
    found = {}
    for key, value in _values(secret):
        config = read_docker_config(key, value)
        found.update({key: value} if config is None else config.values())
    return found


def values_at(secret: Secret, names: Collection[str]) -> dict[str, bytes]:
    """Return the values of these names; that of a key is the whole of a docker configuration, as one reference may be."""
    values = {**dict(_values(secret)), **find_values(secret)}
    return {name: value for name, value in values.items() if name in names}


def unread_references(secret: Secret) -> list[str]:
    """Return the names of references in docker configurations at places where they are not resolved."""
    configs = [read_docker_config(key, value) for key, value in _values(secret) if key in DOCKER_KEYS]
    return [name for config in configs if config for name in config.unread()]


def replace_values(secret: KubernetesObject, resolved: Resolved) -> KubernetesObject:
    """Return `secret` with the values in `resolved` in place of their references."""
    new = secret.copy()
    if secret.get("data"):
        new["data"] = {key: _replaced_data(key, text, resolved) for key, text in secret["data"].items()}
    if secret.get("stringData"):
        new["stringData"] = {
            key: _replaced_text(key, text, resolved) if isinstance(text, str) else text
            for key, text in secret["stringData"].items()
        }
    return new


def _values(secret: Secret) -> Iterator[tuple[str, bytes]]:
    for key, text in (secret.get("data") or {}).items():
        value = decoded(text)
        if value is not None:
            yield key, value
    for key, text in (secret.get("stringData") or {}).items():
        if isinstance(text, str):
            yield key, utf8(text)


def _replaced_data(key: str, text: str, resolved: Resolved) -> str:
    value = decoded(text)
    new = None if value is None else _replaced(key, value, resolved)
    return text if new is None else encoded(new)


def _replaced_text(key: str, text: str, resolved: Resolved) -> str:
    new = _replaced(key, utf8(text), resolved)
    return text if new is None else as_text(key, new, _IN_DATA)


def _replaced(key: str, value: bytes, resolved: Resolved) -> bytes | None:
    if key in resolved:
        return resolved[key]
    config = read_docker_config(key, value)
    return config.replaced(resolved, _IN_DATA) if config else None
