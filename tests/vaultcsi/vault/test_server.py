"""The Vault of a class: each parameter wins over the operator's setting."""

import socket
import threading
from typing import Any

import pytest

from tests.vaultenv.client.stand_in import answer, stand_in
from vaultcsi.errors import Unavailable
from vaultcsi.request import MountingPod
from vaultcsi.settings import read_settings
from vaultcsi.vault.connections import Connections
from vaultcsi.vault.login import log_in
from vaultcsi.vault.server import PodLogin, login_of
from vaultkube.deadline import Deadline
from vaultkube.provider_class.parameters import parse_class

POD = MountingPod("team", "app", "uid", "db")
OBJECTS = "[{objectName: o, secretPath: p}]"
OF_OPERATOR = {
    "VAULT_ADDR": "https://operators:8200",
    "VAULT_MOUNT": "operators",
    "VAULT_NAMESPACE": "operators",
    "VAULT_CACERT": "/operators",
    "VAULT_CAPATH": "/operators",
    "VAULT_TLS_SERVER_NAME": "operators",
    "VAULT_CLIENT_CERT": "/operators",
    "VAULT_CLIENT_KEY": "/operators",
    "VAULT_SKIP_VERIFY": "true",
}


def login(environ: dict[str, str], **parameters: str) -> PodLogin:
    found, problems = parse_class({"roleName": "r", "objects": OBJECTS, **parameters})
    assert not problems
    return login_of(POD, found, read_settings([], environ))


def value(of: PodLogin, path: str) -> Any:
    found: Any = of
    for name in path.split("."):
        found = getattr(found, name)
    return found


@pytest.mark.parametrize(
    ("parameters", "path", "own", "operators"),
    [
        ({"vaultAddress": "http://own:1/"}, "server.address", "http://own:1", "https://operators:8200"),
        ({"vaultNamespace": "own"}, "server.namespace", "own", "operators"),
        ({"vaultAuthMountPath": "own"}, "mount", "own", "operators"),
        ({"vaultKubernetesMountPath": "own"}, "mount", "own", "operators"),
        ({"audience": "own"}, "audience", "own", ""),
        ({"vaultCACertPath": "/own"}, "server.trust.ca_file", "/own", "/operators"),
        ({"vaultCADirectory": "/own"}, "server.trust.ca_directory", "/own", "/operators"),
        ({"vaultTLSServerName": "own"}, "server.trust.server_name", "own", "operators"),
        ({"vaultSkipTLSVerify": "false"}, "server.trust.skip_verify", False, True),
        (
            {"vaultTLSClientCertPath": "/own", "vaultTLSClientKeyPath": "/key"},
            "server.trust.client_certificate_file",
            "/own",
            "/operators",
        ),
        (
            {"vaultTLSClientCertPath": "/cert", "vaultTLSClientKeyPath": "/own"},
            "server.trust.client_key_file",
            "/own",
            "/operators",
        ),
    ],
    ids=lambda each: "-".join(each) if isinstance(each, dict) else None,
)
def test_a_parameter_of_the_class_wins_over_the_operators_setting(
    parameters: dict[str, str], path: str, own: object, operators: object
) -> None:
    assert value(login(OF_OPERATOR, **parameters), path) == own
    assert value(login(OF_OPERATOR), path) == operators


def test_namespace_and_mount_are_in_the_request() -> None:
    requests: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                requests.append(connection.recv(65536))
                body = b'{"auth": {"client_token": "t"}}'
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

        thread = threading.Thread(target=serve)
        thread.start()
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        own = login({}, vaultAddress=address, vaultNamespace="team/a", vaultAuthMountPath="jwt/b")
        assert log_in(Connections(), own, "jwt", Deadline(10), 0.0).value == "t"
        thread.join()
    assert requests[0].startswith(b"POST /v1/auth/jwt/b/login HTTP/1.1\r\n")
    assert b"\r\nX-Vault-Namespace: team/a\r\n" in requests[0]


def test_a_token_that_is_longer_than_any_of_vaults_is_not_cached() -> None:
    def serves_a_long_token(stream: socket.socket, _head: bytes) -> None:
        stream.sendall(answer("200 OK", b'{"auth": {"client_token": "%s"}}' % (b"t" * 20_000)))

    with (
        stand_in(serves_a_long_token) as vault,
        pytest.raises(Unavailable, match="is this the address of Vault"),
    ):
        log_in(Connections(), login({}, vaultAddress=vault.address), "jwt", Deadline(60), 0.0)
