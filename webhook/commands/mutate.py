"""`vault-webhook mutate -f FILE`: the manifest as the cluster would run it, without sending it anywhere.

Exit status: 0 shown as it would be; 1 an object would be refused, or a file cannot be read; 2 wrong usage;
3 shown, but the entry point of an image is unknown.
"""

import argparse
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from webhook.manifests.documents import Document, read_documents
from webhook.manifests.objects import Reviewed, find_objects, replace_part
from webhook.manifests.operator import Operator, read_operator
from webhook.manifests.preview import Preview, Surroundings, preview
from webhook.manifests.surroundings import Manifests
from webhook.manifests.writing import difference, yaml_text

_DOCKER_CONFIG = Path("~/.docker/config.json")
REFUSED, UNKNOWN = 1, 3


@dataclass(frozen=True)
class Shown:
    """A document before and after, and what is to be said about its objects."""

    name: str
    before: Any
    after: Any
    previews: tuple[tuple[Reviewed, Preview], ...]


def run(arguments: list[str]) -> int:
    """Print the manifests as they would be; return the exit status. WebhookError if a file cannot be read."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.vault and not options.cluster:
        parser.error("--vault needs --cluster: the values are read as a ServiceAccount of the cluster")
    documents = read_documents(options.files)
    operator = read_operator(options.settings)
    namespace = options.namespace or "default"
    surroundings = _surroundings(options, documents, operator, namespace)
    shown = [_show(document, namespace, operator, surroundings) for document in documents]
    if options.diff:
        for document in shown:
            sys.stdout.writelines(
                line + "\n" for line in difference(document.before, document.after, document.name)
            )
    else:
        sys.stdout.write(yaml_text(document.after for document in shown))
    for line in _remarks(shown):
        print(f"vault-webhook mutate: {line}", file=sys.stderr)
    return _status(shown)


def _show(document: Document, namespace: str, operator: Operator, surroundings: Surroundings) -> Shown:
    after, previews = document.content, []
    for reviewed in find_objects(document.content, namespace):
        found = preview(reviewed, operator, surroundings)
        previews.append((reviewed, found))
        after = replace_part(after, reviewed.path, found.content)
    return Shown(document.file, document.content, after, tuple(previews))


def _remarks(shown: Iterable[Shown]) -> Iterator[str]:
    for document in shown:
        for reviewed, found in document.previews:
            where = f"{document.name}: {reviewed}"
            if found.refusal:
                yield f"error: {where}: {found.refusal}"
            for warning in found.warnings:
                yield f"warning: {where}: {warning}"
            for image in found.unknown_images:
                yield (
                    f"unknown: {where}: the entry point of image {image}; set `command` or the annotation entrypoint, "
                    "or ask the registry with --registry"
                )
            for source in found.unknown_sources:
                yield f"unknown: {where}: {source} is in none of the files; add it, or ask with --cluster"
            for value in found.unread_values:
                yield f"unread: {where}: {value}; the webhook puts it in when the object is created"


def _status(shown: Iterable[Shown]) -> int:
    previews = [found for document in shown for _, found in document.previews]
    if any(found.refusal for found in previews):
        return REFUSED
    return UNKNOWN if any(found.unknown_images for found in previews) else 0


def _surroundings(
    options: argparse.Namespace, documents: Iterable[Document], operator: Operator, namespace: str
) -> Surroundings:
    objects = [found for document in documents for found in find_objects(document.content, namespace)]
    cluster: Any = None
    registry: Any = None
    vault: Any = None
    if options.cluster:
        from webhook.cluster import Cluster
        from webhook.manifests.connection import find_person_connection

        cluster = Cluster(find_person_connection(os.environ))
    if options.registry:
        from webhook.registry.client import RegistryClient

        registry = RegistryClient(operator.registry())
    if options.vault:
        from webhook.vault import Vault

        vault = Vault(cluster, operator.settings.vault_ca_file)
    docker_config = _DOCKER_CONFIG.expanduser() if options.registry else None
    return Surroundings(Manifests(objects, cluster, docker_config), registry, vault)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="vault-webhook mutate",
        description="Print manifests as the cluster would run them. Nothing is sent anywhere unless an option says so; "
        "comments and the layout of the YAML are lost.",
        epilog="Exit status: 0 shown; 1 an object would be refused, or a file cannot be read; 2 wrong usage; "
        "3 shown, but the entry point of an image is unknown.",
    )
    add_common_options(parser)
    parser.add_argument("--diff", action="store_true", help="print the difference instead of the manifest")
    parser.add_argument(
        "--registry",
        action="store_true",
        help="ask the registries for entry points, with the pull secrets of the files and ~/.docker/config.json",
    )
    parser.add_argument(
        "--cluster", action="store_true", help="read ConfigMaps and Secrets that no file has, by KUBECONFIG"
    )
    parser.add_argument(
        "--vault",
        action="store_true",
        help="with --cluster: read the values of Secrets and ConfigMaps; secrets are printed then",
    )
    return parser


def add_common_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which manifests are looked at, and under which settings."""
    parser.add_argument(
        "-f",
        "--file",
        dest="files",
        metavar="FILE",
        action="append",
        required=True,
        help="YAML file, - for standard input",
    )
    parser.add_argument("-n", "--namespace", help="namespace of objects that name none (default: default)")
    parser.add_argument(
        "--settings",
        metavar="FILE",
        help="the webhook's settings, a ConfigMap as in manifests/base/settings.yaml; "
        "default: built-in values, and every Vault address is allowed",
    )
