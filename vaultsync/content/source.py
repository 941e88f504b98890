"""Sources: the keys and values in an answer of Vault, from which a Secret is made."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vaultenv.basics.text import encoded
from vaultenv.template.json_text import json_text
from vaultkube.sync_resources.requests import KV_V2
from vaultkube.sync_resources.secrets import SecretSpec, StaticSecretSpec
from vaultsync.errors import DataUnusable

RAW = "_raw"


@dataclass(frozen=True)
class Source:
    """The fields of a secret, its metadata, and the whole of it as JSON. `repr` shows none of them.

    `version` is that of a KV version 2 secret, else "".
    """

    fields: Mapping[str, Any] = field(repr=False)
    metadata: Mapping[str, Any] = field(repr=False)
    raw: bytes = field(repr=False)
    version: str = ""


def source_of(spec: SecretSpec, answer: Mapping[str, Any]) -> Source:
    """Return the source in an answer of Vault, whose numbers are `Number`; raise DataUnusable where there is none."""
    data = answer.get("data")
    if not isinstance(data, dict) or not data:
        raise DataUnusable("Vault answered without data: nothing is written; see whether the path is right")
    if isinstance(spec, StaticSecretSpec) and spec.type == KV_V2:
        return _checked(spec, _source_of_version(data))
    return _checked(spec, Source(data, {}, encoded(json_text(data))))


def _source_of_version(data: Mapping[str, Any]) -> Source:
    fields, metadata = data.get("data"), data.get("metadata")
    if not isinstance(metadata, dict) or "data" not in data:
        raise DataUnusable("Vault's answer is not one of a KV version 2 engine: see spec.type and spec.mount")
    version = str(metadata.get("version") or "")
    if fields is None:
        state = "destroyed" if metadata.get("destroyed") is True else "deleted"
        raise DataUnusable(
            f"version {version} was {state} in Vault: write a new one; the Secret stays as it is"
        )
    if not isinstance(fields, dict):
        raise DataUnusable("Vault's answer is not one of a KV version 2 engine: see spec.type and spec.mount")
    return Source(fields, metadata, encoded(json_text(data)), version)


def _checked(spec: SecretSpec, source: Source) -> Source:
    transformation = spec.destination.transformation
    if RAW in source.fields and not (transformation and transformation.exclude_raw):
        raise DataUnusable(
            f"the secret in Vault has a key {RAW}, which is the name of the whole answer: rename it, or set "
            "transformation.excludeRaw: true"
        )
    return source


def value_bytes(value: Any) -> bytes:
    """Return a value as a Secret holds it: a text unchanged, any other value as compact JSON."""
    return encoded(value if type(value) is str else json_text(value))
