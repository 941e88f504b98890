"""`vault-webhook mutate -f FILE`: print manifests as the cluster would run them; nothing is sent to the cluster.

Exit status: 0 shown as it would be; 1 an object would be refused, and its document is left out, or a file cannot be
read; 2 wrong usage; 3 shown, but the entry point of an image is unknown.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from vaultkube.printable import printable
from webhook.commands.manifest_options import Inputs, add_common_options, read_inputs
from webhook.offline.documents import Document, path_text
from webhook.offline.misplaced import find_misplaced
from webhook.offline.preview import Preview, preview
from webhook.offline.reviewable import ReviewableObject, find_objects, replace_part
from webhook.offline.writing import difference, yaml_text

REFUSED, UNKNOWN = 1, 3


@dataclass(frozen=True)
class RenderedDocument:
    """A document before and after the review, and the webhook's answer about each of its objects."""

    name: str
    before: object
    after: object
    previews: tuple[tuple[ReviewableObject, Preview], ...]

    @property
    def refused(self) -> bool:
        """Return whether the cluster would refuse one of its objects.

        Refused documents are left out, as the output may be piped to `kubectl apply`.
        """
        return any(found.refusal for _, found in self.previews)


def run(arguments: list[str]) -> int:
    """Print the reviewed manifests; return the exit status. Raises WebhookError if a file cannot be read."""
    parser = new_parser()
    options = parser.parse_args(arguments)
    if options.vault and not options.cluster:
        parser.error("--vault needs --cluster: the values are read as a ServiceAccount of the cluster")
    inputs = read_inputs(options)
    rendered = [_render(document, inputs) for document in inputs.documents]
    shown = [document for document in rendered if not document.refused]
    if options.diff:
        for document in shown:
            sys.stdout.writelines(
                printable(line) + "\n" for line in difference(document.before, document.after, document.name)
            )
    else:
        sys.stdout.write(yaml_text(document.after for document in shown))
    for line in _remarks(rendered):
        print(f"vault-webhook mutate: {printable(line)}", file=sys.stderr)
    return _status(rendered)


def _render(document: Document, inputs: Inputs) -> RenderedDocument:
    after, previews = document.content, []
    for reviewable in find_objects(document.content, inputs.namespace, inputs.operator.custom_kinds):
        found = preview(reviewable, inputs.operator, inputs.surroundings)
        previews.append((reviewable, found))
        after = replace_part(after, reviewable.path, found.content)
    return RenderedDocument(document.file, document.content, after, tuple(previews))


def _remarks(rendered: Iterable[RenderedDocument]) -> Iterator[str]:
    for document in rendered:
        for problem in find_misplaced(document.before):
            yield f"warning: {document.name}: {path_text(problem.path)}: {problem.message}"
        for reviewable, found in document.previews:
            place = f"{document.name}: {reviewable}"
            if found.refusal:
                yield f"error: {place}: {found.refusal}"
            for warning in found.warnings:
                yield f"warning: {place}: {warning}"
            for image in found.unknown_images:
                yield (
                    f"unknown: {place}: the entry point of image {image}; set `command` or the annotation entrypoint, "
                    "or read it from the registry with --registry"
                )
            for source in found.unknown_sources:
                yield f"unknown: {place}: {source} is in none of the files; add it, or ask with --cluster"
            for value in found.unread_values:
                yield f"unread: {place}: {value}; the webhook writes it when a user who may act as that ServiceAccount creates the object"


def _status(rendered: Iterable[RenderedDocument]) -> int:
    if any(document.refused for document in rendered):
        return REFUSED
    unknown = (found.unknown_images for document in rendered for _, found in document.previews)
    return UNKNOWN if any(unknown) else 0


def new_parser() -> argparse.ArgumentParser:
    """Return the parser of the command's arguments."""
    parser = argparse.ArgumentParser(
        prog="vault-webhook mutate",
        description="Print manifests as the cluster would run them. Nothing is sent anywhere unless an option says so; "
        "comments and the layout of the YAML are lost.",
        epilog="Exit status: 0 shown; 1 an object would be refused, and its document is left out, or a file cannot be read; "
        "2 wrong usage; "
        "3 shown, but the entry point of an image is unknown.",
    )
    add_common_options(parser)
    parser.add_argument("--diff", action="store_true", help="print the difference instead of the manifest")
    parser.add_argument(
        "--vault",
        action="store_true",
        help="with --cluster: read the values of Secrets and ConfigMaps; secrets are printed then",
    )
    return parser
