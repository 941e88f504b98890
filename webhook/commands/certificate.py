"""`vault-webhook certificate`: a serving certificate, and the webhook configuration that trusts it, as manifests."""

import argparse
import base64
import datetime
import ipaddress
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from vaultkube.errors import InvalidSetting

_DEFAULT_CONFIGURATION = Path("manifests/base/webhook-configuration.yaml")


@dataclass(frozen=True)
class Certificate:
    """A serving certificate in PEM, its key, and the CA that signed it; the CA's key is thrown away."""

    ca: bytes
    chain: bytes
    key: bytes


def run(arguments: list[str]) -> int:
    """Print the Secret with the certificate and the configuration with the CA; return 0."""
    options = _parser().parse_args(arguments)
    hosts = [urlsplit(options.url).hostname or ""] if options.url else _service_names(options)
    certificate = make_certificate(hosts, options.days)
    documents = [_secret(certificate, options)]
    try:
        configurations = list(yaml.safe_load_all(options.file.read_text(encoding="utf-8")))
    except OSError as error:
        raise InvalidSetting(f"{error}; name the webhook configuration with --file") from None
    documents += [_with_ca(document, certificate.ca, options) for document in configurations]
    yaml.safe_dump_all(documents, sys.stdout, sort_keys=False)
    return 0


def make_certificate(hosts: Sequence[str], days: int) -> Certificate:
    """Return a certificate for `hosts`, names or IP addresses, that is valid for `days`, with a CA made for it."""
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "vault-webhook CA")])
    ca = (
        _builder(ca_name, ca_name, ca_key, days)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(key_cert_sign=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key()), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    leaf = (
        _builder(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "vault-webhook")]), ca_name, key, days)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(digital_signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([_general_name(host) for host in hosts]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False
        )
        .sign(ca_key, hashes.SHA256())
    )
    key_text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem = serialization.Encoding.PEM
    return Certificate(ca=ca.public_bytes(pem), chain=leaf.public_bytes(pem), key=key_text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="vault-webhook certificate",
        description="Print a Secret with a serving certificate and the webhook configuration that trusts it.",
        epilog="Example: vault-webhook certificate | kubectl apply -f -",
    )
    parser.add_argument(
        "--file",
        type=Path,
        default=_DEFAULT_CONFIGURATION,
        help="webhook configuration (default: %(default)s)",
    )
    parser.add_argument(
        "--namespace", default="vault-webhook", help="namespace of Secret and Service (default: %(default)s)"
    )
    parser.add_argument(
        "--service", default="vault-webhook", help="name of the Service (default: %(default)s)"
    )
    parser.add_argument(
        "--secret", default="vault-webhook-tls", help="name of the Secret (default: %(default)s)"
    )
    parser.add_argument(
        "--url", default="", help="https://HOST:PORT of a webhook outside the cluster, instead of the Service"
    )
    parser.add_argument("--days", type=int, default=365, help="validity (default: %(default)s)")
    return parser


def _service_names(options: argparse.Namespace) -> list[str]:
    name = f"{options.service}.{options.namespace}.svc"
    return [name, f"{name}.cluster.local"]


def _secret(certificate: Certificate, options: argparse.Namespace) -> dict[str, Any]:
    data = {"ca.crt": certificate.ca, "tls.crt": certificate.chain, "tls.key": certificate.key}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": options.secret, "namespace": options.namespace},
        "type": "kubernetes.io/tls",
        "data": {name: base64.b64encode(text).decode("ascii") for name, text in data.items()},
    }


def _with_ca(configuration: Mapping[str, Any], ca: bytes, options: argparse.Namespace) -> dict[str, Any]:
    bundle = base64.b64encode(ca).decode("ascii")
    webhooks = [
        {**webhook, "clientConfig": {**_client(webhook["clientConfig"], options), "caBundle": bundle}}
        for webhook in configuration["webhooks"]
    ]
    return {**configuration, "webhooks": webhooks}


def _client(client: Mapping[str, Any], options: argparse.Namespace) -> dict[str, Any]:
    service = client["service"]
    if options.url:
        return {"url": options.url.rstrip("/") + service["path"]}
    return {"service": {**service, "name": options.service, "namespace": options.namespace}}


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, days: int
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(days=days))
    )


def _key_usage(*, digital_signature: bool = False, key_cert_sign: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        key_cert_sign=key_cert_sign,
        crl_sign=key_cert_sign,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
