"""The predecessor's behaviour, row by row, on a real Vault: references, templates, paths and transit."""

from collections.abc import Iterator

import pytest

from tests.servers.vault import Vault
from tests.vaultenv.conftest import own_client
from tests.vaultenv.resolving import resolve
from vaultenv.errors import NotResolved
from vaultenv.references.frompath import parse_from_path
from vaultenv.references.reader import Reader
from vaultenv.references.resolve import from_path
from vaultenv.references.values import Transit
from vaultenv.settings import Settings
from vaultenv.start.environment import child_environ

ODD = """{"int":12345678901234567890,"decimal":1.50,"power":1e6,"yes":true,"nothing":null,"empty":"",
"we ird":"blank","obj":{"a":1},"list":["x","y"],"again":"vault:secret/data/account#password",
"inline":"${vault:secret/data/account#password}","a":"x"}"""


@pytest.fixture(scope="module")
def fixtures(secrets: Vault) -> Vault:
    """The predecessor's fixtures, a secret of unusual values in KV 1, and a ciphertext."""
    header = {"X-Vault-Token": secrets.token, "Content-Type": "application/json"}
    assert secrets.endpoint.request("PUT", "/v1/kv1/odd", headers=header, data=ODD).ok
    secrets.put_secret("secret/data/account1", USERNAME="u1-old", SHARED="old")
    secrets.put_secret("secret/data/account1", USERNAME="u1", SHARED="one")
    secrets.put_secret("secret/data/account2", PASSWORD="p2", SHARED="two", VAULT_ADDR="from-path")
    return secrets


@pytest.fixture
def reader(fixtures: Vault) -> Iterator[Reader]:
    with own_client(fixtures, fixtures.token) as client:
        yield client


@pytest.fixture(scope="module")
def ciphertext(fixtures: Vault) -> str:
    return str(fixtures.write("transit/encrypt/mykey", {"plaintext": "c2VjcmV0"})["data"]["ciphertext"])


@pytest.mark.parametrize(
    ("reference", "value"),
    [
        ("vault:secret/data/account#password", "secret"),
        ("vault:secret/data/account#password#1", "secret1"),
        ("vault:secret/data/account#password#-1", "secret"),
        ("vault:secret/data/account/#password", "secret"),
        ("vault:/secret/data/account#password", "secret"),
        ("vault:secret/data/none/../account#password", "secret"),
        ("vault:kv1/account#username", "one"),
        ("vault:kv1/account#data", "a field called data"),
        ("vault:kv1/odd#int", "12345678901234567890"),
        ("vault:kv1/odd#decimal", "1.50"),
        ("vault:kv1/odd#power", "1e6"),
        ("vault:kv1/odd#yes", "true"),
        ("vault:kv1/odd#nothing", ""),
        ("vault:kv1/odd#empty", ""),
        ("vault:kv1/odd#we ird", "blank"),
        ("vault:kv1/odd#again", "vault:secret/data/account#password"),
        ("vault:kv1/odd#inline", "${vault:secret/data/account#password}"),
        ("vault:kv1/odd#${.obj | toJson}", '{"a":1}'),
        ("vault:kv1/odd#${.obj}", "map[a:1]"),
        ('vault:kv1/odd#${index . "we ird"}', "blank"),
        ('vault:kv1/odd#${if eq .a "x"}y${else}n${end}', "y"),
        ("vault:kv1/odd#${range .list}${.},${end}", "x,y,"),
        ("vault:secret/data/account#My user: ${title .username}", "My user: Superusername"),
        ("vault:secret/data/account#${.username}:${.password}", "superusername:secret"),
        ("vault:secret/data/account#${.missing}", "<no value>"),
        ('vault:secret/data/account#${default "d" .missing}', "d"),
        (
            "scheme://${vault:secret/data/account#username}:${vault:secret/data/account#password}@127.0.0.1:8080",
            "scheme://superusername:secret@127.0.0.1:8080",
        ),
        (
            "scheme://${vault:secret/data/account#username}:"
            "${vault:secret/data/account#${.password | urlquery}}@127.0.0.1:8080",
            "scheme://superusername:secret@127.0.0.1:8080",
        ),
        (
            '>>vault:sys/tools/hash/sha2-224#sum#{"input":"eA=="}',
            "54a2f7f92a5f975d8096af77a126edda7da60c5aa872ef1b871701ae",
        ),
    ],
)
def test_a_reference_has_the_predecessors_value(reader: Reader, reference: str, value: str) -> None:
    assert resolve({b"A": reference.encode()}, reader) == {b"A": value.encode()}


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("vault:secret/data/supersecret#password", "path not found: secret/data/supersecret"),
        ("vault:secret/get/data#data", "path not found: secret/get/data"),
        ("vault:secret/account#password", "write secret/data/account"),
        ("vault:secret/data/account#none", "key 'none' not found under path: secret/data/account"),
        ("vault:secret/data/account#{.password}", "key '{.password}' not found under path"),
        ("vault:secret/data/gone#password", "version 1 was deleted at 20"),
        ("vault:secret/data/destroyed#password", "version 1 was destroyed"),
        ("vault:secret/data/account", "secret data key or template not defined"),
        ("vault:secret/data/account#", "key '' not found under path: secret/data/account"),
        ("vault:login", "vault:login is for VAULT_TOKEN only"),
        ("vault:kv1/odd#obj", "value can't be cast to a string"),
        ("vault:kv1/odd#list", "value can't be cast to a string"),
        ("vault:secret/data/account#${.missing | b64enc}", "b64enc"),
        ('vault:secret/data/account#${required "e" .x}', 'function "required" not defined'),
        (">>vault:gen/password#value#[1]", "the body of a write must be a JSON object"),
        ("vault:v1:AAAA", "found encrypted variable, but transit key ID is empty"),
    ],
)
@pytest.mark.parametrize("ignore_missing", [False, True])
def test_an_unresolvable_reference_has_an_error_with_its_cause(
    reader: Reader, reference: str, message: str, ignore_missing: bool
) -> None:
    if ignore_missing and ("path not found" in message or "write secret" in message):
        assert resolve({b"A": reference.encode()}, reader, ignore_missing=True) == {}
        return
    with pytest.raises(NotResolved) as refusal:
        resolve({b"A": reference.encode()}, reader, ignore_missing=ignore_missing)
    assert message in str(refusal.value)


