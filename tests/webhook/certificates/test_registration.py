"""The webhook configuration: the fields filled in by the webhook, and those of the manifest."""

import base64
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from webhook.certificates.making import make_certificate
from webhook.certificates.registration import filled_in, hosts_of, read_endpoints, read_registered
from webhook.certificates.state import State, read_pair

ROOT = Path(__file__).parents[3]
MADE, OTHER = make_certificate(["a"], 1), make_certificate(["a"], 1)
STATE = State(read_pair(MADE.chain, MADE.key), None, (MADE.ca, OTHER.ca), ("segment", "next"))
ENDPOINTS = read_endpoints()


def shipped() -> Any:
    return yaml.safe_load((ROOT / "manifests/base/webhook.yaml").read_text())


def test_the_manifest_is_the_commands_configuration_without_filled_in_fields() -> None:
    file = ROOT / "webhook/commands/webhook-configuration.yaml"
    configuration = yaml.safe_load(file.read_text())
    for webhook in configuration["webhooks"]:
        del webhook["rules"], webhook["clientConfig"]["service"]["path"]
    assert shipped() == configuration


def test_every_webhook_gets_cas_path_and_rules() -> None:
    found = filled_in(shipped(), ENDPOINTS, STATE)
    for webhook in found["webhooks"]:
        client = webhook["clientConfig"]
        assert base64.b64decode(client["caBundle"]) == MADE.ca + OTHER.ca
        assert client["service"]["path"] == f"/segment{ENDPOINTS[webhook['name']].path}"
        assert webhook["rules"] == ENDPOINTS[webhook["name"]].rules
    assert filled_in(found, ENDPOINTS, STATE) == found


def test_a_ca_that_somebody_takes_out_of_the_secret_is_trusted_no_more() -> None:
    """Steps of docs/certificates.md after a leaked key: a CA removed only from the configuration is put back."""
    found = filled_in(shipped(), ENDPOINTS, STATE)
    without = replace(STATE, trusted=(MADE.ca,))
    assert read_registered(filled_in(found, ENDPOINTS, without), ENDPOINTS).trusted == (MADE.ca,)
    assert read_registered(filled_in(shipped(), ENDPOINTS, STATE), ENDPOINTS).trusted == STATE.trusted


def test_rules_of_the_operator_stay_and_webhooks_of_others_too() -> None:
    configuration = shipped()
    configuration["webhooks"][0]["rules"] = [{"resources": ["pods"]}]
    configuration["webhooks"].append({"name": "other.example.com", "clientConfig": {"url": "https://x"}})
    found = filled_in(configuration, ENDPOINTS, STATE)["webhooks"]
    assert found[0]["rules"] == [{"resources": ["pods"]}]
    assert found[-1] == configuration["webhooks"][-1]


def test_a_webhook_for_custom_objects_keeps_its_rules_and_gets_cas_and_path() -> None:
    configuration = shipped()
    rules = [{"apiGroups": ["example.com"], "resources": ["databases"]}]
    service = {"name": "vault-webhook", "namespace": "vault-webhook"}
    configuration["webhooks"].append(
        {"name": "objects.vault-webhook.svc", "clientConfig": {"service": service}, "rules": rules}
    )
    found = filled_in(configuration, ENDPOINTS, STATE)["webhooks"][-1]
    assert found["rules"] == rules
    assert found["clientConfig"]["service"]["path"] == "/segment/objects"
    assert base64.b64decode(found["clientConfig"]["caBundle"]) == MADE.ca + OTHER.ca


def test_a_url_keeps_its_host_which_is_a_name_of_the_certificate() -> None:
    configuration = shipped()
    configuration["webhooks"][0]["clientConfig"] = {"url": "https://192.0.2.1:8443/old"}
    found = filled_in(configuration, ENDPOINTS, STATE)
    assert found["webhooks"][0]["clientConfig"]["url"] == "https://192.0.2.1:8443/segment/pods"
    assert hosts_of(configuration, ENDPOINTS) == ("192.0.2.1",)


def test_cas_filled_in_by_somebody_else_stay_without_own_ones() -> None:
    configuration = shipped()
    for webhook in configuration["webhooks"]:
        webhook["clientConfig"]["caBundle"] = "aW5qZWN0ZWQ="
    found = filled_in(configuration, ENDPOINTS, State(segments=("segment",)))
    assert [webhook["clientConfig"]["caBundle"] for webhook in found["webhooks"]] == ["aW5qZWN0ZWQ="] * 3
    assert found["webhooks"][0]["clientConfig"]["service"]["path"] == "/segment/pods"


def test_a_ca_is_trusted_only_if_every_webhook_has_it() -> None:
    found: Any = filled_in(shipped(), ENDPOINTS, STATE)
    assert read_registered(found, ENDPOINTS).trusted == (MADE.ca, OTHER.ca)
    assert read_registered(found, ENDPOINTS).segment == "segment"
    found["webhooks"][1]["clientConfig"]["caBundle"] = base64.b64encode(OTHER.ca).decode()
    assert read_registered(found, ENDPOINTS).trusted == (OTHER.ca,)
    found["webhooks"][2]["clientConfig"]["caBundle"] = base64.b64encode(b"nonsense").decode()
    assert read_registered(found, ENDPOINTS).trusted == ()


def test_a_configuration_without_anything_filled_in_trusts_nobody() -> None:
    assert read_registered(shipped(), ENDPOINTS) == read_registered({}, ENDPOINTS)
