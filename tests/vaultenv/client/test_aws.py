"""AWS's logins against Vault's own aws method, which sends the signed request to a local STS."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.servers.aws import KEY_ID, SECRET, Cloud
from tests.servers.serving import serving
from tests.servers.vault import Vault
from tests.vaultenv.launcher import launch, variables


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with serving(Cloud()) as server:
        yield server


@pytest.fixture(scope="module")
def methods(secrets: Vault, cloud: Cloud) -> Vault:
    """Yield Vault's aws method, which trusts the local cloud."""
    secrets.policy("account", 'path "secret/data/account" { capabilities = ["read"] }')
    secrets.write("sys/auth/aws", {"type": "aws"})
    secrets.write(
        "auth/aws/config/client",
        {
            "sts_endpoint": cloud.address,
            "sts_region": "eu-west-1",
            "iam_server_id_header_value": "vault.example",
        },
    )
    principal = {
        "bound_iam_principal_arn": "arn:aws:iam::123456789012:role/app",
        "resolve_aws_unique_ids": False,
    }
    secrets.write("auth/aws/role/app", {"auth_type": "iam", "token_policies": "account", **principal})
    return secrets


def start_with(vault: Vault, method: str, **login: str) -> Any:
    place = {"VAULT_ADDR": vault.address, "VAULT_CACERT": str(vault.ca_file)}
    chosen = {"VAULT_AUTH_METHOD": method, "VAULT_ROLE": "app", "A": "vault:secret/data/account#password"}
    done = launch("/usr/bin/env", "-0", **{**place, **chosen, "VAULT_ENV_TIMEOUT": "5s", **login})
    return done.stderr if done.returncode else variables(done.stdout)[b"A"]


def aws(cloud: Cloud, **more: str) -> dict[str, str]:
    place = {"AWS_ENDPOINT_URL_STS": cloud.address, "AWS_EC2_METADATA_SERVICE_ENDPOINT": cloud.address}
    return {
        "VAULT_PATH": "aws",
        "VAULT_AWS_IAM_SERVER_ID": "vault.example",
        "AWS_REGION": "eu-west-1",
        **place,
        **more,
    }


def test_aws_iam_logs_in_with_keys(methods: Vault, cloud: Cloud) -> None:
    keys = {"AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_SESSION_TOKEN": "s"}
    assert start_with(methods, "aws-iam", **aws(cloud, **keys)) == b"secret"
    wrong = {**keys, "AWS_SECRET_ACCESS_KEY": "wrong"}
    refusal = start_with(methods, "aws-iam", **aws(cloud, **wrong))
    assert b"unable to log in with AWS IAM auth" in refusal
    assert b"wrong" not in refusal


def test_aws_iam_logs_in_with_a_web_identity(methods: Vault, cloud: Cloud, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("projected\n")
    identity = {
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(token),
        "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/app",
    }
    assert start_with(methods, "aws-iam", **aws(cloud, **identity)) == b"secret"


def test_aws_iam_logs_in_with_the_containers_credentials(
    methods: Vault, cloud: Cloud, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text("pod-token")
    service = {
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{cloud.address}/container",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(token),
    }
    assert start_with(methods, "aws-iam", **aws(cloud, **service)) == b"secret"


def test_aws_iam_logs_in_with_the_machines_role(methods: Vault, cloud: Cloud) -> None:
    assert start_with(methods, "aws-iam", **aws(cloud)) == b"secret"


def test_aws_ec2_sends_identity_and_nonce(methods: Vault, cloud: Cloud, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("a.b.c")
    refusal = start_with(methods, "aws-ec2", **aws(cloud, VAULT_JWT_FILE=str(token)))
    assert b"unable to log in with AWS EC2 auth" in refusal
    assert b"failed to parse" in refusal or b"pkcs7" in refusal.lower() or b"PKCS" in refusal


def test_vaults_last_error_is_reported_when_the_deadline_ends_a_later_reading_of_metadata(
    methods: Vault, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text("a.b.c")
    with serving(Cloud(identities=1)) as silent:
        login = {"VAULT_JWT_FILE": str(token), "VAULT_ENV_TIMEOUT": "1s"}
        refusal = start_with(methods, "aws-ec2", **aws(silent), **login)
    assert b"unable to log in with AWS EC2 auth" in refusal
    assert b"Code: 500" in refusal


def test_a_missing_metadata_service_is_named(methods: Vault) -> None:
    message = start_with(methods, "gcp-gce", GCE_METADATA_HOST="127.0.0.1:1")
    assert (
        b"failed to request new Vault token: failed to read login data: GET http://127.0.0.1:1/computeMetadata"
        in message
    )
