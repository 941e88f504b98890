"""Kinds of custom objects in the webhook configuration."""

import pytest

from tests.webhook.commands.test_certificate import manifests
from vaultkube.errors import InvalidSetting
from webhook.commands.custom_kinds import with_custom_kinds


def test_without_kinds_no_custom_object_is_sent() -> None:
    _, configuration = manifests()
    assert [webhook["name"].partition(".")[0] for webhook in configuration["webhooks"]] == [
        "pods",
        "secrets",
        "configmaps",
    ]


def test_kinds_get_a_webhook_of_their_own_as_safe_as_that_for_config_maps() -> None:
    _, configuration = manifests("--objects=databases.example.com", "--objects=users.db.example.com")
    *_, config_maps, objects = configuration["webhooks"]
    assert objects["name"] == "objects.vault-webhook.svc"
    assert objects["clientConfig"]["service"]["path"].endswith("/objects")
    assert [(rule["apiGroups"], rule["resources"]) for rule in objects["rules"]] == [
        (["example.com"], ["databases"]),
        (["db.example.com"], ["users"]),
    ]
    own = ("name", "clientConfig", "rules")
    assert {key: objects[key] for key in objects if key not in own} == {
        key: config_maps[key] for key in config_maps if key not in own
    }


@pytest.mark.parametrize(
    "kind",
    [
        "secrets",
        "*.example.com",
        "a.b/status",
        "leases.coordination.k8s.io",
        ".x",
        "deployments.apps",
        "pods.",
    ],
)
def test_a_text_that_is_no_kind_of_custom_objects_is_refused(kind: str) -> None:
    with pytest.raises(InvalidSetting, match="resource and group of a custom object"):
        with_custom_kinds({"webhooks": []}, [kind])
