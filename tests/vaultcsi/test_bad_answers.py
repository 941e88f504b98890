"""Answers that are incomplete, empty, too long or not Vault's; and Vaults with other ways to reach them."""

import json
from pathlib import Path

import pytest

from tests.servers.authority import Authority
from tests.servers.process import stopping
from tests.servers.vault import Vault
from tests.vaultcsi.answering import answering, demanding_certificates, http, relaying
from tests.vaultcsi.provider import Provider, Surroundings
from tests.vaultcsi.test_mounts import OBJECTS

WHOLE = [{"objectName": "all", "secretPath": "a/b"}]


@pytest.mark.parametrize(
    ("answer", "status", "message"),
    [
        (b"", "UNKNOWN", "no whole answer came"),
        (http("200 OK", b'{"data"', Content_Length="400"), "UNKNOWN", "no whole answer came"),
        (http("204 No Content"), "FAILED_PRECONDITION", "path not found: a/b"),
        (http("200 OK", b"<html>s3cr3t</html>"), "FAILED_PRECONDITION", "the answer is not JSON"),
        (http("200 OK", b'{"data": null}'), "FAILED_PRECONDITION", "path not found: a/b"),
        (http("404 Not Found", b"<html>s3cr3t</html>"), "FAILED_PRECONDITION", "the answer is not JSON"),
        (http("503 Service Unavailable", b'{"errors": ["Vault is sealed"]}'), "UNKNOWN", "unseal Vault"),
        (http("429 Too Many Requests", b'{"errors": []}'), "UNKNOWN", "Vault cannot answer now"),
        (
            http("307 Temporary Redirect", Location="http://127.0.0.1:1/"),
            "UNKNOWN",
            "it redirects to another address",
        ),
        (http("200 OK", b"[" + b"1," * 100_000 + b"1]"), "OUT_OF_RANGE", "more than 100000 values"),
        (http("200 OK", b'{"data": "' + b"x" * (7 << 20) + b'"}'), "OUT_OF_RANGE", "longer than"),
        (
            http("200 OK", b'{"data": {"k": "' + b"x" * (4 << 20) + b'"}}'),
            "OUT_OF_RANGE",
            "divide the SecretProviderClass",
        ),
    ],
    ids=[
        "none",
        "half",
        "204",
        "HTML",
        "null",
        "HTML 404",
        "sealed",
        "busy",
        "redirect",
        "values",
        "long",
        "driver",
    ],
)
def test_an_answer_that_cannot_be_used_is_an_error_that_says_why(
    provider: Provider, surroundings: Surroundings, answer: bytes, status: str, message: str
) -> None:
    with answering(answer) as address:
        found, text = provider.driver.refusal(surroundings.attributes(WHOLE, vaultAddress=address))
    assert found == status
    assert message in text
    assert "s3cr3t" not in text
    assert provider.driver.version()


def test_a_thousand_objects_are_mounted(provider: Provider, surroundings: Surroundings) -> None:
    keys = {f"k{number}": str(number) for number in range(1000)}
    surroundings.vault.put_secret("secret/data/database/many", **keys)
    objects = [
        {"objectName": key, "secretPath": "secret/data/database/many", "secretKey": key} for key in keys
    ]
    files = provider.driver.files(surroundings.attributes(objects))
    assert files == {key: text.encode() for key, text in keys.items()}


def test_a_sealed_vault_is_named_in_the_refusal(
    provider: Provider, surroundings: Surroundings, own_vault: Vault
) -> None:
    attributes = surroundings.attributes(OBJECTS, vaultAddress=own_vault.address)
    own_vault.seal()
    status, message = provider.driver.refusal(attributes)
    assert (status, "Vault is sealed" in message) == ("UNKNOWN", True)


