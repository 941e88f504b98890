"""`vault-webhook serve`: the webhook itself; its settings are environment variables (docs/operator-settings.md)."""

import argparse
import os
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from vaultkube.apiserver.kubeconfig import Connection, find_connection
from vaultkube.errors import InvalidSetting
from vaultkube.log import configure_logging
from webhook.config.annotations import Defaults, read_defaults
from webhook.config.configure import is_foreign_image
from webhook.config.settings import Settings, read_settings
from webhook.registry.settings import RegistrySettings
from webhook.serving.allocator import give_back_large_blocks
from webhook.serving.callers import Callers, PathSegments
from webhook.serving.expiry import Expiry

_SWITCH_INTERVAL_S = 0.001
"""A thread at work gives way to the one that watches connections after so long; Python's own 5 ms add up for each answer."""


@dataclass(frozen=True)
class Operator:
    """Everything that the operator has set, read once before a worker starts."""

    settings: Settings
    defaults: Defaults
    registry: RegistrySettings
    connection: Connection
    own_namespace: str


def run(arguments: list[str]) -> int:
    """Serve until SIGTERM; raise InvalidSetting if the environment cannot be used."""
    parser = argparse.ArgumentParser(
        prog="vault-webhook serve", description="Settings are environment variables."
    )
    parser.parse_args(arguments)
    operator = read_operator(dict(os.environ))
    give_back_large_blocks()  # the workers, which are forked, inherit it, and the next
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    configure_logging(operator.settings.log_level)

    from webhook.serving.server import serve  # gunicorn is loaded when there is something to serve

    serve(operator.settings, lambda: load_app(operator))
    return 0


def read_operator(environ: Mapping[str, str]) -> Operator:
    """Return the operator's settings; raise InvalidSetting naming what cannot be used."""
    defaults = read_defaults(environ)
    _check_defaults(defaults)
    connection = find_connection(environ)
    if connection.skip_verify:
        raise InvalidSetting(
            f"KUBECONFIG {environ['KUBECONFIG']}: insecure-skip-tls-verify is not for `serve`, which sends tokens and "
            "reads Secrets: name the API server's CA as certificate-authority"
        )
    settings = read_settings(environ)
    _segments(settings)  # what cannot be used stops the webhook before a worker starts
    return Operator(
        settings,
        defaults,
        RegistrySettings.from_environ(environ),
        connection,
        environ.get("KUBERNETES_NAMESPACE") or connection.namespace,
    )


def load_app(operator: Operator) -> Any:
    """Return the WSGI application of one worker, with its connections to the outside world."""
    from vaultkube.apiserver.client import Cluster
    from vaultkube.metrics import Metrics
    from vaultkube.vault.resolver import Vault
    from webhook.admission.admission import (  # metrics need their directory before they are loaded
        Admission,
        Services,
    )
    from webhook.admission.node_cache import NodeCache
    from webhook.registry.client import RegistryClient
    from webhook.serving.app import create_app
    from webhook.serving.events import Events

    strict_tls = operator.settings.tls_strict
    cluster, metrics = Cluster(operator.connection, strict_tls), Metrics()
    nodes = NodeCache(cluster)
    services = Services(
        cluster=cluster,
        registry=RegistryClient(
            operator.registry,
            metrics,
            nodes.platforms,
            lookups=_lookups(operator.settings),
            strict_tls=strict_tls,
        ),
        vault=Vault(cluster, operator.settings.vault_ca_file, strict_tls),
        nodes=nodes,
        own_namespace=operator.own_namespace,
        default_pull_secrets=_default_pull_secrets(operator),
    )
    admission = Admission(operator.settings, operator.defaults, services)
    events = Events(cluster, socket.gethostname())
    settings = operator.settings
    return create_app(
        admission,
        metrics,
        settings.budget_s,
        events.refused,
        Callers(_segments(settings), bool(settings.client_ca_file), metrics.caller_denied),
        Expiry(settings.tls_cert_file, metrics.certificate_not_after) if settings.tls_cert_file else None,
    )


def _segments(settings: Settings) -> PathSegments | None:
    return PathSegments(settings.path_segments_file) if settings.path_segments_file else None


def _lookups(settings: Settings) -> int:
    """Return the number of a worker's threads that may wait for registries; the others answer health checks."""
    return max(1, settings.threads * 3 // 4)


def _default_pull_secrets(operator: Operator) -> list[tuple[str, str]]:
    name = operator.settings.default_pull_secret
    return [(operator.settings.default_pull_secret_namespace or operator.own_namespace, name)] if name else []


def _check_defaults(defaults: Defaults) -> None:
    address, image = defaults["address"], defaults["launcher_image"]
    if urlsplit(address).scheme not in ("http", "https") or not urlsplit(address).hostname:
        raise InvalidSetting(f"VAULT_ADDR={address} is not https://HOST[:PORT]")
    if not image:
        raise InvalidSetting(
            "VAULT_ENV_IMAGE is not set: name the image of target `vault-env` of the Dockerfile"
        )
    if is_foreign_image(image):
        raise InvalidSetting(
            f"VAULT_ENV_IMAGE={image} holds another program of that name: name our own image"
        )
