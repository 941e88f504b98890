"""Replacements for the cluster, the registry and Vault, for manifests on a laptop or in CI.

The cluster consists of the objects in the files; others are read from the real cluster, if there is one.
"""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vaultkube.apiserver.access import Right
from vaultkube.deadline import Deadline
from vaultkube.kept.values import KEY_ENTRY, KEY_SECRET
from vaultkube.objects.kinds import OBJECT_KINDS
from vaultkube.vault.login import Resolution
from vaultkube.wire.objects import KubernetesObject
from vaultkube.wire.reviews import UserInfo
from webhook.admission.services import Cluster
from webhook.config.configure import is_skipped
from webhook.objects.references import references_in
from webhook.offline.reviewable import ReviewableObject, follow
from webhook.pods.facts import find_source_keys
from webhook.registry.credentials import DOCKER_CONFIG_JSON
from webhook.registry.query import ImageConfig, ImageQuery

OWN_NAMESPACE = "vault-webhook"
_UNKNOWN_KEY: KubernetesObject = {"data": {KEY_ENTRY: base64.b64encode(b"unknown").decode()}}
"""A value in place of the key of kept references, which only webhook and operator may read."""
LAPTOP_PULL_SECRET = ("", "docker config of this machine")
"""Namespace and name of the machine's pull secret in `Manifests`."""


class Manifests:
    """Returns the Secrets and ConfigMaps of the files, then those of a real cluster, if there is one."""

    def __init__(
        self,
        objects: list[ReviewableObject],
        beyond: Cluster | None = None,
        docker_config: Path | None = None,
    ) -> None:
        self._objects = {
            (found.kind, found.namespace, found.name): _stored_form(found)
            for found in objects
            if found.resource != "pods"
        }
        self._beyond = beyond
        self._assumed = {} if beyond else _assumed(objects)
        if docker_config and docker_config.is_file():
            self._objects["Secret", *LAPTOP_PULL_SECRET] = _pull_secret(docker_config)

    def knows(self, kind: str, namespace: str, name: str) -> bool:
        """Return whether the answer of `get` about this object is certain."""
        return self._beyond is not None or (kind, namespace, name) in self._objects

    def get(self, kind: str, namespace: str, name: str, deadline: Deadline) -> KubernetesObject | None:
        """Return the object, or None if there is none; an unknown object that pods name has empty values."""
        if (kind, namespace, name) == ("Secret", OWN_NAMESPACE, KEY_SECRET):
            return _UNKNOWN_KEY
        found = self._objects.get((kind, namespace, name))
        if found is not None or (namespace, name) == LAPTOP_PULL_SECRET:
            return found
        if self._beyond:
            return self._beyond.get(kind, namespace, name, deadline)
        return self._assumed.get((kind, namespace, name))

    def is_allowed(self, user_info: UserInfo, right: Right, deadline: Deadline) -> bool:
        """Return True, as the user who will create the objects in the cluster is not known here."""
        return True

    def ready(self, deadline: Deadline) -> bool:
        """Return True: no server has to answer."""
        return True


class UnknownImages:
    """Replaces a registry without requests: entry points of images are placeholders; `unknown` collects the images."""

    def __init__(self) -> None:
        self.unknown: set[str] = set()

    def fetch(self, query: ImageQuery, deadline: Deadline) -> ImageConfig:
        """Return a placeholder that nobody can confuse with a program."""
        self.unknown.add(query.image)
        return ImageConfig((placeholder(query.image),), (), "")


class UnreadVault:
    """Replaces Vault without requests: values are not resolved, and `unread` collects those that would be."""

    def __init__(self) -> None:
        self.unread: set[str] = set()

    def resolve(self, resolution: Resolution, deadline: Deadline) -> dict[str, bytes | None]:
        """Return no value, so that all references stay."""
        login = resolution.login
        for name in resolution.values:
            self.unread.add(
                f"{name} (at {login.address} with role {login.role} as ServiceAccount "
                f"{login.namespace}/{login.service_account})"
            )
        return {}


def _assumed(objects: list[ReviewableObject]) -> Mapping[tuple[str, str, str], KubernetesObject]:
    """Return each ConfigMap and Secret that the pods name, with empty values for the keys that they name."""
    assumed: dict[tuple[str, str, str], KubernetesObject] = {}
    for found in objects:
        spec = follow(found.content, ("spec",)) if found.resource == "pods" else None
        for source, key in find_source_keys(spec) if isinstance(spec, dict) else ():
            data = assumed.setdefault((source.kind, found.namespace, source.name), {"data": {}})["data"]
            data.update({key: ""} if key else {})
    return assumed


def placeholder(image: str) -> str:
    """Return the text in place of the unknown entry point of an image."""
    return f"<entry point of {image}>"


def _stored_form(found: ReviewableObject) -> KubernetesObject:
    """Return the object as the API server would store it, without the values whose references the webhook resolves.

    The result is empty for an object that the API server would refuse.
    """
    try:
        content: KubernetesObject = {**found.content, "data": with_string_data(found.content)}
        if not found.sent or is_skipped(found.annotations):
            return content
        resolved = set(references_in(OBJECT_KINDS[found.resource], content).names())
    except (AttributeError, TypeError, ValueError):
        return {}
    return {
        **content,
        "data": {key: text for key, text in content["data"].items() if key not in resolved},
    }


def with_string_data(content: Mapping[str, Any]) -> dict[str, str]:
    """Return `data` merged with `stringData`, as the API server stores a Secret."""
    texts = content.get("stringData") or {}
    encoded = {key: base64.b64encode(str(text).encode()).decode() for key, text in texts.items()}
    return {**(content.get("data") or {}), **encoded}


def _pull_secret(docker_config: Path) -> KubernetesObject:
    data = base64.b64encode(docker_config.read_bytes()).decode()
    return {"type": DOCKER_CONFIG_JSON, "data": {".dockerconfigjson": data}}
