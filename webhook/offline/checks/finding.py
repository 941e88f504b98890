"""What a check finds: a rule, where it is broken, and how."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from webhook.offline.checks.rules import BY_ID, Rule
from webhook.offline.documents import Document, YamlPath, path_text
from webhook.offline.reviewable import Reviewed


@dataclass(frozen=True)
class Problem:
    """A broken rule at a path below an object."""

    rule: str
    path: YamlPath
    message: str


@dataclass(frozen=True, order=True)
class Finding:
    """A problem with its file and line, from 1; `path` is from the document's root."""

    file: str
    line: int
    path: str
    rule_id: str
    message: str
    object: str

    @property
    def rule(self) -> Rule:
        """The rule that is broken."""
        return BY_ID[self.rule_id]


def locate(document: Document, reviewed: Reviewed, problems: Iterable[Problem]) -> Iterator[Finding]:
    """Yield the finding of each problem of an object of the document."""
    for problem in problems:
        path = (*reviewed.path, *problem.path)
        yield finding(document, path, problem.rule, problem.message, str(reviewed))


def finding(document: Document, path: YamlPath, rule: str, message: str, name: str) -> Finding:
    """Return the finding at `path` of the document."""
    return Finding(document.file, document.line(path), path_text(path), rule, message, name)
