"""`vault-webhook where PATH`: find the objects that read a path of Vault, before its secret is rotated.

It reads specs only, never values.

Exit status: 0 something reads it; 1 nothing was found; 2 wrong usage, or something could not be read.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

from vaultkube.deadline import Deadline
from vaultkube.errors import InvalidSetting, Refused, WebhookError
from vaultkube.printable import printable
from vaultkube.problem import FieldPath
from webhook.admission.gather import gather_sources
from webhook.commands.custom_kinds import custom_kinds
from webhook.commands.manifest_options import add_objects_option
from webhook.offline.context import Manifests
from webhook.offline.documents import Document, path_text, read_documents
from webhook.offline.operator_settings import Operator, read_operator
from webhook.offline.readings import Reading, find_readings, is_at
from webhook.offline.reviewable import find_objects
from webhook.pods.facts import Source, Values, find_sources

NONE, NOT_SEARCHED = 1, 2
_BUDGET_S = 120.0
_SOURCES_S = 10.0


class Located(NamedTuple):
    """A document, and a function that returns FILE:LINE for a field of it, or an empty text if it is from a cluster."""

    content: Any
    place: Callable[[FieldPath], str]


def run(arguments: list[str]) -> int:
    """Print a line for each place that reads the path; return the exit status."""
    options = new_parser().parse_args(arguments)
    missed: list[str] = []
    try:
        operator = read_operator(options.settings, custom_kinds(options.objects))
        found = _files(options) if options.files else _cluster(options, operator, missed)
        located = list(found)
    except (InvalidSetting, WebhookError) as error:
        print(f"vault-webhook where: {printable(str(error))}", file=sys.stderr)
        return NOT_SEARCHED
    readings = list(_readings(located, options.namespace or "default", operator, missed))
    hits = [
        _line(item, each)
        for item, each in readings
        if each.path is not None and is_at(each.path, options.path, below=options.below)
    ]
    _write(hits, options.output)
    unknown = [_line(item, each) for item, each in readings if each.path is None]
    for line in unknown:
        print(
            f"unknown: {printable(line['object'])}: {printable(line['where'])}: only the start knows the path",
            file=sys.stderr,
        )
    for reason in missed:
        print(f"not read: {printable(reason)}", file=sys.stderr)
    return NOT_SEARCHED if missed else 0 if hits else NONE


def _readings(
    located: list[Located], namespace: str, operator: Operator, missed: list[str]
) -> Iterator[tuple[Located, Reading]]:
    sources = _sources(located, namespace)
    for item in located:
        try:
            found = list(find_readings(item.content, namespace, operator, sources))
        except (AttributeError, KeyError, TypeError, ValueError, Refused):
            missed.append(f"{item.place(()) or 'an object'}: the API server would not accept it")
            continue
        yield from ((item, each) for each in found)


def _files(options: argparse.Namespace) -> Iterator[Located]:
    for document in read_documents(options.files):
        yield Located(document.content, partial(_line_of, document))


def _line_of(document: Document, field: FieldPath) -> str:
    return f"{document.file}:{document.line(field)}"


def _nowhere(field: FieldPath) -> str:
    return ""


def _cluster(options: argparse.Namespace, operator: Operator, missed: list[str]) -> Iterator[Located]:
    from vaultkube.apiserver.client import Cluster
    from webhook.offline.cluster_objects import LISTED, custom_kind, list_cluster
    from webhook.offline.user_kubeconfig import find_person_connection

    connection = find_person_connection(os.environ)
    cluster = Cluster(connection, operator.settings.tls_strict, caller="the user of this kubeconfig")
    deadline = Deadline(_BUDGET_S)
    kinds = LISTED
    for name in sorted(operator.custom_kinds):
        if kind := custom_kind(cluster, name, deadline):
            kinds += (kind,)
        else:
            missed.append(f"{name}: the API server knows no such kind")
    listed = list_cluster(
        cluster, kinds, options.namespace or "", deadline, lambda error: missed.append(str(error))
    )
    return (Located(content, _nowhere) for content in listed)


def _sources(located: list[Located], namespace: str) -> dict[tuple[str, Source], Values]:
    """Return the values of the ConfigMaps and Secrets in the documents from which containers read variables."""
    objects = [found for item in located for found in find_objects(item.content, namespace)]
    manifests = Manifests(objects)
    known: dict[tuple[str, Source], Values] = {}
    for pod in (found for found in objects if found.resource == "pods"):
        spec = pod.content.get("spec")
        wanted = {
            source
            for source in (find_sources(spec) if isinstance(spec, dict) else ())
            if manifests.knows(source.kind, pod.namespace, source.name)
        }
        gathered = gather_sources(manifests, wanted, pod.namespace, Deadline(_SOURCES_S))
        known |= {(pod.namespace, source): values for source, values in gathered.items()}
    return known


def _line(located: Located, reading: Reading) -> dict[str, str]:
    return {
        "object": reading.object,
        "where": reading.where,
        "field": path_text(reading.field),
        "path": reading.path or "",
        "vaultNamespace": reading.vault_namespace,
        "place": located.place(reading.field),
    }


def _write(hits: list[dict[str, str]], output: str) -> None:
    if output == "json":
        sys.stdout.write(json.dumps(hits, indent=2) + "\n")
        return
    for hit in hits:
        namespace = f" (Vault namespace {hit['vaultNamespace']})" if hit["vaultNamespace"] else ""
        place = f"{hit['place']}: " if hit["place"] else ""
        print(printable(f"{place}{hit['object']}: {hit['where']}: {hit['path']}{namespace}"))


def new_parser() -> argparse.ArgumentParser:
    """Return the parser of the command's arguments."""
    parser = argparse.ArgumentParser(
        prog="vault-webhook where",
        description="Find the workloads and custom objects that read a path of Vault, by KUBECONFIG or in files. Values are "
        "never read: references in Secrets and ConfigMaps are found in files, and where they are kept (docs/kept.md).",
        epilog="Exit status: 0 something reads it; 1 nothing was found; 2 wrong usage, or something could not be read.",
    )
    parser.add_argument(
        "path", metavar="PATH", type=_path, help="the path, such as secret/data/shop/db or secret/shop/db"
    )
    parser.add_argument("-f", "--file", dest="files", metavar="FILE", action="append", help="YAML file, - for standard input; default: the cluster of KUBECONFIG")  # fmt: skip
    parser.add_argument(
        "-n",
        "--namespace",
        help="the namespace to search (default: all); with -f the namespace of objects that name none",
    )
    add_objects_option(parser)
    parser.add_argument("--below", action="store_true", help="also paths below PATH")
    parser.add_argument("--settings", metavar="FILE", help="the webhook's settings, as for `check`")
    parser.add_argument("--output", choices=("text", "json"), default="text", help="form (default: text)")
    return parser


def _path(text: str) -> str:
    """Return the path; raise ArgumentTypeError for a whole reference, which no path equals."""
    if not text.strip("/") or "#" in text or text.removeprefix(">>").startswith("vault:"):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a path: write it without vault: and #KEY, as in secret/data/shop/db"
        )
    return text