def test_a_vault_of_another_name_is_verified_by_the_server_name_of_the_class(
    provider: Provider, surroundings: Surroundings
) -> None:
    address = surroundings.vault.address.replace("127.0.0.1", "localhost")
    status, message = provider.driver.refusal(surroundings.attributes(OBJECTS, vaultAddress=address))
    assert (status, "x509" in message) == ("UNKNOWN", True)
    named = surroundings.attributes(OBJECTS, vaultAddress=address, vaultTLSServerName="127.0.0.1")
    assert provider.driver.files(named)["obj-username"] == b"myusername"


def test_a_certificate_of_an_unknown_authority_is_refused_unless_the_class_says_so(
    tmp_path: Path, socket_folder: Path, surroundings: Surroundings, provider_kubeconfig: Path
) -> None:
    with stopping(Provider(tmp_path, socket_folder / "vault.sock", provider_kubeconfig, {})) as untrusting:
        status, message = untrusting.driver.refusal(surroundings.attributes(OBJECTS))
        assert (status, "vaultCACertPath" in message) == ("UNKNOWN", True)
        ca = str(surroundings.vault.ca_file)
        mounted = _mounted_folder(tmp_path / "ca", surroundings.vault.ca_file)
        for trust in (
            {"vaultCACertPath": ca},
            {"vaultCADirectory": str(mounted)},
            {"vaultSkipTLSVerify": "true"},
        ):
            assert (
                untrusting.driver.files(surroundings.attributes(OBJECTS, **trust))["obj-username"]
                == b"myusername"
            )
        _, message = untrusting.driver.refusal(surroundings.attributes(OBJECTS, vaultCACertPath="/none"))
        assert "/none must be PEM files in the provider's container" in message


def _mounted_folder(folder: Path, ca_file: Path) -> Path:
    """Return a folder like a Secret mounted by the kubelet: links to files in a folder named after the time."""
    data = folder / "..2026_01_01"
    data.mkdir(parents=True)
    (data / "ca.crt").write_bytes(ca_file.read_bytes())
    (data / "notes.txt").write_text("no certificate")
    (folder / "..data").symlink_to(data.name)
    for name in ("ca.crt", "notes.txt"):
        (folder / name).symlink_to(f"..data/{name}")
    return folder


def test_a_vault_that_demands_a_client_certificate_gets_that_of_the_class(
    provider: Provider, surroundings: Surroundings, authority: Authority
) -> None:
    own = authority.issue("csi-client", "csi-client")
    parameters = {"vaultTLSClientCertPath": str(own.cert_file), "vaultTLSClientKeyPath": str(own.key_file)}
    with demanding_certificates(authority.issue("csi-relay"), surroundings.vault) as address:
        attributes = surroundings.attributes(OBJECTS, vaultAddress=address)
        status, message = provider.driver.refusal(attributes)
        assert (status, "vaultTLSClientCertPath" in message) == ("UNKNOWN", True)
        assert provider.driver.files({**attributes, **parameters})["obj-username"] == b"myusername"


def test_vault_is_reached_by_the_socket_of_an_agent(
    tmp_path: Path, socket_folder: Path, surroundings: Surroundings, provider_kubeconfig: Path
) -> None:
    agent = socket_folder / "agent.sock"
    with (
        relaying(agent, surroundings.vault),
        stopping(
            Provider(
                tmp_path, socket_folder / "vault.sock", provider_kubeconfig, {}, f"-vault-addr=unix://{agent}"
            )
        ) as running,
    ):
        attributes = surroundings.attributes(OBJECTS)
        del attributes["vaultAddress"]
        assert running.driver.files(attributes)["obj-username"] == b"myusername"


def test_attributes_without_a_pod_are_refused_with_the_field_of_the_csidriver(
    provider: Provider, surroundings: Surroundings
) -> None:
    attributes = json.loads(json.dumps(surroundings.attributes(OBJECTS)))
    del attributes["csi.storage.k8s.io/pod.uid"]
    status, message = provider.driver.refusal(attributes)
    assert (status, "podInfoOnMount" in message) == ("INVALID_ARGUMENT", True)
