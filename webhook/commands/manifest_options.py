"""Options that `mutate` and `check` share: the manifests, the settings, and the services that may be called."""

import argparse
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vaultkube.apiserver.kubeconfig import Connection
from vaultkube.errors import NotYaml
from webhook.admission.node_cache import NodeCache
from webhook.admission.services import Registry, UnknownNodes, Vault
from webhook.commands.custom_kinds import custom_kinds
from webhook.offline.context import Manifests
from webhook.offline.documents import Document, read_documents
from webhook.offline.operator_settings import Operator, read_operator
from webhook.offline.preview import Surroundings
from webhook.offline.reviewable import find_objects

_DOCKER_CONFIG = Path("~/.docker/config.json")


@dataclass(frozen=True)
class Inputs:
    """The documents, and the settings and services to review them with.

    `namespace` is that of objects that name none.
    """

    documents: list[Document]
    operator: Operator
    namespace: str
    surroundings: Surroundings


def add_common_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for the manifests, the settings, and the services that may be called."""
    parser.add_argument(
        "-f",
        "--file",
        dest="files",
        metavar="FILE",
        action="append",
        required=True,
        help="YAML file, - for standard input",
    )
    parser.add_argument(
        "-n",
        "--namespace",
        help="namespace of objects that name none (default: the kubeconfig's with --cluster, else `default`)",
    )
    parser.add_argument(
        "--settings",
        metavar="FILE",
        help="the webhook's settings, a ConfigMap as in manifests/base/settings.yaml; "
        "default: built-in values, and every Vault address is allowed",
    )
    add_objects_option(parser)
    parser.add_argument(
        "--registry",
        action="store_true",
        help="read entry points from the registries, with the pull secrets of the files and ~/.docker/config.json",
    )
    parser.add_argument(
        "--cluster",
        action="store_true",
        help="read ConfigMaps and Secrets that no file has, and the nodes' versions, by KUBECONFIG",
    )


def add_objects_option(parser: argparse.ArgumentParser) -> None:
    """Add the option for the kinds of custom objects whose references are resolved."""
    parser.add_argument(
        "--objects",
        metavar="RESOURCE.GROUP",
        action="append",
        default=[],
        help="a kind of custom objects that the webhook is registered for, as in databases.example.com; may be repeated",
    )


def read_inputs(options: argparse.Namespace, report: Callable[[NotYaml], None] | None = None) -> Inputs:
    """Return the inputs that the options name; raise InvalidManifest or InvalidSetting for one that cannot be used.

    With `report`, a file that is not YAML is left out, and its error is passed to `report`.
    """
    operator = read_operator(options.settings, custom_kinds(options.objects))
    documents = read_documents(options.files, report)
    connection = _connection() if options.cluster else None
    namespace = options.namespace or (connection.namespace if connection else "default")
    cluster = _cluster(connection, operator) if connection else None
    registry = _registry(operator) if options.registry else None
    docker_config = _DOCKER_CONFIG.expanduser() if options.registry else None
    contents = [document.content for document in documents]
    objects = [found for content in contents for found in find_objects(content, namespace)]
    surroundings = Surroundings(
        Manifests(objects, cluster, docker_config),
        registry,
        _vault(options, operator, cluster),
        _nodes(cluster) if cluster else UnknownNodes(),
    )
    return Inputs(documents, operator, namespace, surroundings)


def _connection() -> Connection:
    from webhook.offline.user_kubeconfig import find_person_connection

    connection = find_person_connection(os.environ)
    if connection.skip_verify:
        print(
            f"warning: insecure-skip-tls-verify: the certificate of {connection.server} is not verified",
            file=sys.stderr,
        )
    return connection


def _cluster(connection: Connection, operator: Operator) -> Any:
    from vaultkube.apiserver.client import Cluster  # like all imports below: loaded where it is used

    return Cluster(connection, operator.settings.tls_strict)


def _nodes(cluster: Any) -> NodeCache:
    """Return the nodes after a first read: a command would end before a thread has read them."""
    nodes = NodeCache(cluster)
    nodes.read()
    return nodes


def _registry(operator: Operator) -> Registry:
    from webhook.registry.client import RegistryClient

    return RegistryClient(operator.registry(), strict_tls=operator.settings.tls_strict)


def _vault(options: argparse.Namespace, operator: Operator, cluster: Any) -> Vault | None:
    if not getattr(options, "vault", False):
        return None
    from vaultkube.vault.resolver import Vault

    return Vault(cluster, operator.settings.vault_ca_file, operator.settings.tls_strict)
