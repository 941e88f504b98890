"""A problem with its place in a file."""

from dataclasses import dataclass

from vaultkube.problem import Problem
from webhook.offline.checks.rules import BY_ID, Rule
from webhook.offline.documents import Document, path_text


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


def finding(document: Document, problem: Problem, name: str) -> Finding:
    """Return the finding of a problem, with its path from the document's root, in the object of this name."""
    line, path = document.line(problem.path), path_text(problem.path)
    return Finding(document.file, line, path, problem.rule, problem.message, name)
