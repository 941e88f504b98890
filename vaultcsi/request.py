"""A MountRequest of the driver: the pod that mounts, and the parameters of its class.

The driver puts both into one JSON object; the pod's part has names that Kubernetes defines
(https://kubernetes-csi.github.io/docs/pod-info.html, https://kubernetes-csi.github.io/docs/token-requests.html).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vaultcsi.errors import InvalidClass, InvalidRequest
from vaultkube.provider_class.parameters import ClassParameters, parse_class

_DRIVERS = "csi.storage.k8s.io/"
_UNPREFIXED = ("secretProviderClass",)
_TOKENS = f"{_DRIVERS}serviceAccount.tokens"
_DEFAULT_PERMISSION = 0o644
_DEFAULT_AUDIENCES = ("vault", "")
"""Audiences for a class without one: the audience that vault-csi-provider expects, then the API server's own."""


@dataclass(frozen=True)
class MountingPod:
    """The pod that mounts; `tokens` are its ServiceAccount's tokens from the driver, by audience."""

    namespace: str
    name: str
    uid: str
    service_account: str
    tokens: Mapping[str, str] = field(default_factory=dict, repr=False)

    def token(self, audience: str | None) -> str:
        """Return the driver's token for the audience that a class names, or for the default ones; "" if there is none."""
        audiences = (audience,) if audience else _DEFAULT_AUDIENCES
        return next((self.tokens[each] for each in audiences if self.tokens.get(each)), "")

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True)
class Mount:
    """A requested mount: the files of `parameters`, with this permission for objects without one."""

    pod: MountingPod
    parameters: ClassParameters
    permission: int = _DEFAULT_PERMISSION


def parse_mount(attributes: str, permission: str) -> Mount:
    """Return the mount of a request; raise InvalidRequest, or InvalidClass with all problems of the class."""
    pairs = _json_object(attributes, "attributes")
    if not all(isinstance(value, str) for value in pairs.values()):
        raise InvalidRequest("attributes: every value must be a text")
    parameters = {
        name: value
        for name, value in pairs.items()
        if not name.startswith(_DRIVERS) and name not in _UNPREFIXED
    }
    pod = _pod(pairs)
    found, problems = parse_class(parameters)
    if problems:
        raise InvalidClass(problems)
    return Mount(pod, found, _permission(permission))


def _pod(pairs: Mapping[str, str]) -> MountingPod:
    names = ("pod.namespace", "pod.name", "pod.uid", "serviceAccount.name")
    missing = [_DRIVERS + name for name in names if not pairs.get(_DRIVERS + name)]
    if missing:
        raise InvalidRequest(
            f"attributes: {', '.join(missing)} missing: the CSIDriver object must have podInfoOnMount: true"
        )
    namespace, pod, uid, account = (pairs[_DRIVERS + name] for name in names)
    return MountingPod(namespace, pod, uid, account, _tokens(pairs.get(_TOKENS, "")))


def _tokens(text: str) -> dict[str, str]:
    """Return the tokens by audience: {"vault": {"token": "…", "expirationTimestamp": "…"}}."""
    entries = _json_object(text, _TOKENS) if text else {}
    return {
        audience: str(entry["token"])
        for audience, entry in entries.items()
        if isinstance(entry, dict) and entry.get("token")
    }


def _permission(text: str) -> int:
    try:
        mode = int(text or _DEFAULT_PERMISSION)
    except ValueError:
        mode = -1
    if not 0 <= mode <= 0o777:
        raise InvalidRequest("permission: a number from 0 to 511 is expected")
    return mode


def _json_object(text: str, subject: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise InvalidRequest(f"{subject}: a JSON object is expected")
    return found
