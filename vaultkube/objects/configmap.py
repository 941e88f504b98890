"""The values of a ConfigMap: text in `data`, and bytes in `binaryData`, for which Vault holds the base64."""

from collections.abc import Collection, Mapping

from vaultkube.documents.base64 import decoded, encoded
from vaultkube.documents.utf8 import utf8
from vaultkube.errors import NotResolved
from vaultkube.objects.text import as_text
from vaultkube.wire.objects import ConfigMap, KubernetesObject

_IN_BINARY = "use binaryData and base64 in Vault"


def find_values(config_map: ConfigMap) -> dict[str, bytes]:
    """Return the values of `config_map`, by key; a value in `binaryData` that is not base64 is empty."""
    texts = (config_map.get("data") or {}).items()
    values = {key: utf8(text) for key, text in texts if isinstance(text, str)}
    binary = {key: decoded(text) or b"" for key, text in (config_map.get("binaryData") or {}).items()}
    return {**values, **binary}


def values_at(config_map: ConfigMap, names: Collection[str]) -> dict[str, bytes]:
    """Return the values of these keys as Vault holds them: those of `binaryData` in base64."""
    texts = {**(config_map.get("data") or {}), **(config_map.get("binaryData") or {})}
    return {key: utf8(text) for key, text in texts.items() if key in names and isinstance(text, str)}


def replace_values(config_map: KubernetesObject, resolved: Mapping[str, bytes]) -> KubernetesObject:
    """Return `config_map` with the values in `resolved`; raise NotResolved if one does not fit its field."""
    new = config_map.copy()
    if config_map.get("data"):
        new["data"] = {
            key: as_text(key, resolved[key], _IN_BINARY) if key in resolved else text
            for key, text in config_map["data"].items()
        }
    if config_map.get("binaryData"):
        new["binaryData"] = {
            key: _base64(key, resolved[key]) if key in resolved else text
            for key, text in config_map["binaryData"].items()
        }
    return new


def _base64(key: str, value: bytes) -> str:
    found = decoded(value.decode("ascii", "replace"))
    if found is None:
        raise NotResolved(f"binaryData key {key}: Vault must hold the bytes in base64")
    return encoded(found)
