"""`vault-webhook check -f FILE`: find the problems of manifests before they reach a cluster; docs/check.md.

Exit status: 0 no error; 1 at least one error (with --strict also a warning); 2 wrong usage, or nothing could be checked.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator

from vaultkube.errors import InvalidManifest, InvalidSetting, NotYaml, WebhookError
from vaultkube.printable import printable
from webhook.commands.manifest_options import add_common_options, read_inputs
from webhook.offline.checks.checking import Checker
from webhook.offline.checks.finding import Finding
from webhook.offline.checks.report import OUTPUTS
from webhook.offline.checks.rules import ERROR, ORIGINS, WARNING
from webhook.offline.checks.sync_resources import Together, find_resources

FOUND, NOT_CHECKED = 1, 2
_EXIT = (
    "Exit status: 0 no error; 1 at least one error (with --strict also a warning); "
    "2 wrong usage, or nothing could be checked."
)


def run(arguments: list[str]) -> int:
    """Print the findings; return the exit status."""
    options = new_parser().parse_args(arguments)
    try:
        findings = sorted(set(_findings(options)))
    except (InvalidSetting, WebhookError) as error:
        print(f"vault-webhook check: {printable(str(error))}", file=sys.stderr)
        return NOT_CHECKED
    sys.stdout.write(OUTPUTS[options.output](findings))
    return _status(findings, strict=options.strict)


def _findings(options: argparse.Namespace) -> Iterator[Finding]:
    broken: list[NotYaml] = []
    inputs = read_inputs(options, broken.append)
    if not broken and not any(isinstance(document.content, dict) for document in inputs.documents):
        raise InvalidManifest(f"nothing to check: no object in {', '.join(options.files)}")
    yield from (Finding(error.file, error.line, "", "not-yaml", error.reason, "") for error in broken)
    together = Together(
        found.resource
        for document in inputs.documents
        for found in find_resources(document.content, inputs.namespace)
    )
    checker = Checker(inputs.operator, inputs.surroundings, inputs.namespace, options.origin, together)
    for document in inputs.documents:
        yield from checker.findings(document)


def _status(findings: Iterable[Finding], strict: bool) -> int:
    failing = (ERROR, WARNING) if strict else (ERROR,)
    return FOUND if any(found.rule.severity in failing for found in findings) else 0


def new_parser() -> argparse.ArgumentParser:
    """Return the parser of the command's arguments."""
    parser = argparse.ArgumentParser(
        prog="vault-webhook check",
        description="Find objects that the webhook would refuse or warn about, and programs that would not start.",
        epilog=_EXIT,
    )
    add_common_options(parser)
    parser.add_argument(
        "--output", choices=OUTPUTS, default="text", help="form of the findings (default: text)"
    )
    parser.add_argument("--strict", action="store_true", help="warnings fail too")
    parser.add_argument(
        "--from",
        dest="origin",
        choices=ORIGINS,
        default="",
        help="also list what changes for manifests that work with that program today",
    )
    return parser
