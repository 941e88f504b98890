"""Every login method, on a real Vault."""

import datetime
from pathlib import Path

import jwt
import pytest
import trustme
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.servers.vault import Vault
from tests.vaultenv.launcher import launch, variables

ENV = "/usr/bin/env"
REFERENCE = "vault:secret/data/account#password"

pytestmark = pytest.mark.usefixtures("each_launcher")


def start_with(vault: Vault, **login: str) -> bytes:
    """Return the value of a reference after this login, or the launcher's error."""
    leading = {"VAULT_ADDR": vault.address, "VAULT_CACERT": str(vault.ca_file), "VAULT_ENV_TIMEOUT": "5s"}
    done = launch(ENV, "-0", A=REFERENCE, **leading, **login)
    return done.stderr if done.returncode else variables(done.stdout)[b"A"]


@pytest.fixture
def methods(secrets: Vault) -> Vault:
    """Vault with the auth methods below, whose users may read the account."""
    secrets.policy("account", 'path "secret/data/account" { capabilities = ["read"] }')
    for kind in ("approle", "userpass", "cert"):
        if f"{kind}/" not in secrets.read("sys/auth"):
            secrets.write(f"sys/auth/{kind}", {"type": kind})
    secrets.write("auth/approle/role/app", {"token_policies": "account"})
    secrets.write("auth/userpass/users/jo", {"password": "pw", "token_policies": "account"})
    return secrets


def approle(vault: Vault) -> tuple[str, str]:
    role_id = vault.read("auth/approle/role/app/role-id")["role_id"]
    return role_id, vault.write("auth/approle/role/app/secret-id", {})["data"]["secret_id"]


def test_approle_logs_in_with_ids_from_variables_and_files(methods: Vault, tmp_path: Path) -> None:
    role_id, secret_id = approle(methods)
    role = {"VAULT_AUTH_METHOD": "approle", "VAULT_APPROLE_ROLE_ID": role_id}
    assert start_with(methods, **role, VAULT_APPROLE_SECRET_ID=secret_id) == b"secret"
    file = tmp_path / "secret-id"
    file.write_text(secret_id + "\n")
    assert start_with(methods, **role, VAULT_APPROLE_SECRET_ID_FILE=str(file)) == b"secret"
    by_file = tmp_path / "role-id"
    by_file.write_text(role_id + "\n")
    read = {"VAULT_AUTH_METHOD": "approle", "VAULT_APPROLE_ROLE_ID_FILE": str(by_file)}
    assert start_with(methods, **read, VAULT_APPROLE_SECRET_ID=secret_id) == b"secret"
    refusal = start_with(methods, **role, VAULT_APPROLE_SECRET_ID="wrong")
    assert b"unable to log in with AppRole auth" in refusal
    assert b"Code: 400" in refusal


def test_userpass_logs_in_with_name_and_password(methods: Vault) -> None:
    user = {"VAULT_AUTH_METHOD": "userpass", "VAULT_USERNAME": "jo"}
    assert start_with(methods, **user, VAULT_PASSWORD="pw") == b"secret"
    refusal = start_with(methods, **user, VAULT_PASSWORD="hunter2")
    assert b"invalid username or password" in refusal
    assert b"hunter2" not in refusal
    assert b"VAULT_PASSWORD or VAULT_PASSWORD_FILE is not set" in start_with(methods, **user)


def test_a_tls_certificate_logs_in(methods: Vault, tmp_path: Path) -> None:
    authority = trustme.CA()
    pair = authority.issue_cert("app.example.com", common_name="app.example.com")
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    pair.cert_chain_pems[0].write_to_path(str(certificate))
    pair.private_key_pem.write_to_path(str(key))
    trusted = authority.cert_pem.bytes().decode()
    methods.write("auth/cert/certs/app", {"certificate": trusted, "token_policies": "account"})
    files = {"VAULT_CLIENT_CERT": str(certificate), "VAULT_CLIENT_KEY": str(key)}
    assert start_with(methods, VAULT_AUTH_METHOD="cert", VAULT_ROLE="app", **files) == b"secret"
    wrong = {**files, "VAULT_CLIENT_KEY": str(certificate)}
    assert b"not a certificate and its key" in start_with(methods, VAULT_AUTH_METHOD="cert", **wrong)


@pytest.mark.parametrize("method", ["jwt", ""])
def test_a_jwt_logs_in(methods: Vault, tmp_path: Path, method: str) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    form = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    if "jwt/" not in methods.read("sys/auth"):
        methods.write("sys/auth/jwt", {"type": "jwt"})
    methods.write(
        "auth/jwt/config", {"jwt_validation_pubkeys": key.public_key().public_bytes(*form).decode()}
    )
    role = {"role_type": "jwt", "user_claim": "sub", "bound_audiences": "vault", "token_policies": "account"}
    methods.write("auth/jwt/role/app", dict(role))
    file = tmp_path / "jwt"
    login = {
        "VAULT_AUTH_METHOD": method,
        "VAULT_PATH": "jwt",
        "VAULT_ROLE": "app",
        "VAULT_JWT_FILE": str(file),
    }
    now = datetime.datetime.now(datetime.UTC)
    for audience, outcome in (("vault", b"secret"), ("other", b"invalid audience")):
        claims = {"sub": "app", "aud": audience, "iat": now, "exp": now + datetime.timedelta(minutes=5)}
        file.write_text(jwt.encode(claims, key, algorithm="ES256") + "\n")
        assert outcome in start_with(methods, **login)


def test_a_token_file_is_trimmed(secrets: Vault, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f" {secrets.token}\n")
    assert start_with(secrets, VAULT_TOKEN_FILE=str(file)) == b"secret"
    assert start_with(secrets, VAULT_TOKEN_PATH=str(file)) == b"secret"
    file.write_text("\n")
    assert b"is empty: check VAULT_TOKEN_FILE" in start_with(secrets, VAULT_TOKEN_FILE=str(file))
    file.write_text("hunter2\nhunter2\n")
    refusal = start_with(secrets, VAULT_TOKEN_FILE=str(file))
    assert b"holds more than a token: check VAULT_TOKEN_FILE" in refusal
    assert b"hunter2" not in refusal
    missing = str(tmp_path / "none")
    assert b"no such file or directory" in start_with(secrets, VAULT_TOKEN_FILE=missing)


def test_a_wrapping_token_is_unwrapped_once(secrets: Vault) -> None:
    answer = secrets.endpoint.request(
        "POST",
        "/v1/auth/token/create",
        headers={"X-Vault-Token": secrets.token, "X-Vault-Wrap-TTL": "60s"},
        json={"policies": ["root"]},
    )
    token = answer.json()["wrap_info"]["token"]
    assert start_with(secrets, VAULT_TOKEN=token, VAULT_UNWRAP_TOKEN="true") == b"secret"
    again = start_with(secrets, VAULT_TOKEN=token, VAULT_UNWRAP_TOKEN="true")
    assert b"unable to unwrap the given token" in again


def test_an_unknown_method_is_an_error(secrets: Vault) -> None:
    message = start_with(secrets, VAULT_AUTH_METHOD="guess")
    assert b"VAULT_AUTH_METHOD is 'guess': write one of jwt, kubernetes, approle" in message


def test_a_revoked_token_is_of_no_use(secrets: Vault) -> None:
    token = secrets.new_token("root")
    assert start_with(secrets, VAULT_TOKEN=token, VAULT_REVOKE_TOKEN="true") == b"secret"
    assert b"403 permission denied" in start_with(secrets, VAULT_TOKEN=token)
