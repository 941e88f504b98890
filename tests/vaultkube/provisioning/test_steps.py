"""Steps that Vault refuses half way can be repeated."""

from typing import Any

import pytest
import requests
from hvac.exceptions import Forbidden

from vaultkube.provisioning.layout import Layout
from vaultkube.provisioning.steps import Provisioning, ProvisioningFailed

ROLE, POLICY = "auth/cluster/role/shop", "sys/policies/acl/cluster-shop"


class Paths:
    """Reads and deletes existing paths, except one that it may not delete."""

    def __init__(self, refused: str) -> None:
        self.left = {ROLE, POLICY}
        self.refused = refused

    def read(self, path: str) -> dict[str, Any] | None:
        return {"data": {"name": path}} if path in self.left else None

    def delete(self, path: str) -> None:
        if path == self.refused:
            raise Forbidden(path)
        self.left.discard(path)


@pytest.mark.parametrize("refused", [ROLE, POLICY])
def test_a_removal_that_was_refused_half_way_is_completed(refused: str) -> None:
    paths, lines = Paths(refused), list[str]()
    client: Any = paths
    steps = Provisioning(client, Layout("cluster"), lines.append)
    with pytest.raises(ProvisioningFailed):
        steps.remove("shop")
    paths.refused = ""
    steps.remove("shop")
    assert paths.left == set()
    assert len(lines) == 1


class Stranger:
    """Answers every request alike."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def __getattr__(self, _name: str) -> Any:
        return lambda *_args, **_fields: self.answer


def page(status: int) -> requests.Response:
    """Return what hvac returns of a load balancer's page, or of the redirect of a standby."""
    response = requests.Response()
    response.status_code = status
    response._content = b"<html>"
    return response


@pytest.mark.parametrize("answer", [page(200), page(307)], ids=["page", "redirect"])
@pytest.mark.parametrize("step", ["namespace", "ensure", "remove"])
def test_an_answer_that_is_not_vaults_is_a_failure(step: str, answer: Any) -> None:
    fails(step, answer)


@pytest.mark.parametrize("answer", [{}, [], {"status": "maintenance"}, {"data": "later"}], ids=str)
@pytest.mark.parametrize("step", ["ensure", "remove"])
def test_json_that_is_not_vaults_is_a_failure(step: str, answer: Any) -> None:
    fails(step, answer)


def fails(step: str, answer: Any) -> None:
    client: Any = Stranger(answer)
    lines = list[str]()
    with pytest.raises(ProvisioningFailed, match="the answer is not Vault's; check VAULT_ADDR"):
        getattr(Provisioning(client, Layout("cluster"), lines.append), step)("shop")
    assert lines == []
