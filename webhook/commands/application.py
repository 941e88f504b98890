"""The WSGI application of one worker, with its connections to the API server, registries and Vault."""

import socket
from functools import partial
from typing import TYPE_CHECKING, Any

from vaultkube.apiserver.client import Cluster
from vaultkube.metrics import Metrics
from vaultkube.vault.resolver import Vault
from webhook.admission.admission import Admission, Services
from webhook.admission.node_cache import NodeCache
from webhook.admission.services import not_traced
from webhook.commands.observed import ObservedVault
from webhook.commands.serve import Operator, find_segments
from webhook.config.settings import Settings
from webhook.registry.client import RegistryClient
from webhook.serving.app import create_app
from webhook.serving.callers import Callers
from webhook.serving.events import Events
from webhook.serving.expiry import Expiry
from webhook.serving.fast_path import PATHS

if TYPE_CHECKING:
    from webhook.serving.tracing import Tracing


def load_app(operator: Operator) -> Any:
    """Return the WSGI application of one worker, with its connections to the API server, registries and Vault."""
    strict_tls = operator.settings.tls_strict
    metrics = Metrics(PATHS.values())
    cluster = Cluster(operator.connection, strict_tls, observe=partial(metrics.call, "api_server"))
    nodes = NodeCache(cluster)
    tracing = _tracing(operator.settings)
    nodes.known()  # so that the first pod finds them
    services = Services(
        cluster=cluster,
        registry=RegistryClient(
            operator.registry,
            metrics,
            nodes.platforms,
            lookups=_lookups(operator.settings),
            strict_tls=strict_tls,
        ),
        vault=ObservedVault(Vault(cluster, operator.settings.vault_ca_file, strict_tls), metrics),
        nodes=nodes,
        own_namespace=operator.own_namespace,
        default_pull_secrets=_default_pull_secrets(operator),
        waiting=tracing.waiting if tracing else not_traced,
    )
    admission = Admission(operator.settings, operator.defaults, services)
    events = Events(cluster, socket.gethostname())
    settings = operator.settings
    return create_app(
        admission,
        metrics,
        settings.budget_s,
        events.refused,
        Callers(find_segments(settings), bool(settings.client_ca_file), metrics.caller_denied),
        Expiry(settings.tls_cert_file, metrics.certificate_not_after) if settings.tls_cert_file else None,
        tracing,
    )


def _tracing(settings: Settings) -> "Tracing | None":
    if not settings.trace_endpoint:
        return None
    from webhook.serving import tracing

    return tracing.export()


def _lookups(settings: Settings) -> int:
    """Return the number of a worker's threads that may wait for registries; the rest answer health checks."""
    return max(1, settings.threads * 3 // 4)


def _default_pull_secrets(operator: Operator) -> list[tuple[str, str]]:
    name = operator.settings.default_pull_secret
    return [(operator.settings.default_pull_secret_namespace or operator.own_namespace, name)] if name else []
