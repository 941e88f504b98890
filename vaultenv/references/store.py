"""The embedded store: a file in place of Vault, for laptops and demonstrations
(`VAULT_ADDR=file:///secrets.json`).

The file is one JSON object. Its names are paths in the form of references, `path` or `path#version`; each
value is the object of that path's keys:

    {"secret/data/account": {"username": "u", "password": "p"},
     "secret/data/account#1": {"username": "u", "password": "the first one"}}

Only the launcher's own VAULT_ADDR can name it. It has no login, no writes and no decryption. For templates, a path with
`/data/` in it is on a mount of KV version 2.
"""

from __future__ import annotations

from vaultenv.basics import jsontext
from vaultenv.basics.files import read_file, reason
from vaultenv.errors import InvalidSetting, RequestRefused, SecretNotFound, VaultEnvError
from vaultenv.references.secret import Secret

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    Body = dict[str, Any]
    Query = Sequence[tuple[str, str]]

SCHEME = "file://"
_LIMIT = 16 * 1024 * 1024
_DATA, _METADATA = "/data/", "/metadata/"


class FileStore:
    """A Reader of the content of a store's file, also for templates."""

    __slots__ = ("_secrets",)

    def __init__(self, secrets: Mapping[str, Mapping[str, object]]) -> None:
        self._secrets = secrets

    def read(self, questions: Sequence[tuple[str, str]]) -> list[Secret | VaultEnvError]:
        """Return the secret, or SecretNotFound, for each (path, version)."""
        return [self._read(path, version) for path, version in questions]

    def _read(self, path: str, version: str) -> Secret | VaultEnvError:
        fields = self._secrets.get(f"{path}#{version}" if version else path)
        if fields is None:
            return SecretNotFound(f"path not found: {path}: the embedded store has no such entry")
        return Secret(fields)

    def write(self, path: str, body: str) -> RequestRefused:
        """Return an error: the store is read-only."""
        return RequestRefused(f"the embedded store cannot write to {path}: use a real Vault")

    written = write

    def decrypt(self, path: str, ciphertexts: Sequence[str]) -> list[bytes | VaultEnvError]:
        """Return errors: the store has no keys."""
        return [RequestRefused("the embedded store cannot decrypt: use a real Vault") for _ in ciphertexts]

    def bodies(self, questions: Sequence[tuple[str, Query]]) -> list[Body | VaultEnvError]:
        """Return the JSON objects of Vault's answers to such reads and lists at (path, query)."""
        return [self._body(path, dict(query)) for path, query in questions]

    def mounts(self, paths: Sequence[str]) -> list[Body]:
        """Return the mount of each path in the form of Vault's answer, {} for a path without `/data/` in the store."""
        return [self._mount(path) for path in paths]

    def _body(self, path: str, query: Mapping[str, str]) -> Body | VaultEnvError:
        if "list" in query:
            return {"data": {"keys": self._names(path)}}
        found = self._read(path, query.get("version", ""))
        if isinstance(found, VaultEnvError):
            return found
        metadata = {"version": jsontext.Number(query.get("version", "1"))}
        is_kv2 = _DATA in path
        return {"data": {"data": found.fields, "metadata": metadata} if is_kv2 else found.fields}

    def _mount(self, path: str) -> Body:
        for written in self._secrets:
            mount, data, _ = written.partition(_DATA)
            if data and f"{path}/".startswith(f"{mount}/"):
                return {"data": {"path": f"{mount}/", "options": {"version": "2"}}}
        return {}

    def _names(self, path: str) -> list[str]:
        folder = f"{path}/".replace(_METADATA, _DATA, 1)
        below = [written.removeprefix(folder) for written in self._secrets if written.startswith(folder)]
        parts = [rest.partition("#")[0].partition("/") for rest in below]
        return sorted({name + slash for name, slash, _ in parts})


def open_store(address: str) -> FileStore:
    """Return the store of a `file://` address; raise InvalidSetting if the file is missing or not of the form above."""
    path = address.removeprefix(SCHEME)
    try:
        secrets = jsontext.loads(read_file(path, _LIMIT))
    except OSError as error:
        raise InvalidSetting(f"VAULT_ADDR: open {path}: {reason(error)}") from None
    except ValueError:
        raise InvalidSetting(f"VAULT_ADDR: {path} is not JSON") from None
    if not isinstance(secrets, dict) or not all(isinstance(fields, dict) for fields in secrets.values()):
        raise InvalidSetting(f"VAULT_ADDR: {path} must be an object of paths, each with an object of keys")
    return FileStore(secrets)
