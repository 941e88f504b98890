"""In an outage of the webhook, the guard of manifests/base refuses programs with raw references."""

import json
import time
from collections.abc import Iterator

import pytest

from tests.acceptance.conftest import CLUSTER_NAME, Product
from tests.acceptance.test_bad_input import pod_with

VALUE = f"vault:{CLUSTER_NAME}/data/default/app#key"
CONFIGURATION = ("mutatingwebhookconfiguration", "vault-webhook")


@pytest.fixture
def outage(product: Product) -> Iterator[None]:
    """Remove the webhook from the API server's configuration for the test."""
    stored = json.loads(product.cluster.kubectl("get", *CONFIGURATION, "-o", "json"))
    stored["metadata"] = {"name": stored["metadata"]["name"]}
    product.cluster.kubectl("delete", *CONFIGURATION)
    _wait_until(product, called=False)
    yield
    product.cluster.apply(json.dumps(stored))
    _wait_until(product, called=True)


def _wait_until(product: Product, called: bool) -> None:
    """Wait until the API server uses the changed configuration; a bad annotation shows whether it calls the webhook."""
    for _ in range(100):
        if ("could not mutate object" in _refusal(product, "plain", vault_env_daemon="yse")) == called:
            return
        time.sleep(0.1)
    raise AssertionError(f"the webhook is called: {not called}")


def _refusal(product: Product, value: str, **changed: str) -> str:
    try:
        product.create_pod("default", pod_with(value, **changed))
    except AssertionError as error:
        return str(error)
    return ""


@pytest.mark.usefixtures("outage")
def test_a_raw_reference_is_refused_with_the_remedy(product: Product) -> None:
    message = _refusal(product, VALUE)
    assert "ValidatingAdmissionPolicy 'vault-webhook-guard'" in message
    assert "is the webhook vault-webhook running" in message


@pytest.mark.usefixtures("outage")
def test_other_pods_are_created(product: Product) -> None:
    assert not _refusal(product, "vault:8200")


def test_a_pod_changed_by_the_webhook_passes_the_guard(product: Product) -> None:
    assert not _refusal(product, VALUE)
