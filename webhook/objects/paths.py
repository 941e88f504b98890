"""The fields of an object that hold its values, and the paths of Vault that these values request."""

from collections.abc import Iterator
from typing import Literal

from vaultkube.objects.custom import pointer_path
from vaultkube.policy.paths import RequestedPath, foreign_namespace
from vaultkube.problem import FieldPath
from vaultkube.wire.objects import KubernetesObject
from webhook.config import transit
from webhook.config.annotations import Config
from webhook.objects.references import References

_FIELDS: tuple[Literal["stringData", "data", "binaryData"], ...] = ("stringData", "data", "binaryData")


def value_path(content: KubernetesObject, name: str) -> FieldPath:
    """Return the path of a value in the object by its name in `find_values`: a key, or a JSON Pointer."""
    if name.startswith("/"):
        return pointer_path(content, name)
    key = name if _field(content, name) else name.partition(" ")[0]
    return (_field(content, key) or "data", key)


def find_requested_paths(
    content: KubernetesObject, references: References, config: Config, operators_namespace: str
) -> Iterator[RequestedPath]:
    """Yield every path that the values read or write, for the path policy.

    The operator's own transit key is not limited.
    """
    vault_namespace = foreign_namespace(config.vault_namespace, operators_namespace)
    limited = references.paths() if transit.is_operators(config) else references.requested(config)
    for name, path in limited:
        yield RequestedPath(value_path(content, name), f"key {name}", path, vault_namespace)


def _field(content: KubernetesObject, key: str) -> str:
    return next((field for field in _FIELDS if key in (content.get(field) or {})), "")