def test_a_missing_path_inside_text_stays_there_if_that_is_ignored(reader: Reader) -> None:
    """The reference stays byte for byte in each of its spellings."""
    values = {
        b"A": b"<${vault:secret/data/supersecret#password}>",
        b"B": b"${vault:/secret//data/none/#k#0}${vault:secret/data/account#username}",
        b"C": b'${>>vault:nowhere/x#y#{"a": {"b": 1}}}',
        b"D": b"${vault:v1:AAAABBBBCCCCDDDD}",
    }
    found = resolve(values, reader, Transit("mykey"), ignore_missing=True)
    assert found == values | {b"B": b"${vault:/secret//data/none/#k#0}superusername"}


def test_a_ciphertext_can_be_written_to_transit(reader: Reader, ciphertext: str) -> None:
    reference = f'>>vault:transit/decrypt/mykey#${{.plaintext | b64dec}}#{{"ciphertext":"{ciphertext}"}}'
    assert resolve({b"A": reference.encode()}, reader) == {b"A": b"secret"}


def test_equal_writes_in_other_variables_happen_once(reader: Reader) -> None:
    write = ">>vault:sys/tools/random#random_bytes"
    values = {"A": write, "B": write, "C": f"${{{write}}}__${{{write}}}"}
    found = resolve({name.encode(): text.encode() for name, text in values.items()}, reader)
    assert found[b"A"]
    assert (found[b"B"], found[b"C"]) == (found[b"A"], found[b"A"] + b"__" + found[b"A"])


def test_a_read_and_a_write_of_one_path_are_two_requests(fixtures: Vault, reader: Reader) -> None:
    fixtures.put_secret("secret/data/two", k="before")
    values = {
        b"R": b"vault:secret/data/two#k",
        b"W": b'>>vault:secret/data/two#version#{"data":{"k":"after"}}',
    }
    assert resolve(values, reader) == {b"R": b"before", b"W": b"2"}
    assert resolve(values, reader) == {b"R": b"after", b"W": b"3"}


