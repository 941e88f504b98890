"""Certificates read from PEM: their dates as another library reads them, and issued ones found in a file."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from vaultenv.agent.certificates import held_in, parse_certificate

KEY = ec.generate_private_key(ec.SECP256R1())
KEY_PEM = KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
).decode()


def name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def pem(subject: str, issuer: str, first: dt.datetime, last: dt.datetime) -> str:
    builder = x509.CertificateBuilder(name(issuer), name(subject), KEY.public_key(), 1000, first, last)
    return builder.sign(KEY, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


FIRST, LAST = dt.datetime(2024, 2, 29, 23, 59, 58), dt.datetime(2024, 3, 1)
LEAF, SUB, ROOT = (pem(*names, FIRST, LAST) for names in (("leaf", "sub"), ("sub", "root"), ("root", "root")))


@pytest.mark.parametrize(
    "date",
    [
        dt.datetime(1970, 1, 1),
        dt.datetime(1999, 12, 31, 23, 59, 59),
        dt.datetime(2000, 2, 29),
        dt.datetime(2049, 12, 31),
        dt.datetime(2050, 1, 1),
        dt.datetime(2100, 3, 1, 1, 2, 3),
        dt.datetime(9999, 12, 31, 23, 59, 59),
    ],
)
def test_dates_are_those_of_the_certificate(date: dt.datetime) -> None:
    found = parse_certificate("text\n" + pem("a", "b", date, date + dt.timedelta(0)))
    assert found
    expected = date.replace(tzinfo=dt.UTC).timestamp()
    assert (found.not_before_s, found.not_after_s) == (expected, expected)


@pytest.mark.parametrize(
    "text", [LEAF + SUB + ROOT + KEY_PEM, KEY_PEM + ROOT + LEAF + SUB, LEAF + LEAF + SUB + KEY_PEM]
)
def test_an_issued_certificate_is_found_in_its_file(text: str) -> None:
    found = held_in(f"# made by hand\n{text}")
    assert found
    leaf, body = found
    data: Mapping[str, Any] = body["data"]
    assert leaf.pem == data["certificate"] == LEAF.strip()
    assert (data["private_key"], data["issuing_ca"]) == (KEY_PEM.strip(), SUB.strip())
    assert set(data["ca_chain"]) <= {SUB.strip(), ROOT.strip()}


@pytest.mark.parametrize(
    "text",
    [
        "",
        LEAF,
        KEY_PEM,
        LEAF + pem("other", "sub", FIRST, LAST) + KEY_PEM,
        LEAF.replace("M", "A") + KEY_PEM,
        LEAF[:-40] + KEY_PEM,
        "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n" + KEY_PEM,
        "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n" + KEY_PEM,
    ],
)
def test_a_file_without_one_key_and_one_certificate_holds_nothing(text: str) -> None:
    assert held_in(text) is None
