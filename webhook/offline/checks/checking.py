"""All findings of a document: the problems from the webhook's decisions, and the rest of its answer."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from vaultkube.deadline import Deadline
from vaultkube.errors import Refused
from vaultkube.problem import Problem
from webhook.admission.gather import gather_sources
from webhook.config.configure import is_skipped, length_problems
from webhook.offline.checks.custom_objects import custom_object_problems
from webhook.offline.checks.finding import Finding, finding
from webhook.offline.checks.objects import check_object
from webhook.offline.checks.pods import PodFacts, check_pod
from webhook.offline.checks.provider_classes import class_problems, find_classes
from webhook.offline.checks.reloads import reload_problems
from webhook.offline.checks.rules import BY_ID, ERROR, MIGRATION
from webhook.offline.checks.sync_resources import Together, find_resources, kind_problems, resource_problems
from webhook.offline.documents import Document
from webhook.offline.misplaced import find_misplaced
from webhook.offline.operator_settings import Operator
from webhook.offline.preview import Surroundings, preview
from webhook.offline.reviewable import ReviewableObject, find_objects, find_untyped
from webhook.pods.facts import Source, Values, find_sources

_BUDGET_S = 30.0
_BANK_VAULTS, _CSI_PROVIDER = "bank-vaults", "vault-csi-provider"
_MIGRATION = frozenset(rule.id for rule in MIGRATION)


@dataclass(frozen=True)
class Checker:
    """Checks documents; `origin`, a key of `ORIGINS`, is the program with which they work today."""

    operator: Operator
    surroundings: Surroundings
    namespace: str
    origin: str = ""
    together: Together = field(default_factory=Together)
    """The custom objects of all documents, which refer to each other."""

    def findings(self, document: Document) -> Iterator[Finding]:
        """Yield the findings of one document."""
        for path in document.repeated_keys:
            yield finding(document, Problem("repeated-key", path, f"{path[-1]} stands twice"), "")
        for problem in find_misplaced(document.content):
            yield finding(document, problem, "")
        for problem in reload_problems(document.content):
            yield finding(document, problem, "")
        for reviewable in find_objects(document.content, self.namespace, self.operator.custom_kinds):
            for problem in self._problems(reviewable):
                yield finding(document, problem.inside(reviewable.path), str(reviewable))
        yield from self._beyond_admission(document)
        if self.origin == _BANK_VAULTS:
            for problem in custom_object_problems(document.content, self.operator.custom_kinds):
                yield finding(document, problem, str(document.content.get("kind")))

    def _beyond_admission(self, document: Document) -> Iterator[Finding]:
        """Yield the findings of objects for other programs than the webhook."""
        policy, is_csi = self.operator.settings.path_policy(), self.origin == _CSI_PROVIDER
        for found in find_classes(document.content, self.namespace):
            for problem in class_problems(found, policy, migration=is_csi):
                yield finding(document, problem.inside(found.path), str(found))
        for problem in kind_problems(document.content):
            yield finding(document, problem, "")
        for resource in find_resources(document.content, self.namespace):
            for problem in resource_problems(resource, policy, self.together):
                yield finding(document, problem.inside(resource.path), str(resource.resource))

    def _problems(self, reviewable: ReviewableObject) -> Iterator[Problem]:
        """Yield the problems of one object; an error of the migration replaces others at its path."""
        try:
            problems = [] if is_skipped(reviewable.annotations) else list(self._decided(reviewable))
        except (AttributeError, KeyError, TypeError, ValueError, Refused):
            problems = []  # no valid object: the webhook's answer below reports it
        differences = [problem for problem in problems if problem.rule in _MIGRATION]
        own = [problem for problem in problems if problem.rule not in _MIGRATION]
        own += find_untyped(reviewable)
        own += self._rest_of_answer(reviewable, own)
        explained = {problem.path for problem in differences if _is_error(problem)}
        yield from (problem for problem in own if problem.path not in explained)
        yield from differences

    def _decided(self, reviewable: ReviewableObject) -> Iterable[Problem]:
        too_long = length_problems(reviewable.annotations)
        if too_long:
            return too_long
        if reviewable.resource == "pods":
            return check_pod(reviewable, self.operator, self._facts(reviewable), self.origin)
        return check_object(reviewable, self.operator, migration=self.origin == _BANK_VAULTS)

    def _rest_of_answer(self, reviewable: ReviewableObject, own: Sequence[Problem]) -> list[Problem]:
        """Return the webhook's warnings and refusal beyond the `own` problems, so that no refusal is missed."""
        answer = preview(reviewable, self.operator, self.surroundings)
        rest = [Problem("warned", (), warning) for warning in answer.warnings]
        if answer.refusal and not any(map(_is_error, own)):
            rest.append(Problem("refused", (), answer.refusal))
        known = {problem.message for problem in own}
        return [problem for problem in rest if problem.message not in known]

    def _facts(self, reviewable: ReviewableObject) -> PodFacts:
        sources, manifests = find_sources(reviewable.content.get("spec") or {}), self.surroundings.manifests
        unknown = frozenset(
            source
            for source in sources
            if not manifests.knows(source.kind, reviewable.namespace, source.name)
        )
        images_known = self.surroundings.registry is not None
        return PodFacts(self._gather(sources, reviewable.namespace), unknown, images_known)

    def _gather(self, sources: set[Source], namespace: str) -> dict[Source, Values]:
        try:
            return gather_sources(self.surroundings.manifests, sources, namespace, Deadline(_BUDGET_S))
        except Refused:
            return {}


def _is_error(problem: Problem) -> bool:
    return BY_ID[problem.rule].severity == ERROR
