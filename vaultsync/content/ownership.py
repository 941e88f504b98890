"""Ownership: labels that mark a Secret as a custom object's, and whether an existing Secret may be written."""

import base64
from collections.abc import Mapping
from enum import Enum
from typing import Any

from vaultkube.sync_resources.destination import Destination
from vaultkube.sync_resources.resources import API_VERSION, Resource
from vaultsync.content.types import secret_type
from vaultsync.errors import NotOwner

_PREFIX = "app.kubernetes.io/"
OWNER_LABELS: Mapping[str, str] = {
    f"{_PREFIX}name": "vault-secrets-operator",
    f"{_PREFIX}managed-by": "hashicorp-vso",
    f"{_PREFIX}component": "secret-sync",
}
"""Labels of every created Secret, the same as the Vault Secrets Operator's, so that its Secrets are found and adopted."""
UID_LABEL = "secrets.hashicorp.com/vso-ownerRefUID"


class Write(Enum):
    """The write that a destination needs."""

    CREATE = "it does not exist, and is created"
    OWN = "it is this object's, and is written"
    ADOPT = "it is nobody's, and is taken over"
    REPLACE = "it is made by others (create: false), and its data is replaced"
    RECREATE = "it is to be written or taken over, and has another type: it is deleted and created"


def owner_labels(resource: Resource) -> dict[str, str]:
    """Return the labels that mark a Secret as the object's."""
    return {**OWNER_LABELS, UID_LABEL: resource.uid}


def owner_reference(resource: Resource) -> dict[str, Any]:
    """Return the owner reference by which Kubernetes deletes the Secret with the object."""
    return {"apiVersion": API_VERSION, "kind": resource.kind, "name": resource.name, "uid": resource.uid}


def decide_write(resource: Resource, destination: Destination, existing: Mapping[str, Any] | None) -> Write:
    """Return the write that the destination needs, given the existing Secret; raise NotOwner with the remedy.

    Only the label decides whose Secret it is: an owner reference that was removed by hand is set again.
    """
    name = f"Secret {resource.namespace}/{destination.name}"
    metadata = (existing or {}).get("metadata") or {}
    labels = metadata.get("labels") or {}
    if not destination.create:
        if existing is None:
            raise NotOwner(f"{name} does not exist: create it, or set destination.create: true")
        if labels.get(UID_LABEL, resource.uid) != resource.uid:
            raise _of_another(name)
        return Write.REPLACE
    if existing is None:
        return Write.CREATE
    is_same_type = existing.get("type", "Opaque") == secret_type(destination)
    if labels.get(UID_LABEL) == resource.uid:
        return Write.OWN if is_same_type else Write.RECREATE
    if not destination.overwrite:
        raise NotOwner(
            f"{name} is there already, and not of {resource}: give destination.name another name, delete it, or set "
            "destination.overwrite: true to take it over"
        )
    if UID_LABEL in labels or any(_manages(reference) for reference in metadata.get("ownerReferences") or ()):
        raise _of_another(name)
    return Write.ADOPT if is_same_type else Write.RECREATE


def _of_another(name: str) -> NotOwner:
    return NotOwner(
        f"{name} is another object's, which writes it too: give destination.name another name; if that object is gone, "
        f"and has left the Secret, remove its label {UID_LABEL}"
    )


def _manages(reference: Any) -> bool:
    return isinstance(reference, dict) and reference.get("controller") is True


def applied_secret(resource: Resource, destination: Destination, data: Mapping[str, bytes]) -> dict[str, Any]:
    """Return the Secret's fields that this object owns, for a server-side apply; all other fields stay unchanged.

    A Secret of others (`create: false`) gets only data.
    """
    metadata: dict[str, Any] = {"name": destination.name, "namespace": resource.namespace}
    secret: dict[str, Any] = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata}
    if destination.create:
        metadata["labels"] = {**destination.labels, **owner_labels(resource)}
        metadata["annotations"] = dict(destination.annotations)
        metadata["ownerReferences"] = [owner_reference(resource)]
        secret["type"] = secret_type(destination)
    secret["data"] = {key: base64.b64encode(value).decode("ascii") for key, value in sorted(data.items())}
    return secret


def data_in(secret: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the decoded data of a Secret from the API server, which accepts only valid base64."""
    return {key: base64.b64decode(text or "") for key, text in (secret.get("data") or {}).items()}
