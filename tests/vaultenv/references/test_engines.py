"""Writes to engines that make something new each time: SSH and PKI of a real Vault."""

from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from tests.servers.vault import Vault, VaultRefused
from tests.vaultenv.launcher import launch, variables

pytestmark = pytest.mark.usefixtures("each_launcher")


@pytest.fixture(scope="session")
def engines(secrets: Vault) -> Vault:
    """Yield Vault with an SSH engine for one-time passwords, another for certificates, and a PKI role."""
    secrets.mount("ssh", "ssh")
    secrets.write("ssh/roles/otp", {"key_type": "otp", "default_user": "app", "cidr_list": "10.0.0.0/8"})
    secrets.mount("ssh-ca", "ssh")
    secrets.write("ssh-ca/config/ca", {"generate_signing_key": True})
    user = {"allow_user_certificates": True, "allowed_users": "*", "default_user": "app", "ttl": "5m"}
    secrets.write("ssh-ca/roles/user", {"key_type": "ca", **user})
    secrets.write("pki/roles/web", {"allow_any_name": True, "ttl": "1h", "key_type": "ec", "key_bits": 256})
    return secrets


def resolved(vault: Vault, **references: str) -> dict[bytes, bytes]:
    """The program's variables."""
    leading = {"VAULT_ADDR": vault.address, "VAULT_CACERT": str(vault.ca_file), "VAULT_TOKEN": vault.token}
    done = launch("/usr/bin/env", "-0", **leading, **references)
    assert done.returncode == 0, done.stderr
    return variables(done.stdout)


def test_an_ssh_password_is_good_for_one_login(engines: Vault) -> None:
    write = '>>vault:ssh/creds/otp#{}#{{"ip":"10.1.2.3"}}'
    keys = ("key", "username", "${.username}@${.ip}:${.port}")
    found = resolved(engines, **{name: write.format(key) for name, key in zip("ABC", keys, strict=True)})
    assert (found[b"B"], found[b"C"]) == (b"app", b"app@10.1.2.3:22")
    verified = engines.write("ssh/verify", {"otp": found[b"A"].decode()})["data"]
    assert (verified["ip"], verified["username"]) == ("10.1.2.3", "app")
    with pytest.raises(VaultRefused, match="OTP not found"):
        engines.write("ssh/verify", {"otp": found[b"A"].decode()})


def test_an_ssh_key_is_signed(engines: Vault, tmp_path: Path) -> None:
    form = (serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    key = ed25519.Ed25519PrivateKey.generate().public_key().public_bytes(*form).decode()
    found = resolved(engines, A=f'>>vault:ssh-ca/sign/user#signed_key#{{"public_key":"{key}"}}')
    signed = serialization.load_ssh_public_identity(found[b"A"].strip())
    assert isinstance(signed, serialization.SSHCertificate)
    assert signed.valid_principals == [b"app"]
    signed.verify_cert_signature()


def test_certificate_and_key_of_equal_writes_belong_together(engines: Vault) -> None:
    write = '>>vault:pki/issue/web#{}#{{"common_name":"web.example"}}'
    bundle = "${" + write.format("certificate") + "}\n${" + write.format("private_key") + "}"
    found = resolved(engines, C=write.format("certificate"), K=write.format("private_key"), BOTH=bundle)
    certificate = x509.load_pem_x509_certificate(found[b"C"])
    key = serialization.load_pem_private_key(found[b"K"], None)
    assert certificate.public_key() == key.public_key()
    assert certificate.subject.rfc4514_string() == "CN=web.example"
    assert found[b"BOTH"] == found[b"C"] + b"\n" + found[b"K"]


def test_another_body_is_another_certificate(engines: Vault) -> None:
    write = '>>vault:pki/issue/web#serial_number#{{"common_name":"{}.example"}}'
    found = resolved(engines, A=write.format("a"), B=write.format("b"), SAME=write.format("a"))
    assert found[b"A"] == found[b"SAME"] != found[b"B"]


def test_the_authoritys_certificate_is_a_read(engines: Vault) -> None:
    found = resolved(engines, A="vault:pki/cert/ca#certificate")
    assert x509.load_pem_x509_certificate(found[b"A"]).subject.rfc4514_string() == "CN=test"


def test_a_role_that_does_not_exist_ends_the_start_with_vaults_words(engines: Vault) -> None:
    leading = {"VAULT_ADDR": engines.address, "VAULT_CACERT": str(engines.ca_file)}
    reference = '>>vault:pki/issue/none#certificate#{"common_name":"web.example"}'
    done = launch("/usr/bin/env", VAULT_TOKEN=engines.token, A=reference, **leading)
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"unknown role: none" in done.stderr
    assert b"web.example" not in done.stderr
