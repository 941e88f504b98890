"""The contract of every Reader, checked on the real Vault with both clients, and on the embedded store."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.vault import Vault
from tests.vaultenv.conftest import MakeReader, hvac_client, own_client
from vaultenv.errors import PermissionRefused, RequestRefused, SecretNotFound, VaultEnvError
from vaultenv.references.reader import Reader
from vaultenv.references.secret import Secret
from vaultenv.references.store import open_store


@pytest.fixture(params=["own", "hvac", "store"])
def reader(request: pytest.FixtureRequest, secrets: Vault, store_file: Path) -> Iterator[Reader]:
    """Return each implementation of Reader in turn, over the same secrets."""
    if request.param == "store":
        yield open_store(f"file://{store_file}")
        return
    with (own_client if request.param == "own" else hvac_client)(secrets, secrets.token) as client:
        yield client


def fields(answer: Secret | VaultEnvError) -> dict[str, object]:
    assert isinstance(answer, Secret)
    return dict(answer.fields)


def test_reads_are_answered_in_order(reader: Reader) -> None:
    last = {"username": "superusername", "password": "secret"}
    first = {"username": "superusername1", "password": "secret1"}
    path = "secret/data/account"
    answers = reader.read([(path, ""), (path, "1"), ("kv1/account", ""), (path, "2")])
    kv1 = {"username": "one", "data": "a field called data", "number": "12"}
    assert [fields(answer) for answer in answers] == [last, first, kv1, last]


def test_a_missing_path_is_an_error_of_that_read_only(reader: Reader) -> None:
    missing, there = reader.read([("secret/data/supersecret", ""), ("secret/data/account", "")])
    assert isinstance(missing, SecretNotFound)
    assert str(missing).startswith("path not found: secret/data/supersecret: ")
    assert isinstance(there, Secret)


def test_fifty_reads_are_answered_in_order(reader: Reader) -> None:
    wanted = [("secret/data/account", str(1 + number % 2)) for number in range(50)]
    usernames = [fields(answer)["username"] for answer in reader.read(wanted)]
    assert usernames == ["superusername1", "superusername"] * 25


@pytest.mark.parametrize("mount", ["secret", "team/deep"])
def test_a_path_without_data_is_missing_with_the_corrected_path(
    secrets: Vault, make_reader: MakeReader, mount: str
) -> None:
    secrets.put_secret(f"{mount}/data/corrected", k="v")
    (answer,) = make_reader(secrets, secrets.token).read([(f"{mount}/corrected", "")])
    assert isinstance(answer, SecretNotFound)
    assert f"write {mount}/data/corrected" in str(answer)


def test_an_unknown_mount_is_a_missing_path(secrets: Vault, make_reader: MakeReader) -> None:
    (answer,) = make_reader(secrets, secrets.token).read([("nowhere/data/a b%2F?#ä", "")])
    assert isinstance(answer, SecretNotFound)


@pytest.mark.parametrize(
    ("path", "how"), [("secret/data/gone", "deleted at 20"), ("secret/data/destroyed", "destroyed")]
)
def test_a_deleted_version_says_so(secrets: Vault, make_reader: MakeReader, path: str, how: str) -> None:
    (answer,) = make_reader(secrets, secrets.token).read([(path, "")])
    assert isinstance(answer, Secret)
    assert (answer.version, answer.deleted.startswith(how), answer.fields) == ("1", True, {})


def test_a_path_forbidden_by_the_policy_is_refused(secrets: Vault, make_reader: MakeReader) -> None:
    secrets.policy("only-account", 'path "secret/data/account" { capabilities = ["read"] }')
    reader = make_reader(secrets, secrets.new_token("only-account"))
    allowed, refused = reader.read([("secret/data/account", ""), ("secret/data/other", "")])
    assert isinstance(allowed, Secret)
    assert isinstance(refused, PermissionRefused)
    assert "Code: 403. Errors:" in str(refused)
    assert "permission denied" in str(refused)


def test_a_write_is_answered(secrets: Vault, make_reader: MakeReader) -> None:
    body = json.dumps({"plaintext": base64.b64encode(b"hidden").decode()})
    answer = make_reader(secrets, secrets.token).write("transit/encrypt/mykey", body)
    assert str(fields(answer)["ciphertext"]).startswith("vault:v1:")


def test_a_write_without_an_answer_is_no_secret(secrets: Vault, make_reader: MakeReader) -> None:
    answer = make_reader(secrets, secrets.token).write("kv1/written", '{"k":"v"}')
    assert isinstance(answer, SecretNotFound)
    assert secrets.read("kv1/written") == {"k": "v"}


def ciphertext(vault: Vault, plaintext: bytes) -> str:
    body: dict[str, object] = {"plaintext": base64.b64encode(plaintext).decode()}
    return str(vault.write("transit/encrypt/mykey", body)["data"]["ciphertext"])


def test_ciphertexts_are_decrypted_in_order(secrets: Vault, make_reader: MakeReader) -> None:
    texts = [ciphertext(secrets, plaintext) for plaintext in (b"one", b"\xff\x00", b"three")]
    answers = make_reader(secrets, secrets.token).decrypt("transit/decrypt/mykey", texts)
    assert answers == [b"one", b"\xff\x00", b"three"]


def test_a_bad_ciphertext_is_an_error_of_that_text_only(secrets: Vault, make_reader: MakeReader) -> None:
    texts = [ciphertext(secrets, b"good"), "vault:v1:AAAA"]
    good, bad = make_reader(secrets, secrets.token).decrypt("transit/decrypt/mykey", texts)
    assert good == b"good"
    assert isinstance(bad, RequestRefused)


def test_a_secret_has_its_lease(secrets: Vault, make_reader: MakeReader) -> None:
    (answer,) = make_reader(secrets, secrets.token).read([("kv1/account", "")])
    assert isinstance(answer, Secret)
    assert (answer.lease_id, answer.lease_s) == ("", 2764800)
