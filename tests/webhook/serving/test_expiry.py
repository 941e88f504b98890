"""The end of the serving certificate: read as cryptography reads it, published, warned of, and not ready after it."""

import io
import json
import os
import time
from pathlib import Path

import pytest
from cryptography import x509

from tests.servers.authority import Authority
from tests.webhook.clock import Clock
from webhook.certificates.making import make_certificate
from webhook.serving.expiry import Expiry, not_after

DAY_S = 86_400


@pytest.mark.parametrize("days", [1, 365, 365 * 40])
def test_the_end_is_that_of_the_first_certificate(days: int) -> None:
    made = make_certificate(["localhost"], days)
    pem = (made.chain + made.ca).decode()
    expected = x509.load_pem_x509_certificate(made.chain).not_valid_after_utc.timestamp()
    assert not_after(pem) == expected


def test_certificates_of_others_are_read_too(authority: Authority) -> None:
    pem = authority.issue("expiry").cert_file.read_bytes()
    assert not_after(pem.decode()) == x509.load_pem_x509_certificate(pem).not_valid_after_utc.timestamp()


@pytest.mark.parametrize(
    "pem",
    [
        "",
        "no PEM",
        "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----\n",
    ],
)
def test_a_file_without_a_certificate_is_an_error(pem: str) -> None:
    with pytest.raises((ValueError, IndexError)):
        not_after(pem)


def test_a_certificate_is_warned_of_daily_from_thirty_days_on_and_ends(
    tmp_path: Path, log: io.StringIO
) -> None:
    file, clock, published = tmp_path / "tls.crt", Clock(), []
    clock.now_s = time.time()
    file.write_bytes(make_certificate(["localhost"], 31).chain)
    expiry = Expiry(str(file), published.append, clock)
    assert expiry.problem() == ""
    assert log.getvalue() == ""
    clock.now_s += 2 * DAY_S
    assert [expiry.problem() for _ in range(3)] == [""] * 3
    clock.now_s += DAY_S
    assert expiry.problem() == ""
    assert [json.loads(line)["days"] for line in log.getvalue().splitlines()] == [29.0, 28.0]
    clock.now_s += 30 * DAY_S
    assert "vault-webhook certificate" in expiry.problem()
    file.write_bytes(make_certificate(["localhost"], 90).chain)
    os.utime(file, ns=(1, 1))
    assert expiry.problem() == ""
    assert len(published) == 2
