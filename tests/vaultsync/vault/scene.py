"""A Vault in memory, its surroundings, and a clock moved by the tests."""

from collections.abc import Mapping
from typing import Any

from vaultkube.deadline import Deadline
from vaultkube.sync_resources.methods import AppRoleLogin
from vaultsync.vault.client import Call, Vaults
from vaultsync.vault.holders import Holders
from vaultsync.vault.server import Identity, Server
from vaultsync.vault.sessions import Sessions
from vaultsync.vault.tokens import Tokens
from vaultsync.vault.transit import Transit

IDENTITY = Identity(Server("https://vault"), "", "appRole", "approle", AppRoleLogin("role", "id"), "team")
KEY = b"k" * 16


class Answers(Vaults):
    """A Vault that grants tokens of 100 seconds, and raises `error`, if set, in all requests but logins."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []
        self.revoked: list[str] = []
        self.error: Exception | None = None
        self.ttl = 0

    def send(self, server: Server, call: Call) -> dict[str, Any]:
        self.calls.append(call.path)
        if self.error and not call.path.endswith("/login"):
            raise self.error
        if call.path == "auth/token/revoke-self":
            self.revoked.append(call.token)
        if call.path.startswith("transit/encrypt/"):
            return {"data": {"ciphertext": f"vault:v1:{(call.body or {})['plaintext']}"}}
        if call.path.startswith("transit/decrypt/"):
            return {"data": {"plaintext": (call.body or {})["ciphertext"].removeprefix("vault:v1:")}}
        if call.path == "auth/token/lookup-self":
            return {"data": {"ttl": self.ttl, "creation_ttl": 100, "renewable": True}}
        auth = {"client_token": f"t{len(self.calls)}", "lease_duration": 100, "renewable": True}
        return {"auth": auth}


class Surroundings:
    """A cluster with the SecretID, and the tokens that are kept."""

    def __init__(self) -> None:
        self.stored: dict[str, Mapping[str, str]] = {}

    def get(self, kind: str, namespace: str, name: str, deadline: Deadline) -> Mapping[str, Any] | None:
        return {"data": {"id": "aWQ="}}

    def create_token(
        self, namespace: str, service_account: str, audiences: list[str], deadline: Deadline
    ) -> str | None:
        return "jwt"

    def load(self, uid: str, deadline: Deadline) -> Mapping[str, str]:
        return self.stored.get(uid, {})

    def save(self, uid: str, tokens: Mapping[str, str], deadline: Deadline) -> None:
        self.stored[uid] = dict(tokens)

    def uids(self, deadline: Deadline) -> list[str]:
        return list(self.stored)

    def remove(self, uid: str, deadline: Deadline) -> None:
        del self.stored[uid]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Scene:
    """Sessions and holders with all that is around them."""

    def __init__(self) -> None:
        self.vault, self.around, self.clock = Answers(), Surroundings(), Clock()
        self.tokens = Tokens(self.vault, self.around, self.clock)
        self.sessions = Sessions(self.tokens)
        self.holders = self.again()

    def again(self) -> Holders:
        """Return the holders of a new process."""
        return Holders(self.tokens, self.around, Transit(self.vault, self.sessions), KEY)
