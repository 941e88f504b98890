"""Static analysis of a template, for admission, before a pod exists."""

from __future__ import annotations

from vaultenv.basics.record import Record
from vaultenv.template.consul.flow import KV2_DATA as KV2_DATA
from vaultenv.template.consul.flow import Flow
from vaultenv.template.consul.functions import ENV, NAMES, POD_FACTS
from vaultenv.template.consul.refused import unknown
from vaultenv.template.consul.template import LEFT, RIGHT, parse
from vaultenv.template.errors import NamedTemplateError, TemplateError, line_and_column
from vaultenv.template.nodes import Call, Command, Constant, Insertion, walk
from vaultenv.template.parser import parse_trees

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from vaultenv.template.parser import Trees

SYNTAX, FUNCTION, INSERTION, POD_FACT = "syntax", "function", "insertion", "pod-fact"
"""Rules: a syntax error; a function that does not exist; a template that is not defined; `env` with a fact of the pod, which
only files of an agent have. Further ones are of `Flow`."""


class Finding(Record):
    """A fault of a template: its rule, its place, and a message with the remedy. Lines and columns count from 1."""

    __slots__ = ("column", "line", "message", "rule")

    def __init__(self, rule: str, line: int, column: int, message: str) -> None:
        self.rule = rule
        self.line = line
        self.column = column
        self.message = message


class Mention(Record):
    """The path of a call of `secret`, `secrets` or `pkiCert`, or None if the template computes it.

    With `writes` it sends data to Vault.
    """

    __slots__ = ("path", "writes")

    def __init__(self, path: str | None, writes: bool) -> None:
        self.path = path
        self.writes = writes


class Analysis(Record):
    """All findings of a template in the order of their places, and all mentions of Vault's paths."""

    __slots__ = ("findings", "mentions")

    def __init__(self, findings: Sequence[Finding], mentions: Sequence[Mention]) -> None:
        self.findings = tuple(findings)
        self.mentions = tuple(mentions)


class _Any:
    """Contains every name, so that one analysis finds all unknown functions."""

    def __contains__(self, _name: object) -> bool:
        return True


def is_kv2_by_its_path(path: str) -> bool:
    """Return whether a path has `data` after its first segment, as a path of KV version 2."""
    return path.strip("/").split("/")[1:2] == ["data"]


def analyse(
    text: str,
    name: str,
    left: str = LEFT,
    right: str = RIGHT,
    is_kv2: Callable[[str], bool] = is_kv2_by_its_path,
) -> Analysis:
    """Return the findings in a template, and the paths that it names, without a rendering.

    Only the first syntax error is found. `is_kv2` returns whether a path is of a KV version 2 engine.
    """
    try:
        trees = parse_trees(text, _Any(), left or LEFT, right or RIGHT, str)
        flow = Flow(trees, is_kv2)
    except TemplateError as error:
        return Analysis([Finding(SYNTAX, *line_and_column(text, error.at), error.message)], [])
    problems = [*_functions(trees), *_insertions(trees), *flow.problems]
    if not any(rule == FUNCTION for rule, _, _ in problems):
        problems += _refusal(text, name, left, right)
    findings = [
        Finding(rule, *line_and_column(text, at), message)
        for rule, at, message in sorted(problems, key=lambda problem: problem[1])
    ]
    return Analysis(findings, [Mention(path, writes) for path, writes in flow.mentions])


def _refusal(text: str, name: str, left: str, right: str) -> Iterator[tuple[str, int, str]]:
    """Yield the parser's error for a template whose functions all exist, such as one beyond a limit."""
    try:
        parse(text, name, left, right, facts={})
    except NamedTemplateError as error:
        yield SYNTAX, error.at, error.message


def _functions(trees: Trees) -> Iterator[tuple[str, int, str]]:
    for nodes in trees.values():
        for top in nodes:
            facts = {
                id(node.operands[0]) for node in walk(top) if isinstance(node, Command) and _is_pod_fact(node)
            }
            for node in walk(top):
                if isinstance(node, Call) and node.name not in NAMES:
                    rule = POD_FACT if id(node) in facts else FUNCTION
                    yield rule, node.at, unknown(node.name, NAMES)


def _is_pod_fact(command: Command) -> bool:
    """Return whether the command is `env` with the name of a fact of the pod."""
    call, *arguments = command.operands
    names = [argument.value for argument in arguments if isinstance(argument, Constant)]
    return (
        isinstance(call, Call)
        and call.name == ENV
        and len(names) == 1 == len(arguments)
        and names[0] in POD_FACTS
    )


def _insertions(trees: Trees) -> Iterator[tuple[str, int, str]]:
    for nodes in trees.values():
        for top in nodes:
            for node in walk(top):
                if isinstance(node, Insertion) and node.name not in trees:
                    yield (
                        INSERTION,
                        node.at,
                        f'template "{node.name}" is not defined: add {{{{ define }}}} for it',
                    )
