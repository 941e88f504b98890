"""Vault's answer to a read or a write: one form for KV version 1 and 2 and for every other engine."""

from __future__ import annotations

from vaultenv.basics.jsontext import whole
from vaultenv.basics.text import encoded
from vaultenv.errors import SecretUnusable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_DESTROYED = "destroyed"


class Secret:
    """The fields of a secret and its lease; `deleted` describes the deletion of the version, or is ""."""

    __slots__ = ("deleted", "fields", "lease_id", "lease_s", "renewable", "version")

    def __init__(
        self,
        fields: Mapping[str, Any],
        version: str = "",
        deleted: str = "",
        lease_id: str = "",
        lease_s: int = 0,
        renewable: bool = False,
    ) -> None:
        self.fields = fields
        self.version = version
        self.deleted = deleted
        self.lease_id = lease_id
        self.lease_s = lease_s
        self.renewable = renewable

    @property
    def from_kv(self) -> bool:
        """Whether the engine is KV: version 2 has a version, version 1 a lease time without a lease.

        https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v1#read-secret
        """
        return bool(self.version or (self.lease_s and not self.lease_id))

    def loss(self) -> str:
        """Return the state of a deleted version and its remedy; "" for one that exists."""
        if not self.deleted:
            return ""
        remedy = "write a new one" if self.deleted == _DESTROYED else "undelete it, or write a new one"
        return f"version {self.version} was {self.deleted}: {remedy}"


def secret_of(answer: Mapping[str, Any]) -> Secret | None:
    """Return the secret in an answer of Vault, or None if it has no data.

    KV version 2 is detected by an object (or null) in `data.data` beside `data.metadata` with a version, so that a
    secret of KV version 1 may have a field `data`
    (https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2#read-secret-version).
    """
    data = answer.get("data")
    if not isinstance(data, dict):
        return None
    metadata, fields = data.get("metadata"), data.get("data")
    is_kv2 = set(data) == {"data", "metadata"} and (fields is None or isinstance(fields, dict))
    if is_kv2 and isinstance(metadata, dict) and "version" in metadata:
        return Secret(fields or {}, str(metadata["version"]), _deletion(metadata, fields))
    return Secret(
        data,
        lease_id=str(answer.get("lease_id") or ""),
        lease_s=whole(answer.get("lease_duration")),
        renewable=answer.get("renewable") is True,
    )


def _deletion(metadata: Mapping[str, Any], data: object) -> str:
    if metadata.get("destroyed") is True:
        return _DESTROYED
    return f"deleted at {metadata.get('deletion_time')}" if data is None else ""


def text_of(value: object) -> bytes:
    """Return the value as the text of an environment variable: text and numbers unchanged, null as empty text.

    Raises SecretUnusable for lists and objects.
    """
    if value is None:
        return b""
    if isinstance(value, bool):
        return b"true" if value else b"false"
    if not isinstance(value, str):
        raise SecretUnusable(
            "value can't be cast to a string: it is a list or an object; use a template, ${.key | toJson}"
        )
    return encoded(value)
