"""Reads of objects: the request that Vault gets."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.vaultcsi.vault.test_access import LOGIN
from vaultcsi.vault.connections import Answer, VaultRequest
from vaultcsi.vault.reads import Reader
from vaultcsi.vault.room import MountRoom, new_gate
from vaultkube.deadline import UNLIMITED
from vaultkube.provider_class.objects import SecretRequest


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("version=2", [("version", "2")]),
        ("b=2&a=%2F+x&c", [("a", "/ x"), ("b", "2"), ("c", "")]),
        ("a=2&b=1&a=1", [("a", "2"), ("a", "1"), ("b", "1")]),
    ],
)
def test_parameters_are_sorted_by_name_and_values_of_one_name_stay_in_their_order(
    written: str, sent: list[tuple[str, str]]
) -> None:
    requests: list[VaultRequest] = []

    def send(_server: object, request: VaultRequest, *_others: object) -> Answer:
        requests.append(request)
        return Answer(request.method, "https://vault/v1/p", 200, b'{"data":{"k":"v"}}')

    with MountRoom(new_gate(), "team", UNLIMITED) as room:
        connections = cast("Any", SimpleNamespace(send=send))
        reader = Reader(connections, LOGIN, "token", room, UNLIMITED)
        assert reader.read(SecretRequest("GET", "p", written, "null"))["data"] == {"k": "v"}
    assert list(requests[0].query) == sent
