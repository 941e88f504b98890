"""`vault-webhook certificate`: a serving certificate, and the webhook configuration that trusts it, as manifests.

The Secret also holds the segments of the path, a shared secret with the API server: the one in the configuration, the
next one, and after a change the previous one. After a renewal both CAs are trusted and all segments are answered, so no
admission fails before every pod has read the new Secret.
"""

import argparse
import base64
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from vaultkube.deadline import Deadline
from vaultkube.errors import InvalidSetting, Refused
from vaultkube.wire.objects import Secret
from webhook.certificates.making import Certificate, make_certificate
from webhook.certificates.plan import next_segments
from webhook.certificates.state import CA, CHAIN, KEY, SEGMENTS, split_bundle
from webhook.commands.certificate_options import new_parser
from webhook.commands.custom_kinds import with_custom_kinds
from webhook.config.path_segments import read_segments

_CONFIGURATION = "webhook-configuration.yaml"
_BUDGET_S = 10.0


@dataclass(frozen=True)
class Present:
    """The values of an earlier run's Secret that a new run reuses: the CA in use, and the segments of the path."""

    ca: bytes = b""
    segments: tuple[str, ...] = ()


def run(arguments: list[str]) -> int:
    """Print the Secret and the webhook configuration; return 0, or raise InvalidSetting."""
    options = new_parser().parse_args(arguments)
    present = _present(options)
    hosts = [urlsplit(options.url).hostname or ""] if options.url else _service_names(options)
    certificate = make_certificate(hosts, options.days)
    segments = next_segments(present.segments, rotate=options.rotate_path)
    bundle = certificate.ca + present.ca
    documents: list[Mapping[str, object]] = [_secret(certificate, bundle, segments, options)]
    configurations = [] if options.only_secret else _configurations(options.file)
    configurations = [with_custom_kinds(document, options.objects) for document in configurations]
    documents += [_registered(document, bundle, segments[0], options) for document in configurations]
    yaml.safe_dump_all(documents, sys.stdout, sort_keys=False)
    return 0


def _present(options: argparse.Namespace) -> Present:
    if options.new:
        return Present()
    if options.current:
        return _read_present(_text(options.current))
    return _present_in_cluster(options)


def _read_present(text: str) -> Present:
    try:
        document = yaml.safe_load(text)
        return present_of(document.get("data") or {}) if document is not None else Present()
    except (yaml.YAMLError, AttributeError, ValueError):
        raise InvalidSetting("--current: not the Secret of an earlier run; use --new to begin anew") from None


def present_of(data: Mapping[str, str]) -> Present:
    """Return the values in the data of an earlier Secret; raise ValueError if it cannot be read."""
    bundle = base64.b64decode(data.get(CA) or "", validate=True)
    ca = split_bundle(bundle)[0] if bundle else b""
    segments = base64.b64decode(data.get(SEGMENTS) or "", validate=True).decode("ascii")
    return Present(ca, read_segments(segments))


def _present_in_cluster(options: argparse.Namespace) -> Present:
    """Return the values of the Secret in the kubeconfig's cluster; empty values if there is no kubeconfig."""
    from webhook.offline.user_kubeconfig import DEFAULT, find_person_connection

    if not os.environ.get("KUBECONFIG") and not DEFAULT.expanduser().is_file():
        print(
            "no kubeconfig: made as for a new installation (--current names the Secret of an earlier one)",
            file=sys.stderr,
        )
        return Present()
    from vaultkube.apiserver.client import Cluster

    cluster = Cluster(find_person_connection(os.environ))
    try:
        found = cluster.get("Secret", options.namespace, options.secret, Deadline(_BUDGET_S)) or {}
        return present_of(found.get("data") or {})
    except (Refused, ValueError) as error:
        raise InvalidSetting(
            f"Secret {options.namespace}/{options.secret} of an earlier run cannot be read: {error}; name its manifest "
            "with --current, or begin anew with --new"
        ) from None


def _configurations(file: Path | None) -> list[dict[str, Any]]:
    """Return the webhook configurations of `file`, by default our own.

    Each webhook in them has a Service with a path.
    """
    if file is None:
        text = resources.files("webhook.commands").joinpath(_CONFIGURATION).read_text(encoding="utf-8")
        return list(yaml.safe_load_all(text))
    try:
        documents = [each for each in yaml.safe_load_all(_text(file)) if each is not None]
        paths = [
            each["clientConfig"]["service"]["path"] for document in documents for each in document["webhooks"]
        ]
    except (yaml.YAMLError, KeyError, TypeError):
        paths = []
    if not paths or not all(isinstance(path, str) and path.startswith("/") for path in paths):
        raise InvalidSetting(
            f"--file {file}: not a webhook configuration whose webhooks have a clientConfig.service.path, such as /pods"
        )
    return documents


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise InvalidSetting(f"{file} cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise InvalidSetting(f"{file} cannot be read: it is not text") from None


def _service_names(options: argparse.Namespace) -> list[str]:
    name = f"{options.service}.{options.namespace}.svc"
    return [name, f"{name}.cluster.local"]


def _secret(
    certificate: Certificate, bundle: bytes, segments: tuple[str, ...], options: argparse.Namespace
) -> Secret:
    lines = "".join(f"{segment}\n" for segment in segments).encode("ascii")
    data = {CA: bundle, CHAIN: certificate.chain, KEY: certificate.key, SEGMENTS: lines}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": options.secret, "namespace": options.namespace},
        "type": "kubernetes.io/tls",
        "data": {name: base64.b64encode(text).decode("ascii") for name, text in data.items()},
    }


def _registered(
    configuration: Mapping[str, Any], bundle: bytes, segment: str, options: argparse.Namespace
) -> dict[str, object]:
    ca = base64.b64encode(bundle).decode("ascii")
    webhooks = [
        {**webhook, "clientConfig": {**_client(webhook["clientConfig"], segment, options), "caBundle": ca}}
        for webhook in configuration["webhooks"]
    ]
    return {**configuration, "webhooks": webhooks}


def _client(client: Mapping[str, Any], segment: str, options: argparse.Namespace) -> dict[str, object]:
    service = client["service"]
    path = f"/{segment}{service['path']}"
    if options.url:
        return {"url": options.url.rstrip("/") + path}
    return {"service": {**service, "path": path, "name": options.service, "namespace": options.namespace}}
