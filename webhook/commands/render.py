"""`vault-webhook render`: print the results of templates in HashiCorp's annotations, without a cluster or Vault.

Exit status: 0 all are rendered; 1 one is not, or a file cannot be read; 2 wrong usage.
"""

import argparse
import re
import sys
import time
from collections.abc import Iterable, Iterator, Sequence

from vaultenv.template.errors import TemplateError
from vaultenv.template_sources import LEFT, RIGHT, TemplateSource
from vaultkube.printable import printable
from webhook.config.hashicorp.annotations import parse_agent_config
from webhook.config.hashicorp.exec_mode import is_exec_mode
from webhook.config.hashicorp.sources import read_sources
from webhook.offline.documents import Document, read_documents
from webhook.offline.operator_settings import Operator, read_operator
from webhook.offline.rendering import Outcome, Wanted, render
from webhook.offline.reviewable import ReviewableObject, find_objects
from webhook.offline.secret_files import path_of, read_secret_files

NOT_RENDERED = 1
_LINES = re.compile(r"[^\n\t]+")
_EXIT = "Exit status: 0 all are rendered; 1 one is not, or a file cannot be read; 2 wrong usage."


def run(arguments: list[str]) -> int:
    """Print each template's result, with its title before it on stderr; return the exit status.

    Raises InvalidManifest for a file that cannot be read, InvalidSetting for a setting that cannot be used.
    """
    parser = new_parser()
    options = parser.parse_args(arguments)
    try:
        secrets = read_secret_files(options.secrets)
    except TemplateError as error:
        parser.error(f"argument --secret: {error.message}")
    if options.template is None:
        wanted, problems = _wanted_by_pods(
            read_documents(options.files), options.namespace, read_operator(options.settings)
        )
    else:
        source = TemplateSource("template", template=options.template, left=options.left, right=options.right)
        wanted, problems = [Wanted("the template", source, options.variables)], []
    if not (wanted or problems):
        problems = ["no pod in the files has agent-inject-secret-NAME or agent-inject-template-NAME"]
    now_s = time.time()
    outcomes = [(each, render(each, secrets, now_s=now_s, reveal=options.reveal)) for each in wanted]
    for each, outcome in outcomes:
        if outcome.text is not None:
            _print(each, outcome.text, options.reveal)
    problems += _problems(outcomes)
    for problem in problems:
        print(f"vault-webhook render: error: {printable(problem)}", file=sys.stderr)
    return NOT_RENDERED if problems else 0


def _wanted_by_pods(
    documents: Iterable[Document], namespace: str, operator: Operator
) -> tuple[list[Wanted], list[str]]:
    """Return the template sources of all pods, and the problems of annotations that cannot be read."""
    defaults = operator.settings.agent_defaults
    wanted: list[Wanted] = []
    problems: list[str] = []
    for document in documents:
        for found in find_objects(document.content, namespace):
            if found.resource == "pods":
                agent, unreadable = parse_agent_config(found.annotations, defaults)
                problems += [f"{document.file}: {found}: {each.message}" for each in unreadable]
                wanted += [
                    Wanted(_title(found, source), source, is_exec_mode(agent))
                    for source in read_sources(agent)
                ]
    return wanted, problems


def _title(found: ReviewableObject, source: TemplateSource) -> str:
    return f"{found}: {'template' if source.template else 'secret'} {source.name}"


def _print(wanted: Wanted, text: str, reveal: bool) -> None:
    """Print the text; unless the values are revealed, characters with an effect on a terminal are escaped."""
    sys.stdout.flush()
    print(f"# {printable(wanted.title)}", file=sys.stderr, flush=True)
    shown = text if reveal else _LINES.sub(lambda found: printable(found[0]), text)
    whole = shown if shown.endswith("\n") else shown + "\n"
    sys.stdout.write(whole.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))
    sys.stdout.flush()


def _problems(outcomes: Sequence[tuple[Wanted, Outcome]]) -> Iterator[str]:
    """Yield the problems of all templates, then each path without a file once, with the templates that read it."""
    missing: dict[str, list[str]] = {}
    for wanted, outcome in outcomes:
        yield from (f"{wanted.title}: {problem}" for problem in outcome.problems)
        for path in dict.fromkeys(map(path_of, outcome.missing)):
            missing.setdefault(path, []).append(wanted.title)
    for path, askers in missing.items():
        yield f"{', '.join(askers)}: no file for {path}: add --secret {path}=FILE.json"


def _pair(text: str) -> tuple[str, str]:
    path, equals, file = text.partition("=")
    if not (path and equals and file):
        raise argparse.ArgumentTypeError(f"{text!r} is not PATH=FILE.json")
    return path, file


def new_parser() -> argparse.ArgumentParser:
    """Return the parser of the command's arguments."""
    parser = argparse.ArgumentParser(
        prog="vault-webhook render",
        description="Print what templates of HashiCorp's annotations would write. Secrets come from files, no request is "
        "sent, and *** replaces each value.",
        epilog=_EXIT,
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "-f",
        "--file",
        dest="files",
        metavar="FILE",
        action="append",
        help="YAML file with pods or objects that make pods, - for standard input",
    )
    source.add_argument("--template", metavar="TEXT", help="a template")
    parser.add_argument(
        "--secret",
        dest="secrets",
        metavar="PATH=FILE.json",
        type=_pair,
        action="append",
        default=[],
        help="a secret of Vault: its keys and values as a JSON object, or a whole answer (`vault kv get -format=json`); "
        "with data/ in the path it is one of KV version 2; may be repeated",
    )
    parser.add_argument("--reveal", action="store_true", help="print the values")
    parser.add_argument("-n", "--namespace", default="default", help="namespace of objects that name none")
    parser.add_argument(
        "--settings",
        metavar="FILE",
        help="the webhook's settings, a ConfigMap as in manifests/base/settings.yaml; default: built-in values",
    )
    template_options = parser.add_argument_group("with --template")
    template_options.add_argument(
        "--variables", action="store_true", help="print the variables that exec mode makes of it"
    )
    template_options.add_argument(
        "--left", default=LEFT, metavar="TEXT", help=f"left delimiter (default: {LEFT})"
    )
    template_options.add_argument(
        "--right", default=RIGHT, metavar="TEXT", help=f"right delimiter (default: {RIGHT})"
    )
    return parser
