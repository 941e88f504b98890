"""Transit: encryption of stored tokens by Vault, if a VaultAuth has `storageEncryption`.

https://developer.hashicorp.com/vault/api-docs/secret/transit#encrypt-data
"""

import base64
from collections.abc import Mapping
from typing import Any

from vaultenv.client.answers import data_of
from vaultkube.deadline import Deadline
from vaultkube.documents.base64 import decoded
from vaultkube.sync_resources.auth import StorageEncryption
from vaultsync.errors import VaultDenied
from vaultsync.vault.client import Call, Vaults
from vaultsync.vault.server import Identity
from vaultsync.vault.sessions import Sessions

_LONGEST = 65_536
"""Characters of an answer, which holds one token; without a limit a Vault could fill the operator's namespace and memory."""
_PREFIX = "vault:"
"""Prefix of each ciphertext; not stored, as a webhook that sees the Secret would try to decrypt it for the Secret's author."""


class Transit:
    """Encrypts and decrypts as the identity itself, by the key that its VaultAuth names; without a key texts stay unchanged."""

    def __init__(self, vaults: Vaults, sessions: Sessions) -> None:
        self._vaults = vaults
        self._sessions = sessions

    def encrypt(self, identity: Identity, texts: Mapping[str, str], deadline: Deadline) -> dict[str, str]:
        """Return the texts encrypted for storage; raise VaultDenied or VaultAway."""
        stored = dict(texts)
        if storage := identity.storage:
            for name, text in texts.items():
                plain = {"plaintext": base64.b64encode(text.encode()).decode("ascii")}
                answer = self._call(identity, storage, "encrypt", plain, deadline)
                stored[name] = str(answer.get("ciphertext") or "").removeprefix(_PREFIX)
        return stored

    def decrypt(self, identity: Identity, stored: Mapping[str, str], deadline: Deadline) -> dict[str, str]:
        """Return the stored texts decrypted; raise VaultDenied or VaultAway."""
        texts = dict(stored)
        if storage := identity.storage:
            for name, text in stored.items():
                answer = self._call(identity, storage, "decrypt", {"ciphertext": _PREFIX + text}, deadline)
                texts[name] = (decoded(answer.get("plaintext")) or b"").decode("utf-8", "replace")
        return texts

    def _call(
        self,
        identity: Identity,
        storage: StorageEncryption,
        verb: str,
        body: Mapping[str, str],
        deadline: Deadline,
    ) -> Mapping[str, Any]:
        token = self._sessions.token(identity, deadline)
        path = f"{storage.mount.strip('/')}/{verb}/{storage.key_name}"
        call = Call("PUT", path, body=body, token=token.value, namespace=identity.vault_namespace)
        try:
            data = data_of(self._vaults.send(identity.server, call))
        except VaultDenied as error:
            raise VaultDenied(f"storageEncryption of the VaultAuth: {error}", error.status) from None
        if not data or sum(len(str(each)) for each in data.values()) > _LONGEST:
            raise VaultDenied("storageEncryption of the VaultAuth: the answer is not one of a transit engine")
        return data
