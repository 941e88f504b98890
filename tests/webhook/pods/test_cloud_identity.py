"""An agent's container with the pod's identity from EKS."""

import pytest

from tests.webhook.pods.filing import by_name, changed, mounts, variables
from tests.webhook.pods.specs import config_of, container, spec_of
from webhook.pods.cloud_identity import identity_mounts, identity_variables

TOKENS = "/var/run/secrets/eks.amazonaws.com/serviceaccount"
ENV = [
    {"name": "AWS_ROLE_ARN", "value": "arn:aws:iam::1:role/app"},
    {"name": "AWS_WEB_IDENTITY_TOKEN_FILE", "value": f"{TOKENS}/token"},
    {"name": "OTHER", "value": "x"},
]
SPEC = spec_of(
    container(env=ENV, volumeMounts=[{"name": "aws-iam-token", "mountPath": TOKENS, "readOnly": True}]),
    container(name="other", env=[{"name": "AWS_ROLE_ARN", "value": "another"}]),
    volumes=[{"name": "aws-iam-token", "projected": {"sources": []}}],
)


@pytest.mark.parametrize("method", ["aws-iam", "aws-ec2"])
def test_a_login_of_aws_gets_its_variables_and_its_token(method: str) -> None:
    config = config_of(vault_auth_method=method)
    assert identity_variables(config, SPEC) == ENV[:2]  # type: ignore[arg-type]
    assert [mount["mountPath"] for mount in identity_mounts(config, SPEC)] == [TOKENS]  # type: ignore[arg-type]


def test_another_login_gets_none_of_it() -> None:
    assert identity_variables(config_of(), SPEC) == []  # type: ignore[arg-type]
    assert identity_mounts(config_of(), SPEC) == []  # type: ignore[arg-type]


def test_both_containers_of_an_agent_have_it() -> None:
    new = changed(SPEC, {"auth-type": "aws", "auth-config-type": "iam", "auth-config-role": "app"})
    for name in ("vault-agent-init", "vault-agent"):
        agent = by_name(new, name)
        assert variables(agent)["AWS_ROLE_ARN"] == "arn:aws:iam::1:role/app"
        assert mounts(agent)[TOKENS] == "aws-iam-token"
