"""Requests of logins: names are encoded and cannot lead to another path, and files are read."""

from contextlib import closing
from pathlib import Path

import pytest

from tests.vaultenv.client.reading import LOGIN, USERPASS, client, in_turn
from tests.vaultenv.client.stand_in import stand_in
from vaultenv.basics.deadline import Deadline
from vaultenv.client.logins import login_request
from vaultenv.errors import LoginFailed
from vaultenv.settings import Settings


def target_of(**environ: str) -> str:
    """Return the target of the login's request."""
    with stand_in(in_turn(LOGIN)) as server, closing(client(server, **environ)) as vault:
        vault.login()
        (head,) = server.heads
        return head.split(b" ")[1].decode()


@pytest.mark.parametrize("mount", ["team/k8s/cluster", "/team/k8s/cluster/", "team//k8s/cluster"])
def test_a_mount_may_have_slashes(mount: str) -> None:
    assert target_of(**USERPASS, VAULT_PATH=mount) == "/v1/auth/team/k8s/cluster/login/u"


@pytest.mark.parametrize(
    ("name", "encoded"),
    [
        ("a.b-c_d", "a.b-c_d"),
        ("a%2F..%2Fb", "a%252F..%252Fb"),
        ("a?x=1", "a%3Fx=1"),
        ("a#b", "a%23b"),
        ("a b", "a%20b"),
        ("a\\b", "a%5Cb"),
        ("é", "%C3%A9"),
        ("...", "..."),
    ],
)
@pytest.mark.parametrize("method", ["userpass", "ldap"])
def test_a_user_name_is_one_segment(method: str, name: str, encoded: str) -> None:
    environ = {**USERPASS, "VAULT_AUTH_METHOD": method, "VAULT_USERNAME": name}
    assert target_of(**environ) == f"/v1/auth/{method}/login/{encoded}"


def test_a_mount_is_encoded_too() -> None:
    assert target_of(**USERPASS, VAULT_PATH="a?b#c%2e/d e") == "/v1/auth/a%3Fb%23c%252e/d%20e/login/u"


def test_a_role_id_is_read_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "role-id"
    environ = {b"VAULT_AUTH_METHOD": b"approle", b"VAULT_APPROLE_ROLE_ID_FILE": bytes(file)}
    with pytest.raises(LoginFailed, match="check VAULT_APPROLE_ROLE_ID_FILE"):
        login_request(Settings(environ), Deadline(1))
    file.write_text(" r\n")
    assert login_request(Settings(environ), Deadline(1)).body == '{"role_id":"r"}'
