"""The client and its reads, from a stand-in for Vault."""

import itertools
import socket

from tests.vaultenv.client.stand_in import Behaviour, StandIn, answer
from vaultenv.basics.deadline import Deadline
from vaultenv.basics.log import Log
from vaultenv.client.api import Vault as Client
from vaultenv.client.open import open_vault
from vaultenv.errors import VaultEnvError
from vaultenv.references.secret import Secret
from vaultenv.settings import Settings

LOGIN = answer("200 OK", b'{"auth":{"client_token":"t"}}')
USERPASS = {"VAULT_AUTH_METHOD": "userpass", "VAULT_USERNAME": "u", "VAULT_PASSWORD": "p"}
KV = answer("200 OK", b'{"data":{"data":{"k":"v"},"metadata":{"version":1}}}')
LEASED = answer("200 OK", b'{"lease_id":"l","lease_duration":60,"data":{"k":"v"}}')
MOUNT = {
    "kv": answer("200 OK", b'{"data":{"type":"kv"}}'),
    "db": answer("200 OK", b'{"data":{"type":"database"}}'),
}


def client(server: StandIn, at_once: bool = False, **more: str) -> Client:
    environ = {"VAULT_ADDR": server.address, "VAULT_ENV_TIMEOUT": "3s", "VAULT_CLIENT_TIMEOUT": "1s", **more}
    settings = Settings({name.encode(): value.encode() for name, value in environ.items()})
    made = open_vault(settings, Deadline(settings.timeout_s), Log("error"), at_once=at_once)
    made.use("the-token")
    return made


def read(server: StandIn, *paths: str, **more: str) -> list[Secret | VaultEnvError]:
    """Return the results of reading these paths."""
    reader = client(server, **more)
    try:
        return reader.read([(path, "") for path in paths])
    finally:
        reader.close()


def in_turn(*answers: bytes) -> Behaviour:
    """Answer the requests one after the other, repeating the last answer; an empty one closes the connection."""
    left = itertools.chain(answers, itertools.repeat(answers[-1]))

    def behave(stream: socket.socket, head: bytes) -> None:
        data = next(left)
        stream.sendall(data)
        if not data:
            stream.close()

    return behave


def fields(outcome: Secret | VaultEnvError) -> dict[str, object]:
    assert isinstance(outcome, Secret), outcome
    return dict(outcome.fields)
