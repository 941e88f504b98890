"""The MutatingWebhookConfiguration: the CAs and the path in it, and the fields that the webhook itself fills in. Pure.

The manifest has no `caBundle`, `path` and `rules`. Without rules no object is sent, so an installation refuses nothing
before the webhook runs, and `kubectl apply` of the manifest changes none of the filled-in fields.
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import yaml

from webhook.certificates.plan import Registered
from webhook.certificates.state import State, split_bundle


class Endpoint(NamedTuple):
    """The endpoint of one webhook in the configuration: the path behind the segment, and the rules for its objects."""

    path: str
    rules: Sequence[Mapping[str, Any]]


_OBJECTS = {"objects.vault-webhook.svc": Endpoint("/objects", ())}
"""The endpoint for custom objects: only the operator knows its rules."""


def read_endpoints() -> dict[str, Endpoint]:
    """Return the endpoints by webhook name: those that `vault-webhook certificate` registers, and of custom objects."""
    text = resources.files("webhook.commands").joinpath("webhook-configuration.yaml").read_text("utf-8")
    registered = {
        webhook["name"]: Endpoint(webhook["clientConfig"]["service"]["path"], webhook["rules"])
        for configuration in yaml.safe_load_all(text)
        for webhook in configuration["webhooks"]
    }
    return registered | _OBJECTS


def read_registered(configuration: Mapping[str, Any], endpoints: Mapping[str, Endpoint]) -> Registered:
    """Return the CAs that the configuration trusts and the segment that it calls, without those that cannot be read."""
    clients = [webhook["clientConfig"] for webhook in _ours(configuration, endpoints)]
    if not clients:
        return Registered()
    bundles = [_bundle(client) for client in clients]
    segments = {_segment(client) for client in clients}
    trusted = tuple(ca for ca in bundles[0] if all(ca in bundle for bundle in bundles))
    return Registered(trusted, segments.pop() if len(segments) == 1 else "")


def filled_in(
    configuration: Mapping[str, Any], endpoints: Mapping[str, Endpoint], state: State
) -> Mapping[str, Any]:
    """Return the configuration with the CAs, the path and, where it has none, the rules of each of our webhooks.

    A state without CAs leaves `caBundle` unchanged. The result equals the given configuration if nothing is missing.
    """
    webhooks = configuration.get("webhooks") or []
    return {
        **configuration,
        "webhooks": [
            _filled(webhook, endpoints[webhook["name"]], state) if webhook["name"] in endpoints else webhook
            for webhook in webhooks
        ],
    }


def hosts_of(configuration: Mapping[str, Any], endpoints: Mapping[str, Endpoint]) -> tuple[str, ...]:
    """Return the hosts that the configuration calls by URL instead of by Service."""
    urls = [webhook["clientConfig"].get("url") for webhook in _ours(configuration, endpoints)]
    return tuple(sorted({urlsplit(url).hostname or "" for url in urls if url}))


def _ours(configuration: Mapping[str, Any], endpoints: Mapping[str, Endpoint]) -> list[Mapping[str, Any]]:
    return [webhook for webhook in configuration.get("webhooks") or () if webhook["name"] in endpoints]


def _filled(webhook: Mapping[str, Any], endpoint: Endpoint, state: State) -> Mapping[str, Any]:
    path = f"/{state.segments[0]}{endpoint.path}"
    client = {**webhook["clientConfig"]}
    if state.trusted:
        client["caBundle"] = base64.b64encode(state.bundle()).decode("ascii")
    if client.get("url"):
        client["url"] = urlsplit(client["url"])._replace(path=path).geturl()
    else:
        client["service"] = {**client["service"], "path": path}
    return {**webhook, "clientConfig": client, "rules": webhook.get("rules") or [*endpoint.rules]}


def _bundle(client: Mapping[str, Any]) -> tuple[bytes, ...]:
    try:
        return split_bundle(base64.b64decode(client.get("caBundle") or "", validate=True))
    except (binascii.Error, ValueError):
        return ()


def _segment(client: Mapping[str, Any]) -> str:
    path = urlsplit(client.get("url") or "").path or (client.get("service") or {}).get("path") or ""
    first, _, rest = path.lstrip("/").partition("/")
    return first if rest else ""
