"""Pods of HashiCorp's guides, as the API server sends them, and the webhook's changes to each.

`python -m tests.webhook.admission.seeds.pods` writes the expected pods anew; look at the difference before it is committed.
"""

import base64
import copy
import json
from pathlib import Path
from typing import Any

import jsonpatch
import yaml

from tests.webhook.config.hashicorp.annotated import named
from tests.webhook.pods.filing import ACCOUNT
from tests.webhook.serving.test_app import Served

_FOLDER = Path(__file__).parent
_BASIC = {"agent-inject": "true", "agent-inject-secret-helloworld": "secret/helloworld", "role": "myapp"}
_URL = """\
{{- with secret "secret/helloworld" -}}
postgresql://{{ .Data.data.username }}:{{ .Data.data.password }}@postgres:5432/wizard
{{- end }}
"""
_EXPORTS = """\
{{- with secret "secret/data/app/database" -}}
export DB_HOST={{ .Data.data.host }}
export DB_PORT={{ .Data.data.port }}
{{- end }}
"""
_APP = {"name": "app", "image": "jweissig/app:0.0.1"}
_SHELL = {
    "name": "backend-api",
    "image": "registry.example.com/backend:v3.1.0",
    "command": ["/bin/sh", "-c"],
    "args": ["source /vault/secrets/db-creds && exec ./server"],
    "ports": [{"containerPort": 8080}],
}
SEEDS: dict[str, tuple[dict[str, str], dict[str, Any]]] = {
    "001-basic": (_BASIC, _APP),
    "001-template": (
        {**_BASIC, "agent-inject-status": "update", "agent-inject-template-helloworld": _URL},
        _APP,
    ),
    "002-injector": (
        {
            "agent-inject": "true",
            "role": "database",
            "agent-inject-secret-db-config": "secret/database/secret",
        },
        {"name": "app", "image": "busybox:1.29", "command": ["/bin/sleep", "10000"]},
    ),
    "004-rotation": (
        {
            "agent-inject": "true",
            "role": "app-role",
            "agent-cache-enable": "true",
            "agent-run-as-user": "1000",
            "agent-inject-secret-db-creds": "secret/data/app/database",
            "agent-inject-template-db-creds": _EXPORTS,
        },
        _SHELL,
    ),
}


def sent(seed: str) -> dict[str, Any]:
    """Return the pod as the API server sends it, with the mount of its ServiceAccount's token."""
    annotations, container = SEEDS[seed]
    volume = {"name": ACCOUNT["name"], "projected": {"sources": [{"serviceAccountToken": {"path": "token"}}]}}
    return {
        "metadata": {"name": "p", "annotations": named(annotations)},
        "spec": {
            "containers": [{**container, "volumeMounts": [ACCOUNT]}],
            "volumes": [volume],
            "serviceAccountName": "app",
        },
    }


def answered(document: dict[str, Any], response: dict[str, Any]) -> dict[str, Any]:
    """Return the pod after the answer's patch, applied by a foreign implementation of RFC 6902."""
    assert response["allowed"], response["status"]["message"]
    patch = json.loads(base64.b64decode(response.get("patch", base64.b64encode(b"[]"))))
    new: dict[str, Any] = jsonpatch.apply_patch(copy.deepcopy(document), patch)
    return new


def expected(seed: str) -> dict[str, Any]:
    """Return the recorded pod of the webhook."""
    pod: dict[str, Any] = yaml.safe_load((_FOLDER / f"{seed}.yaml").read_text())
    return pod


def _write() -> None:
    served = Served()
    for seed in SEEDS:
        document = sent(seed)
        pod = answered(document, served.review("pods", document))
        text = yaml.dump(json.loads(json.dumps(pod)), sort_keys=False, width=120)
        (_FOLDER / f"{seed}.yaml").write_text(text)


if __name__ == "__main__":
    _write()
