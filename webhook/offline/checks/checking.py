"""All findings of a document: the rules' own, and whatever else the webhook would answer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vaultkube.deadline import Deadline
from vaultkube.errors import Refused
from webhook.admission.gather import gather_sources
from webhook.config.configure import is_skipped
from webhook.offline.checks.finding import Finding, Problem, finding, locate
from webhook.offline.checks.migration import custom_object_problems, migration_problems
from webhook.offline.checks.objects import object_problems
from webhook.offline.checks.pods import PodFacts, pod_problems
from webhook.offline.checks.rules import BY_ID, ERROR
from webhook.offline.documents import Document
from webhook.offline.operator_settings import Operator
from webhook.offline.preview import UNTYPED, Surroundings, preview
from webhook.offline.reviewable import Reviewed, find_objects, find_untyped
from webhook.pods.facts import Source, Values, find_sources

_BUDGET_S = 30.0


@dataclass(frozen=True)
class Checker:
    """Checks documents; `migration`: as manifests that work with Bank-Vaults today."""

    operator: Operator
    surroundings: Surroundings
    namespace: str
    migration: bool = False

    def findings(self, document: Document) -> Iterator[Finding]:
        """Yield the findings of one document."""
        for path in document.repeated_keys:
            yield finding(document, path, "repeated-key", f"{path[-1]} stands twice", "")
        for reviewed in find_objects(document.content, self.namespace):
            yield from locate(document, reviewed, self._problems(reviewed))
        if self.migration:
            for problem in custom_object_problems(document.content):
                kind = str(document.content.get("kind"))
                yield finding(document, problem.path, problem.rule, problem.message, kind)

    def _problems(self, reviewed: Reviewed) -> list[Problem]:
        try:
            own = list(self._own_problems(reviewed)) if _looked_at(reviewed) else []
            moved = list(self._moved(reviewed))
        except (AttributeError, KeyError, TypeError, ValueError):
            own, moved = [], []  # no valid object: the webhook's answer below says so
        own = [*own, *(Problem("not-text", path, UNTYPED) for path in find_untyped(reviewed))]
        own = [*own, *self._other_problems(reviewed, own)]
        explained = {problem.path for problem in moved if _is_error(problem)}
        return [*(problem for problem in own if problem.path not in explained), *moved]

    def _own_problems(self, reviewed: Reviewed) -> Iterator[Problem]:
        if reviewed.resource == "pods":
            return pod_problems(reviewed, self.operator, self._facts(reviewed))
        return object_problems(reviewed, self.operator)

    def _moved(self, reviewed: Reviewed) -> Iterator[Problem]:
        if self.migration and not is_skipped(reviewed.annotations):
            yield from migration_problems(reviewed, self.operator)

    def _other_problems(self, reviewed: Reviewed, own: Sequence[Problem]) -> Iterator[Problem]:
        """Yield what the webhook answers and no rule has found: nothing that it refuses goes unseen."""
        answer = preview(reviewed, self.operator, self.surroundings)
        if answer.refusal and not any(map(_is_error, own)):
            yield Problem("refused", (), answer.refusal)
        said = {problem.message for problem in own}
        yield from (Problem("warned", (), warning) for warning in answer.warnings if warning not in said)

    def _facts(self, reviewed: Reviewed) -> PodFacts:
        sources, manifests = find_sources(reviewed.content.get("spec") or {}), self.surroundings.manifests
        unknown = frozenset(
            source for source in sources if not manifests.knows(source.kind, reviewed.namespace, source.name)
        )
        images_known = self.surroundings.registry is not None
        return PodFacts(self._gather(sources, reviewed.namespace), unknown, images_known)

    def _gather(self, sources: set[Source], namespace: str) -> dict[Source, Values]:
        try:
            return gather_sources(self.surroundings.manifests, sources, namespace, Deadline(_BUDGET_S))
        except Refused:
            return {}


def _looked_at(reviewed: Reviewed) -> bool:
    return reviewed.sent and not is_skipped(reviewed.annotations)


def _is_error(problem: Problem) -> bool:
    return BY_ID[problem.rule].severity == ERROR
