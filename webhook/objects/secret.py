"""References inside a Secret.

A docker configuration is rewritten entry by entry: only what holds a reference changes.
https://kubernetes.io/docs/concepts/configuration/secret/#docker-config-secrets
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from vaultenv.reference import has_reference
from webhook.encoding import decoded, encoded
from webhook.objects.text import as_text

DOCKER_CONFIG = ".dockerconfigjson"
_IN_DATA = "write the reference into data, in base64"
_CREDENTIALS = ("username", "password")

Secret = Mapping[str, Any]
Resolved = Mapping[str, bytes]


def find_values(secret: Secret) -> dict[str, bytes]:
    """Return the values of `secret` that hold references, by the name that `replace_values` takes them back under."""
    found = {}
    for key, value in _values(secret):
        config = _docker_config(key, value)
        if config is not None:
            found.update(_docker_values(config))
        elif has_reference(value):
            found[key] = value
    return found


def replace_values(secret: Secret, resolved: Resolved) -> Secret:
    """Return `secret` with the values in `resolved` in place of their references."""
    new = dict(secret)
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
            yield key, text.encode("utf-8", "surrogatepass")


def _replaced_data(key: str, text: str, resolved: Resolved) -> str:
    value = decoded(text)
    new = None if value is None else _replaced(key, value, resolved)
    return text if new is None else encoded(new)


def _replaced_text(key: str, text: str, resolved: Resolved) -> str:
    new = _replaced(key, text.encode("utf-8", "surrogatepass"), resolved)
    return text if new is None else as_text(key, new, _IN_DATA)


def _replaced(key: str, value: bytes, resolved: Resolved) -> bytes | None:
    config = _docker_config(key, value)
    if config is None:
        return resolved.get(key)
    if not _docker_values(config).keys() & resolved.keys():
        return None
    auths = {host: _replaced_entry(host, entry, resolved) for host, entry in config["auths"].items()}
    return json.dumps({**config, "auths": auths}, separators=(",", ":")).encode()


def _docker_config(key: str, value: bytes) -> dict[str, Any] | None:
    if key != DOCKER_CONFIG:
        return None
    try:
        config = json.loads(value)
    except (ValueError, RecursionError):
        return None
    return config if isinstance(config, dict) and isinstance(config.get("auths"), dict) else None


def _docker_values(config: Mapping[str, Any]) -> dict[str, bytes]:
    found = {}
    for host, entry in config["auths"].items():
        if isinstance(entry, dict):
            parts = {**_credentials(host, entry), **_auth_parts(host, entry)}
            found.update({name: value for name, value in parts.items() if has_reference(value)})
    return found


def _credentials(host: str, entry: Mapping[str, Any]) -> dict[str, bytes]:
    return {
        _name(host, field): entry[field].encode("utf-8", "surrogatepass")
        for field in _CREDENTIALS
        if isinstance(entry.get(field), str)
    }


def _auth_parts(host: str, entry: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the decoded `auth`: user and password apart where the password is a reference, else as one value."""
    auth = decoded(entry.get("auth"))
    if auth is None:
        return {}
    cut = min((at for at in (auth.find(b":vault:"), auth.find(b":>>vault:")) if at >= 0), default=-1)
    if cut < 0:
        return {_name(host, "auth"): auth}
    return {_name(host, "auth user"): auth[:cut], _name(host, "auth password"): auth[cut + 1 :]}


def _replaced_entry(host: str, entry: Any, resolved: Resolved) -> Any:
    if not isinstance(entry, dict):
        return entry
    new = dict(entry)
    for field in _CREDENTIALS:
        if _name(host, field) in resolved:
            new[field] = as_text(_name(host, field), resolved[_name(host, field)], _IN_DATA)
    parts = _auth_parts(host, entry)
    if parts.keys() & resolved.keys():
        new["auth"] = encoded(b":".join(resolved.get(name, value) for name, value in parts.items()))
    return new


def _name(host: str, field: str) -> str:
    return f"{DOCKER_CONFIG} {host} {field}"
