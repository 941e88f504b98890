"""References inside a docker configuration: only entries with a reference are rewritten.

https://kubernetes.io/docs/concepts/configuration/secret/#docker-config-secrets
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from vaultenv.references.grammar import has_reference
from vaultkube.documents.base64 import decoded, encoded
from vaultkube.documents.utf8 import utf8
from vaultkube.objects.text import as_text

_JSON_KEY, _LEGACY_KEY = ".dockerconfigjson", ".dockercfg"
DOCKER_KEYS = (_JSON_KEY, _LEGACY_KEY)
_CREDENTIALS = ("username", "password")
_USER, _PASSWORD = "auth user", "auth password"

Resolved = Mapping[str, bytes]


@dataclass(frozen=True)
class DockerConfig:
    """The configuration under `key` of a Secret, and its entries by host; the older form has no `auths` around them."""

    key: str
    document: Mapping[str, object]
    entries: Mapping[str, object]

    def values(self) -> dict[str, bytes]:
        """Return the user names and passwords, by the names that `replaced` uses."""
        return {
            name: value
            for host, entry in self.entries.items()
            if isinstance(entry, dict)
            for name, value in {**self._credentials(host, entry), **self._auth_parts(host, entry)}.items()
        }

    def replaced(self, resolved: Resolved, instead: str) -> bytes | None:
        """Return the text with the `resolved` values, or None if none of them is in it.

        Raises NotResolved, with the advice `instead`, for a value that is not text.
        """
        if not self.values().keys() & resolved.keys():
            return None
        entries = {
            host: self._replaced_entry(host, entry, resolved, instead) if isinstance(entry, dict) else entry
            for host, entry in self.entries.items()
        }
        document = entries if self.key == _LEGACY_KEY else {**self.document, "auths": entries}
        return json.dumps(document, separators=(",", ":")).encode()

    def unread(self) -> list[str]:
        """Return the name of each `auth` with a reference in place of base64, which is never resolved."""
        return [
            self._name(host, "auth")
            for host, entry in self.entries.items()
            if isinstance(entry, dict) and isinstance(auth := entry.get("auth"), str)
            if decoded(auth) is None and has_reference(utf8(auth))
        ]

    def _credentials(self, host: str, entry: Mapping[str, object]) -> dict[str, bytes]:
        return {
            self._name(host, field): utf8(text)
            for field in _CREDENTIALS
            if isinstance(text := entry.get(field), str)
        }

    def _auth_parts(self, host: str, entry: Mapping[str, object]) -> dict[str, bytes]:
        """Return the decoded `auth`: the user and the password separately if the password is a reference, else as one value."""
        auth = decoded(entry.get("auth"))
        if auth is None:
            return {}
        cut = min((at for at in (auth.find(b":vault:"), auth.find(b":>>vault:")) if at >= 0), default=-1)
        if cut < 0:
            return {self._name(host, "auth"): auth}
        return {self._name(host, _USER): auth[:cut], self._name(host, _PASSWORD): auth[cut + 1 :]}

    def _replaced_entry(
        self, host: str, entry: Mapping[str, object], resolved: Resolved, instead: str
    ) -> dict[str, object]:
        new = dict(entry)
        for field in _CREDENTIALS:
            name = self._name(host, field)
            if name in resolved:
                new[field] = as_text(name, resolved[name], instead)
        parts = self._auth_parts(host, entry)
        if parts.keys() & resolved.keys():
            new["auth"] = encoded(b":".join(resolved.get(name, value) for name, value in parts.items()))
        return new

    def _name(self, host: str, field: str) -> str:
        return f"{self.key} {host} {field}"


def read_docker_config(key: str, value: bytes) -> DockerConfig | None:
    """Return the docker configuration in `value`; None if it is not one, by its key or its form."""
    if key not in DOCKER_KEYS:
        return None
    try:
        document = json.loads(value)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict):
        return None
    entries = document if key == _LEGACY_KEY else document.get("auths")
    return DockerConfig(key, document, entries) if isinstance(entries, dict) else None


def joined_parts(values: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the values with the user and password of each `auth` joined to one, their references as inline references.

    After the password is resolved, the two cannot be separated.
    """
    joined = dict(values)
    for name in values:
        stem = name.removesuffix(_USER)
        if stem != name and stem + _PASSWORD in values:
            parts = (_inline(joined.pop(stem + part)) for part in (_USER, _PASSWORD))
            joined[f"{stem}auth"] = b":".join(parts)
    return joined


def _inline(text: bytes) -> bytes:
    """Return a reference in its inline form; any other text unchanged."""
    return b"${%b}" % text if text.startswith((b"vault:", b">>vault:")) else text
