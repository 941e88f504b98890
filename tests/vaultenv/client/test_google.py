"""Google's logins against Vault's own gcp method: one local server acts as Google for the launcher and for Vault."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.google import EMAIL, Google, serve_gcp_method
from tests.servers.serving import serving
from tests.servers.vault import Vault
from tests.vaultenv.client.test_aws import start_with


@pytest.fixture(scope="module")
def google() -> Iterator[Google]:
    with serving(Google()) as server:
        yield server


@pytest.fixture(scope="module")
def method(secrets: Vault, session_folder: Path, google: Google) -> Vault:
    """Vault with its gcp method."""
    secrets.policy("account", 'path "secret/data/account" { capabilities = ["read"] }')
    serve_gcp_method(secrets, session_folder / "vault", google, "gcp")
    return secrets


def start(vault: Vault, google: Google, method: str, **bounds: str) -> object:
    """Return the result of a login with a role of these bounds."""
    vault.request("DELETE", "auth/gcp/role/app")
    vault.write("auth/gcp/role/app", {"token_policies": "account", **bounds})
    place = {"GCE_METADATA_HOST": google.host, "GCP_IAM_CREDENTIALS_ENDPOINT": f"http://{google.host}"}
    return start_with(vault, method, VAULT_PATH="gcp", **place)


def test_gcp_iam_logs_in(method: Vault, google: Google) -> None:
    assert start(method, google, "gcp-iam", type="iam", bound_service_accounts=EMAIL) == b"secret"


def test_gcp_gce_logs_in(method: Vault, google: Google) -> None:
    bounds = {"type": "gce", "bound_projects": "project", "bound_zones": "europe-west1-b"}
    assert start(method, google, "gcp-gce", **bounds) == b"secret"


@pytest.mark.parametrize(
    ("login", "bounds"),
    [
        ("gcp-iam", {"type": "iam", "bound_service_accounts": "other@project.iam.gserviceaccount.com"}),
        ("gcp-gce", {"type": "gce", "bound_projects": "other"}),
        ("gcp-gce", {"type": "gce", "bound_zones": "us-east1-a"}),
    ],
)
def test_an_identity_outside_of_the_role_is_refused(
    method: Vault, google: Google, login: str, bounds: dict[str, str]
) -> None:
    refusal = start(method, google, login, **bounds)
    assert isinstance(refusal, bytes)
    assert b"unable to log in with GCP" in refusal
    assert b"Code: 400" in refusal
