"""The kinds of custom objects with references, as one more webhook of a MutatingWebhookConfiguration."""

from collections.abc import Mapping, Sequence
from typing import Any

from vaultkube.errors import InvalidSetting
from vaultkube.objects.custom import is_custom_group

_LIKE = "/configmaps"
_PATH = "/objects"


def with_custom_kinds(configuration: Mapping[str, Any], kinds: Sequence[str]) -> dict[str, Any]:
    """Return `configuration` with a webhook for `kinds`, each RESOURCE.GROUP; raise InvalidSetting for an invalid one.

    It is like the webhook for ConfigMaps: the API server sends it only objects with one of our annotations.
    """
    rules = [_rule(*kind.split(".", 1)) for kind in custom_kinds(kinds)]
    if not rules:
        return dict(configuration)
    webhooks = configuration["webhooks"]
    like = next((each for each in webhooks if _path(each) == _LIKE), None)
    if like is None:
        raise InvalidSetting(
            "--objects: the webhook configuration has no webhook for ConfigMaps to go by; add one, or write the "
            f"webhook with the path {_PATH} into it"
        )
    client = like["clientConfig"]
    added = {
        **like,
        "name": like["name"].replace("configmaps", "objects", 1),
        "clientConfig": {**client, "service": {**client["service"], "path": _PATH}},
        "rules": rules,
    }
    return {**configuration, "webhooks": [*webhooks, added]}


def custom_kinds(kinds: Sequence[str]) -> list[str]:
    """Return the kinds without duplicates; raise InvalidSetting for one that is not RESOURCE.GROUP of a custom kind."""
    for kind in kinds:
        resource, _, group = kind.partition(".")
        if not resource or "/" in kind or "*" in kind or not is_custom_group(group):
            raise InvalidSetting(
                f"--objects {kind}: not the resource and group of a custom object; write them as kubectl does, as in "
                "databases.example.com"
            )
    return list(dict.fromkeys(kinds))


def _path(webhook: Mapping[str, Any]) -> object:
    return webhook["clientConfig"].get("service", {}).get("path")


def _rule(resource: str, group: str) -> dict[str, object]:
    return {
        "apiGroups": [group],
        "apiVersions": ["*"],
        "operations": ["CREATE", "UPDATE"],
        "resources": [resource],
        "scope": "Namespaced",
    }
