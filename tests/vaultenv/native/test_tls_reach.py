"""The executable's reduced OpenSSL works with every possible kind of server and key."""

import ssl
import subprocess
from pathlib import Path

import pytest

from tests.vaultenv.client.reading import KV, in_turn
from tests.vaultenv.client.stand_in import stand_in

pytestmark = pytest.mark.launcher

KINDS = {
    "rsa": ["rsa:2048"],
    "rsa-sha384": ["rsa:3072", "-sha384"],
    "rsa-sha512": ["rsa:2048", "-sha512"],
    "rsa-pss": ["rsa-pss", "-pkeyopt", "rsa_keygen_bits:2048"],
    "p256": ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "p384": ["ec", "-pkeyopt", "ec_paramgen_curve:P-384", "-sha384"],
    "p521": ["ec", "-pkeyopt", "ec_paramgen_curve:P-521", "-sha512"],
    "ed25519": ["ed25519"],
    "ed448": ["ed448"],
}
"""Arguments of `openssl req` for a key and a certificate of it."""
SUITES = [
    *(
        f"ECDHE-{key}-{cipher}"
        for key in ("RSA", "ECDSA")
        for cipher in ("CHACHA20-POLY1305", "AES256-SHA384")
    ),
    *(
        f"{key}-AES{cipher}"
        for key in ("ECDHE-RSA", "ECDHE-ECDSA", "DHE-RSA")
        for cipher in ("128-GCM-SHA256", "256-GCM-SHA384", "128-SHA256")
    ),
    "DHE-RSA-AES256-SHA256",
]
"""Those of Python's default list."""


def certified(kind: str, folder: Path) -> tuple[Path, Path]:
    """Make a certificate for this machine, which is its own CA, and its key, in PEM."""
    certificate, key = folder / f"{kind}.pem", folder / f"{kind}.key"
    names = ["-subj", f"/CN={kind}", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", key, "-out", certificate]
    command = ["openssl", "req", "-x509", "-nodes", "-newkey", *KINDS[kind], *names, *files]
    subprocess.run(command, check=True, capture_output=True)
    return certificate, key


def context_of(certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def reads(static_file: Path, context: ssl.SSLContext, ca_file: Path, **more: str) -> None:
    """Assert that the launcher reads a secret from a server with this context."""
    with stand_in(in_turn(KV), context) as server:
        own = {"VAULT_ADDR": server.address, "VAULT_CACERT": str(ca_file), "VAULT_MAX_RETRIES": "0"}
        environ = {**own, "VAULT_TOKEN": "t", "A": "vault:a/data/b#k", **more}
        command = [static_file, "/bin/sh", "-c", "echo $A"]
        done = subprocess.run(command, env=environ, capture_output=True, timeout=30, check=False)
    assert (done.returncode, done.stdout) == (0, b"v\n"), done.stderr


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_certificate_is_verified(
    static_file: Path, tmp_path: Path, kind: str, version: ssl.TLSVersion
) -> None:
    certificate, key = certified(kind, tmp_path)
    context = context_of(certificate, key)
    context.minimum_version = context.maximum_version = version
    reads(static_file, context, certificate)


@pytest.mark.parametrize("suite", SUITES)
def test_a_server_may_insist_on_any_suite_of_tls_1_2(static_file: Path, tmp_path: Path, suite: str) -> None:
    certificate, key = certified("p256" if "ECDSA" in suite else "rsa", tmp_path)
    context = context_of(certificate, key)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(suite)
    if suite.startswith("DHE"):
        group = ["-algorithm", "DH", "-pkeyopt", "group:ffdhe2048", "-out", tmp_path / "group.pem"]
        subprocess.run(["openssl", "genpkey", "-genparam", *group], check=True, capture_output=True)
        context.load_dh_params(tmp_path / "group.pem")
    reads(static_file, context, certificate)


@pytest.mark.parametrize("group", ["X25519", "X448", "prime256v1", "secp384r1", "secp521r1"])
def test_a_server_may_insist_on_any_curve(static_file: Path, tmp_path: Path, group: str) -> None:
    certificate, key = certified("rsa", tmp_path)
    context = context_of(certificate, key)
    context.set_ecdh_curve(group)
    reads(static_file, context, certificate)


def signs(static_file: Path, certificate: Path, key: Path, server_key: Path) -> None:
    """Assert that the launcher shows this certificate to a server that demands one."""
    context = context_of(certificate, server_key)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(certificate)
    reads(static_file, context, certificate, VAULT_CLIENT_CERT=str(certificate), VAULT_CLIENT_KEY=str(key))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_client_key_is_used(static_file: Path, tmp_path: Path, kind: str) -> None:
    certificate, key = certified(kind, tmp_path)
    signs(static_file, certificate, key, key)


@pytest.mark.parametrize("kind", ["rsa", "p256"])
def test_a_client_key_may_have_the_form_of_its_kind(static_file: Path, tmp_path: Path, kind: str) -> None:
    certificate, key = certified(kind, tmp_path)
    traditional = tmp_path / "traditional.key"
    command = ["openssl", "pkey", "-traditional", "-in", key, "-out", traditional]
    subprocess.run(command, check=True, capture_output=True)
    assert f"BEGIN {'RSA' if kind == 'rsa' else 'EC'} PRIVATE KEY" in traditional.read_text()
    signs(static_file, certificate, traditional, key)