@pytest.mark.parametrize(
    ("paths", "variables"),
    [
        ("secret/data/account1", {"USERNAME": "u1", "SHARED": "one"}),
        ("secret/data/account1#1", {"USERNAME": "u1-old", "SHARED": "old"}),
        (
            "secret/data/account1,secret/data/account2",
            {"USERNAME": "u1", "SHARED": "two", "PASSWORD": "p2"},
        ),
        (
            "secret/data/account2, secret/data/account1#1,",
            {"USERNAME": "u1-old", "SHARED": "old", "PASSWORD": "p2"},
        ),
    ],
)
def test_all_keys_of_paths_become_variables(reader: Reader, paths: str, variables: dict[str, str]) -> None:
    """A reserved name that a path brings is removed like any other."""
    brought = from_path(parse_from_path(paths), reader)
    child = child_environ({}, {}, {}, brought, {b"VAULT_ADDR"})
    assert {name.decode(): value.decode() for name, value in child.items()} == variables


def test_a_missing_path_brings_no_variables_if_ignored(reader: Reader) -> None:
    paths = parse_from_path("secret/data/account1,secret/data/doesnotexist")
    with pytest.raises(NotResolved, match="path not found: secret/data/doesnotexist"):
        from_path(paths, reader)
    assert from_path(paths, reader, ignore_missing=True) == {b"USERNAME": b"u1", b"SHARED": b"one"}


class Pages:
    """Passes ciphertexts on to Vault, and notes the number in each request."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.sizes: list[int] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self.reader, name)

    def decrypt(self, path: str, ciphertexts: list[str]) -> object:
        self.sizes.append(len(ciphertexts))
        return self.reader.decrypt(path, ciphertexts)


@pytest.mark.parametrize(
    ("count", "batch_size", "pages"),
    [(0, 25, []), (1, 100, [1]), (4, 2, [2, 2]), (4, 3, [3, 1]), (4, 1, [1, 1, 1, 1])],
)
def test_ciphertexts_go_in_pages(
    fixtures: Vault, reader: Reader, count: int, batch_size: int, pages: list[int]
) -> None:
    body: dict[str, object] = {"plaintext": "c2VjcmV0"}
    texts = [fixtures.write("transit/encrypt/mykey", body)["data"]["ciphertext"] for _ in range(count)]
    values = {b"V%d" % number: str(text).encode() for number, text in enumerate([*texts, *texts])}
    paged = Pages(reader)
    found = resolve(values, paged, Transit("mykey", "transit", batch_size))  # type: ignore[arg-type]
    assert found == dict.fromkeys(values, b"secret")
    assert paged.sizes == pages


def test_a_bad_ciphertext_is_left_out_if_missing_secrets_are_ignored(reader: Reader, ciphertext: str) -> None:
    values = {
        b"GOOD": ciphertext.encode(),
        b"BAD": b"vault:v1:AAAA",
        b"IN": f"p-${{{ciphertext}}}-s".encode(),
    }
    found = resolve(values, reader, Transit("mykey"), ignore_missing=True)
    assert found == {b"GOOD": b"secret", b"IN": b"p-secret-s"}
    with pytest.raises(NotResolved, match="could not decrypt a value"):
        resolve(values, reader, Transit("mykey"))


@pytest.mark.parametrize(
    ("environ", "field", "value"),
    [
        ({}, "address", "https://127.0.0.1:8200"),
        ({"VAULT_ADDR": "https://a", "VAULT_AGENT_ADDR": "https://b"}, "address", "https://b"),
        ({}, "jwt_file", "/var/run/secrets/kubernetes.io/serviceaccount/token"),
        ({"VAULT_JWT_FILE": "/a"}, "jwt_file", "/a"),
        ({"VAULT_JWT_FILE": "/a", "KUBERNETES_SERVICE_ACCOUNT_TOKEN": "/b"}, "jwt_file", "/b"),
        ({"VAULT_CLIENT_TIMEOUT": "30"}, "client_timeout_s", 30),
        ({"VAULT_ENV_DELAY": "5"}, "delay_s", 5),
        ({"VAULT_TRANSIT_PATH": "/team/transit/"}, "transit_mount", "team/transit"),
    ],
)
def test_a_variable_sets_the_field_of_its_meaning(environ: dict[str, str], field: str, value: object) -> None:
    settings = Settings({name.encode(): text.encode() for name, text in environ.items()})
    assert getattr(settings, field) == value
