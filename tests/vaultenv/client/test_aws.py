"""AWS's logins against Vault's own aws method, which sends the signed request to a local STS."""

import hashlib
import hmac
import json
import urllib.parse
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.servers.vault import Vault
from tests.vaultenv.launcher import launch, variables

KEY_ID, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI"
ARN = "arn:aws:sts::123456789012:assumed-role/app/session"
IDENTITY = f"""<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>{ARN}</Arn><UserId>AROA:session</UserId><Account>123456789012</Account></GetCallerIdentityResult>
<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></GetCallerIdentityResponse>"""


class Cloud(ThreadingHTTPServer):
    """Metadata and token services on one port."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    """Answers, and refuses what the real service would refuse."""

    server: Cloud
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent."""

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        asked = dict(urllib.parse.parse_qsl(query))
        if path.startswith("/latest/") and self.headers["X-aws-ec2-metadata-token"] == "imds":
            self._machine(path.removeprefix("/latest/"))
        elif asked.get("Action") == "AssumeRoleWithWebIdentity" and asked["WebIdentityToken"] == "projected":
            credentials = {"AccessKeyId": KEY_ID, "SecretAccessKey": SECRET, "SessionToken": "st/+="}
            result = {"AssumeRoleWithWebIdentityResult": {"Credentials": credentials}}
            self._send(json.dumps({"AssumeRoleWithWebIdentityResponse": result}))
        elif path == "/container" and self.headers["Authorization"] == "pod-token":
            self._send(json.dumps({"AccessKeyId": KEY_ID, "SecretAccessKey": SECRET, "Token": "ct"}))
        else:
            self.send_error(403)

    def _machine(self, path: str) -> None:
        if path == "meta-data/iam/security-credentials/":
            self._send("machine-role")
        elif path == "meta-data/iam/security-credentials/machine-role":
            self._send(json.dumps({"AccessKeyId": KEY_ID, "SecretAccessKey": SECRET, "Token": "mt"}))
        elif path == "dynamic/instance-identity/pkcs7":
            self._send("MIIB\nsigned")

    def do_PUT(self) -> None:
        ttl = self.headers["X-aws-ec2-metadata-token-ttl-seconds"]
        self._send("imds") if self.path == "/latest/api/token" and ttl else self.send_error(400)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self._is_signed(body):
            self._send(IDENTITY)
        else:
            self.send_error(403)

    def _is_signed(self, body: bytes) -> bool:
        """Signature Version 4 as AWS checks it."""
        given = self.headers["Authorization"]
        parts = dict(part.split("=", 1) for part in given.partition(" ")[2].split(", "))
        key_id, *scope = parts["Credential"].split("/")
        names = parts["SignedHeaders"].split(";")
        lines = [f"{name}:{self.headers[name].strip()}" for name in names]
        digest = hashlib.sha256(body).hexdigest()
        canonical = "\n".join(["POST", "/", "", *lines, "", parts["SignedHeaders"], digest])
        hashed = hashlib.sha256(canonical.encode()).hexdigest()
        to_sign = "\n".join(["AWS4-HMAC-SHA256", self.headers["X-Amz-Date"], "/".join(scope), hashed])
        key = f"AWS4{SECRET}".encode()
        for part in scope:
            key = hmac.digest(key, part.encode(), "sha256")
        right = hmac.digest(key, to_sign.encode(), "sha256").hex()
        return key_id == KEY_ID and "host" in names and parts["Signature"] == right

    def _send(self, text: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/xml" if text.startswith("<") else "application/json")
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with Cloud() as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def methods(secrets: Vault, cloud: Cloud) -> Vault:
    """Vault's aws method, which trusts the local cloud."""
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
    leading = {"VAULT_ADDR": vault.address, "VAULT_CACERT": str(vault.ca_file), "VAULT_ENV_TIMEOUT": "5s"}
    chosen = {"VAULT_AUTH_METHOD": method, "VAULT_ROLE": "app", "A": "vault:secret/data/account#password"}
    done = launch("/usr/bin/env", "-0", **leading, **chosen, **login)
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


def test_aws_iam_with_keys(methods: Vault, cloud: Cloud) -> None:
    keys = {"AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_SESSION_TOKEN": "s"}
    assert start_with(methods, "aws-iam", **aws(cloud, **keys)) == b"secret"
    wrong = {**keys, "AWS_SECRET_ACCESS_KEY": "wrong"}
    refusal = start_with(methods, "aws-iam", **aws(cloud, **wrong))
    assert b"unable to log in with AWS IAM auth" in refusal
    assert b"wrong" not in refusal


def test_aws_iam_with_a_web_identity(methods: Vault, cloud: Cloud, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("projected\n")
    identity = {
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(token),
        "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/app",
    }
    assert start_with(methods, "aws-iam", **aws(cloud, **identity)) == b"secret"


def test_aws_iam_with_the_containers_credentials(methods: Vault, cloud: Cloud, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("pod-token")
    service = {
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{cloud.address}/container",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(token),
    }
    assert start_with(methods, "aws-iam", **aws(cloud, **service)) == b"secret"


def test_aws_iam_with_the_machines_role(methods: Vault, cloud: Cloud) -> None:
    assert start_with(methods, "aws-iam", **aws(cloud)) == b"secret"


def test_aws_ec2_sends_identity_and_nonce(methods: Vault, cloud: Cloud, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("a.b.c")
    refusal = start_with(methods, "aws-ec2", **aws(cloud, VAULT_JWT_FILE=str(token)))
    assert b"unable to log in with AWS EC2 auth" in refusal
    assert b"failed to parse" in refusal or b"pkcs7" in refusal.lower() or b"PKCS" in refusal


def test_a_missing_metadata_service_is_named(methods: Vault) -> None:
    message = start_with(methods, "gcp-gce", GCE_METADATA_HOST="127.0.0.1:1")
    assert (
        b"failed to request new Vault token: failed to read login data: GET http://127.0.0.1:1/computeMetadata"
        in message
    )
