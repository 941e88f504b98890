"""Logins as a role of AWS: the request, its target, and refusals. tests/vaultsync/running has Vault's own method."""

import base64
from collections.abc import Mapping
from typing import Any

import pytest

from vaultkube.deadline import UNLIMITED, Deadline
from vaultkube.sync_resources.methods import AwsLogin
from vaultsync.errors import ReferenceRefused, VaultDenied
from vaultsync.vault.aws import Fields, aws_body

ROLE = "arn:aws:iam::123456789012:role/app"
CREDENTIALS = {"AccessKeyId": "AKID", "SecretAccessKey": "secret-of-sts", "SessionToken": "session"}


class Source:
    """A namespace with a Secret of keys and a ServiceAccount of IRSA."""

    def __init__(self) -> None:
        self.audiences: list[str] = []
        self.annotations = {"eks.amazonaws.com/role-arn": ROLE}
        self.data = {"access_key_id": "QUtJRA==", "secret_access_key": "c2VjcmV0"}

    def get(self, kind: str, namespace: str, name: str, deadline: Deadline) -> Mapping[str, Any] | None:
        return {"metadata": {"annotations": self.annotations}, "data": self.data}

    def create_token(
        self, namespace: str, service_account: str, audiences: list[str], deadline: Deadline
    ) -> str | None:
        self.audiences = audiences
        return "projected"


class Sts:
    """STS as it answers a form."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, Fields]] = []
        self.answer: dict[str, str] = dict(CREDENTIALS)

    def __call__(self, address: str, fields: Fields, deadline: Deadline) -> Mapping[str, Any]:
        self.requests.append((address, fields))
        result = {"AssumeRoleWithWebIdentityResult": {"Credentials": self.answer}}
        return {"AssumeRoleWithWebIdentityResponse": result}


def _body(source: Source, sts: Sts, **login: str) -> dict[str, Any]:
    return aws_body(AwsLogin(role="app", **login), "team", source, UNLIMITED, sts)


def test_keys_of_a_secret_sign_a_request_of_the_region() -> None:
    sts = Sts()
    body = _body(Source(), sts, secret="keys", region="eu-west-1", header_value="vault.example")
    assert base64.b64decode(body["iam_request_url"]) == b"https://sts.eu-west-1.amazonaws.com/"
    headers = base64.b64decode(body["iam_request_headers"]).decode()
    assert "Credential=AKID/" in headers
    assert "/eu-west-1/sts/aws4_request" in headers
    assert "vault.example" in headers
    assert not sts.requests


def test_the_token_has_the_audience_that_the_service_account_is_annotated_with() -> None:
    source = Source()
    source.annotations["eks.amazonaws.com/audience"] = "sts.example"
    _body(source, Sts(), service_account="app")
    assert source.audiences == ["sts.example"]


def test_a_service_account_assumes_the_role_that_it_is_annotated_with() -> None:
    source, sts = Source(), Sts()
    body = _body(source, sts, service_account="app", region="eu-west-1", session_name="mine")
    assert source.audiences == ["sts.amazonaws.com"]
    ((address, fields),) = sts.requests
    assert address == "https://sts.eu-west-1.amazonaws.com"
    assert (fields["RoleArn"], fields["RoleSessionName"]) == (ROLE, "mine")
    assert fields["WebIdentityToken"] == "projected"
    assert "X-Amz-Security-Token" in base64.b64decode(body["iam_request_headers"]).decode()


@pytest.mark.parametrize(
    "address",
    [
        "http://sts.eu-west-1.amazonaws.com",
        "https://sts.eu-west-1.amazonaws.com.evil.example",
        "https://evil.example/sts.amazonaws.com",
        "https://user@sts.amazonaws.com",
        "https://sts.a.b.amazonaws.com",
        "https://127.0.0.1",
    ],
)
def test_a_service_accounts_token_is_sent_only_to_aws(address: str) -> None:
    source, sts = Source(), Sts()
    with pytest.raises(ReferenceRefused, match="is not one of AWS's"):
        _body(source, sts, service_account="app", sts_endpoint=address)
    assert not sts.requests
    assert not source.audiences


def test_a_missing_annotation_or_key_is_named() -> None:
    source = Source()
    source.annotations, source.data = {}, {}
    with pytest.raises(ReferenceRefused, match=r"ServiceAccount team/app .* eks.amazonaws.com/role-arn"):
        _body(source, Sts(), service_account="app")
    with pytest.raises(ReferenceRefused, match=r"Secret team/keys .* 'access_key_id'"):
        _body(source, Sts(), secret="keys")
    with pytest.raises(ReferenceRefused, match="stsEndpoint"):
        _body(Source(), Sts(), secret="keys", sts_endpoint="https://")


def test_an_answer_without_credentials_is_an_error_without_the_token() -> None:
    sts = Sts()
    sts.answer = {}
    with pytest.raises(VaultDenied) as caught:
        _body(Source(), sts, service_account="app")
    assert "projected" not in str(caught.value)
