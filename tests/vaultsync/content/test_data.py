"""Data of a destination: keys, the whole answer, the keys of TLS, and the limits of a Secret."""

from typing import Any

import pytest

from tests.vaultsync.content.specs import ANSWER, certificate, static
from vaultenv.basics.jsontext import loads
from vaultkube.sync_resources.secrets import SecretSpec
from vaultsync.content.data import LARGEST_BYTES, data_of
from vaultsync.content.source import source_of
from vaultsync.content.transformation import Merged
from vaultsync.errors import DataUnusable

ISSUED = {"certificate": "CERT\n", "private_key": "KEY", "issuing_ca": "CA", "serial_number": "1"}
TLS = {"name": "tls", "type": "kubernetes.io/tls"}


def made(spec: SecretSpec, answer: Any, transformation: Merged | None = None) -> dict[str, bytes]:
    source = source_of(spec, answer)
    return data_of(spec, source, transformation or Merged(), annotations={}, labels={})


def versioned(**fields: Any) -> Any:
    return {"data": {"data": fields, "metadata": {"version": "1"}}}


def test_the_secret_of_the_manual_has_two_keys() -> None:
    data = made(static(), ANSWER)
    assert sorted(data) == ["_raw", "key1"]
    assert data["key1"] == b"value1"


def test_the_whole_answer_can_be_left_out() -> None:
    assert made(static(), ANSWER, Merged(exclude_raw=True)) == {"key1": b"value1"}


def test_filters_leave_templates_and_the_whole_answer() -> None:
    data = made(static(), ANSWER, Merged(excludes=(".*",), templates={"url": "x{{ .Secrets.key1 }}"}))
    assert sorted(data) == ["_raw", "url"]


def test_a_certificate_has_the_keys_of_its_type() -> None:
    data = made(certificate(destination=TLS), {"data": {**ISSUED, "ca_chain": ["INT", "CA"]}})
    assert data["tls.crt"] == b"CERT\nINT\nCA\n"
    assert (data["tls.key"], data["ca.crt"], data["serial_number"]) == (b"KEY\n", b"CA\n", b"1")


@pytest.mark.parametrize("chain", [None, []])
def test_a_certificate_without_a_chain_is_followed_by_its_issuer(chain: Any) -> None:
    assert (
        made(certificate(destination=TLS), {"data": {**ISSUED, "ca_chain": chain}})["tls.crt"]
        == b"CERT\nCA\n"
    )


def test_the_certificate_of_a_bundle_is_without_its_private_key() -> None:
    blocks = ("PRIVATE KEY", "CERTIFICATE", "CERTIFICATE")
    pems = [f"-----BEGIN {kind}-----\n{number}\n-----END {kind}-----" for number, kind in enumerate(blocks)]
    bundle = {**ISSUED, "certificate": "\n".join(pems), "issuing_ca": pems[2]}
    data = made(certificate(destination=TLS), {"data": bundle})
    assert data["tls.crt"].decode() == f"{pems[1]}\n{pems[2]}\n"


def test_a_certificate_of_another_type_has_no_keys_of_tls() -> None:
    assert "tls.crt" not in made(certificate(), {"data": ISSUED})


def test_tls_without_a_private_key_is_an_error() -> None:
    with pytest.raises(DataUnusable, match="no certificate and private_key"):
        made(certificate(destination=TLS), {"data": {"certificate": "C"}})


@pytest.mark.parametrize("key", ["a b", "ä", "", "a/b", "x" * 254, ".."])
def test_a_key_that_a_secret_cannot_have_is_refused(key: str) -> None:
    with pytest.raises(DataUnusable, match=r"transformation\.excludes"):
        made(static(), versioned(**{key: "v"}))


def test_a_key_that_a_secret_cannot_have_can_be_excluded() -> None:
    assert made(static(), versioned(**{"a b": "v"}), Merged(excludes=(" ",), exclude_raw=True)) == {}


def test_data_up_to_the_limit_of_a_secret_are_accepted() -> None:
    fits = made(static(), versioned(a="x" * LARGEST_BYTES), Merged(exclude_raw=True))
    assert len(fits["a"]) == LARGEST_BYTES
    with pytest.raises(DataUnusable, match="at most 1048576"):
        made(static(), versioned(a="x" * LARGEST_BYTES))


def test_the_order_of_keys_in_the_answer_does_not_matter() -> None:
    one = loads(b'{"data":{"data":{"a":"1","b":{"x":1,"y":2}},"metadata":{"version":1}}}')
    other = loads(b'{"data":{"metadata":{"version":1},"data":{"b":{"y":2,"x":1},"a":"1"}}}')
    assert made(static(), one) == made(static(), other)


def test_the_chain_of_a_certificate_is_pem_and_no_list() -> None:
    answer = {"data": {**ISSUED, "ca_chain": ["INT", "CA"]}}
    data = made(certificate(), answer)
    assert data["ca_chain"] == b"INT\nCA"
    assert b'"ca_chain":["INT","CA"]' in data["_raw"]
    assert "ca_chain" not in made(certificate(), answer, Merged(excludes=("chain",)))


def test_a_template_of_a_key_of_tls_wins() -> None:
    templates = {"tls.crt": "{{ .Secrets.certificate }}", "pair.pem": "{{ .Secrets.private_key }}"}
    data = made(certificate(destination=TLS), {"data": ISSUED}, Merged(templates=templates))
    assert (data["tls.crt"], data["tls.key"], data["pair.pem"]) == (b"CERT\n", b"KEY\n", b"KEY")


def test_a_template_named_raw_needs_exclude_raw() -> None:
    templates = {"_raw": "mine"}
    with pytest.raises(DataUnusable, match="excludeRaw: true"):
        made(static(), ANSWER, Merged(templates=templates))
    data = made(static(), ANSWER, Merged(templates=templates, exclude_raw=True))
    assert data == {"key1": b"value1", "_raw": b"mine"}


def test_a_secret_with_a_key_named_raw_is_accepted_with_exclude_raw() -> None:
    spec = static(destination={"name": "d", "transformation": {"excludeRaw": True}})
    assert made(spec, versioned(_raw="v"), Merged(exclude_raw=True)) == {"_raw": b"v"}


def test_data_without_the_keys_of_its_type_are_refused() -> None:
    spec = static(destination={"name": "d", "create": True, "type": "kubernetes.io/tls"})
    with pytest.raises(DataUnusable, match=r"needs the key tls\.crt and tls\.key"):
        made(spec, ANSWER)
