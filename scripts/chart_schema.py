"""The names of settings in manifests/chart/values.schema.json, so that Helm refuses an unknown setting."""

import json
from collections.abc import Iterable
from pathlib import Path

from vaultcsi.settings import ROWS as PROVIDER
from vaultkube.settings_table import Row
from vaultsync.settings import ROWS as OPERATOR
from webhook.config.annotation_table import ANNOTATIONS
from webhook.config.hashicorp.table import AGENT_ANNOTATIONS
from webhook.config.settings import SETTINGS
from webhook.registry.settings import SETTINGS as REGISTRY

SET_BY_THE_CHART = frozenset(
    {
        *("VAULT_ADDR", "VAULT_ADDR_ALLOWLIST", "VAULT_ENV_IMAGE", "LISTEN_ADDRESS"),
        *("TLS_CERT_FILE", "TLS_PRIVATE_KEY_FILE", "PATH_SEGMENTS_FILE", "HEALTH_ADDRESS"),
        *("CERTIFICATE", "CERTIFICATE_SECRET", "SERVICE", "WEBHOOK_CONFIGURATION"),
    }
)
"""Settings with a chart value of their own, or without one: a second value would have no effect."""

SET_BY_THE_PROVIDERS_PART = frozenset({"VAULT_ADDR", "CSI_ENDPOINT", "HEALTH_ADDR", "NODE_NAME"})
"""Such settings of the provider: the DaemonSet sets its volume, its probes and its node."""

_OF_OPENTELEMETRY = "^OTEL_[A-Z0-9_]+$"
"""The pattern of the SDK's variables, which are too many to name: docs/tracing.md."""
_SETTING = {"$ref": "#/definitions/setting"}
_OF_PYTHON = ("SSL_CERT_FILE", "SSL_CERT_DIR", "TZ")


def chart_schema(path: Path) -> str:
    """Return the text of the schema with the present names of settings."""
    schema = json.loads(path.read_text(encoding="utf-8"))
    webhook = (*SETTINGS, *REGISTRY, *ANNOTATIONS, *AGENT_ANNOTATIONS)
    schema["definitions"]["webhookSettings"] = {
        **_settings(webhook, SET_BY_THE_CHART),
        "patternProperties": {_OF_OPENTELEMETRY: _SETTING},
    }
    schema["definitions"]["syncSettings"] = _settings(OPERATOR, frozenset({"HEALTH_ADDR"}))
    schema["definitions"]["csiSettings"] = _settings(PROVIDER, SET_BY_THE_PROVIDERS_PART)
    return json.dumps(schema, indent=2) + "\n"


def _settings(rows: Iterable[Row], without: frozenset[str]) -> dict[str, object]:
    named = (row.settings for row in rows if without.isdisjoint(row.settings))
    names = {*_OF_PYTHON, *(name for names in named for name in names)}
    properties = {name: _SETTING for name in sorted(names)}
    return {"type": "object", "additionalProperties": False, "properties": properties}
