"""Logins as a service account of Google, at Vault's own gcp method; one local server acts as Google for us and for Vault."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jwt
import pytest

from tests.servers.google import EMAIL, serve_gcp_method
from tests.servers.google import Google as Services
from tests.servers.serving import serving
from tests.servers.vault import Vault, VaultRefused
from vaultkube.deadline import Deadline
from vaultkube.sync_resources.methods import GcpLogin
from vaultsync.errors import ReferenceRefused, VaultAway, VaultDenied
from vaultsync.vault.gcp import Google, gcp_body

ACCOUNT = "iam.gke.io/gcp-service-account"
PLACE = {"project_id": "project", "region": "europe-west1", "cluster_name": "main"}


class Source:
    """A namespace with a ServiceAccount of Workload Identity."""

    def __init__(self, **annotations: str) -> None:
        self._annotations = annotations
        self.has_token = True

    def get(self, kind: str, namespace: str, name: str, deadline: Deadline) -> Mapping[str, Any] | None:
        assert (kind, namespace, name) == ("ServiceAccount", "team", "app")
        return {"metadata": {"annotations": self._annotations}}

    def create_token(
        self, namespace: str, service_account: str, audiences: list[str], deadline: Deadline
    ) -> str | None:
        return jwt.encode({"aud": audiences}, "k" * 32) if self.has_token else None


@pytest.fixture(scope="module")
def services() -> Iterator[Services]:
    with serving(Services()) as server:
        yield server


@pytest.fixture
def google(services: Services) -> Google:
    address = f"http://{services.host}"
    return Google(address, address, address)


@pytest.fixture
def source() -> Source:
    return Source(**{ACCOUNT: EMAIL})


def _body(source: Source, google: Google, **fields: str) -> dict[str, Any]:
    return gcp_body(GcpLogin("app", "app", **fields), "team", source, Deadline(5), google)


@pytest.fixture
def method(vault: Vault, session_folder: Path, services: Services) -> Iterator[Vault]:
    serve_gcp_method(vault, session_folder / "vault", services, "gcp-sync")
    yield vault
    vault.request("DELETE", "sys/auth/gcp-sync")


def test_vault_accepts_the_identity_of_the_service_account(
    method: Vault, google: Google, source: Source
) -> None:
    role = {"type": "iam", "token_policies": "default"}
    method.write("auth/gcp-sync/role/app", {**role, "bound_service_accounts": EMAIL})
    body = _body(source, google, **PLACE)
    assert method.write("auth/gcp-sync/login", body)["auth"]["metadata"]["service_account_email"] == EMAIL
    method.write("auth/gcp-sync/role/other", {**role, "bound_service_accounts": f"not-{EMAIL}"})
    with pytest.raises(VaultRefused):
        method.write("auth/gcp-sync/login", {**body, "role": "other"})


def test_the_place_of_the_cluster_is_that_of_the_node(google: Google, source: Source) -> None:
    claims = jwt.decode(_body(source, google)["jwt"], options={"verify_signature": False})
    assert (claims["email"], claims["aud"]) == (EMAIL, "https://vault/app")


def test_a_missing_service_account_or_annotation_is_named(google: Google, source: Source) -> None:
    with pytest.raises(ReferenceRefused, match=f"ServiceAccount team/app does not exist, or .* {ACCOUNT}"):
        _body(Source(), google, **PLACE)
    source.has_token = False
    with pytest.raises(ReferenceRefused, match="correct workloadIdentityServiceAccount"):
        _body(source, google, **PLACE)


@pytest.mark.parametrize(
    ("account", "place", "advice"),
    [
        (EMAIL, {"project_id": "other"}, "are projectID, region and clusterName of the VaultAuth those"),
        (EMAIL, {"cluster_name": "other"}, "are projectID, region and clusterName of the VaultAuth those"),
        ("../x?y", {}, r"iam.workloadIdentityUser on \.\./x\?y"),
    ],
)
def test_a_refusal_of_google_names_the_fields_to_check(
    google: Google, account: str, place: dict[str, str], advice: str
) -> None:
    with pytest.raises(VaultDenied, match=advice) as caught:
        _body(Source(**{ACCOUNT: account}), google, **{**PLACE, **place})
    assert "federated" not in str(caught.value)


def test_the_field_to_set_is_named_where_the_node_is_not_of_google(
    services: Services, source: Source
) -> None:
    address = f"http://{services.host}"
    with pytest.raises(VaultAway, match=r"set gcp\.projectID"):
        _body(source, Google(address, address, "http://127.0.0.1:1"))
    with pytest.raises(VaultDenied, match=r"set gcp\.clusterName"):
        _body(source, Google(address, address, f"{address}/nowhere"), project_id="p", region="r")
