"""`python -m bench.webhook.families [--rounds N]`: processor time of a review by the pod's annotations, in one process.

The kinds alternate, so that a busy machine affects all of them alike. The server around the decision is left out: see
`python -m bench.webhook`.
"""

import argparse
import gc
import json
import statistics
import time
from collections.abc import Mapping
from typing import Any

from bench.webhook.pod import pod, review
from vaultkube.deadline import Deadline
from vaultkube.documents.json_codec import encode
from webhook.admission.admission import Admission, Services
from webhook.admission.review import answer, parse_review
from webhook.config.annotations import read_defaults
from webhook.config.settings import read_settings

ENVIRON = {
    "VAULT_ADDR": "https://vault.example.com",
    "VAULT_ENV_IMAGE": "registry.example.com/vault-env:1",
    "VAULT_ENV_DELIVERY": "init",
}
BATCH = 50
_PREFIX = "vault.hashicorp.com/"
_TEMPLATE = """{{- with secret "secret/data/spitikos/api" -}}
{{- range $key, $value := .Data.data }}
{{ $key }}={{ $value }}
{{- end }}
{{- end }}
"""
_EXEC_MODE = {
    "agent-inject": "true",
    "agent-run-as-sidecar": "false",
    "role": "api",
    "agent-exec-command": "/server",
    "agent-inject-secret-config.env": "secret/data/spitikos/api",
    "agent-inject-template-config.env": _TEMPLATE,
}
PLAIN = "no annotation of ours"


def main() -> None:
    """Print the median time of a review of each kind, and its ratio to a pod with references."""
    parser = argparse.ArgumentParser(prog="python -m bench.webhook.families")
    parser.add_argument("--rounds", type=int, default=60)
    rounds = parser.parse_args().rounds
    services = Services(None, None, None, "vault-webhook")  # type: ignore[arg-type]
    admission = Admission(read_settings(ENVIRON), read_defaults(ENVIRON), services)
    gc.freeze()  # as the workers do
    times_us: dict[str, list[float]] = {kind: [] for kind in bodies()}
    for _ in range(rounds):
        for kind, body in bodies().items():
            times_us[kind].append(_time_us(admission, body))
    usual = statistics.median(next(iter(times_us.values())))
    for kind, found in times_us.items():
        median = statistics.median(found)
        print(f"{kind:<28} {median:7.1f} us  {median / usual:5.2f}")


def bodies() -> Mapping[str, bytes]:
    """Return the review of each kind: the same pod with other annotations, and with or without references."""
    others = {
        PLAIN: _without_references({}),
        "exec mode": _without_references({_PREFIX + key: text for key, text in _EXEC_MODE.items()}),
        "files, by another injector": _without_references(
            {_PREFIX + "agent-inject": "true", _PREFIX + "role": "api"}
        ),
    }
    return {"references": review(), **{kind: _review_of(one) for kind, one in others.items()}}


def _without_references(annotations: Mapping[str, str]) -> dict[str, Any]:
    found = pod()
    foreign = {
        key: text for key, text in found["metadata"]["annotations"].items() if "banzaicloud" not in key
    }
    found["metadata"]["annotations"] = {**foreign, **annotations}
    for container in found["spec"]["containers"]:
        container["env"] = [entry for entry in container["env"] if "vault:" not in entry["value"]]
    return found


def _review_of(content: Mapping[str, Any]) -> bytes:
    document = json.loads(review())
    document["request"]["object"] = content
    return json.dumps(document, separators=(",", ":")).encode()


def _time_us(admission: Admission, body: bytes) -> float:
    started = time.process_time()
    for _ in range(BATCH):
        request = parse_review(body)
        encode(answer(request, admission.decide("pods", request, Deadline(8))))
    return (time.process_time() - started) / BATCH * 1e6


if __name__ == "__main__":
    main()
