"""Decisions about pods, and about ephemeral containers that are added to a running pod."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain
from typing import NamedTuple

from vaultkube.deadline import Deadline
from vaultkube.documents.jsonpatch import diff
from vaultkube.errors import Refused
from vaultkube.problem import Problem, messages
from vaultkube.remember import anything, remember
from vaultkube.wire.pods import Pod, PodSpec
from webhook.admission.images import OperatorPullSecrets, find_digests, find_images, image_warnings
from webhook.admission.needs import SourceValues, Steps
from webhook.admission.pod_roles import Added, with_roles
from webhook.admission.review import AdmissionRequest, Decision, audit_of, refuse
from webhook.admission.services import Services
from webhook.config.annotation_keys import ALL_PREFIXES
from webhook.config.annotations import Config, Defaults
from webhook.config.delivery import Delivery
from webhook.config.misplaced import label_warnings
from webhook.config.settings import Settings
from webhook.pods.agent import AGENT
from webhook.pods.command_line import find_unfit
from webhook.pods.delivery import delivery_by_nodes, find_delivery
from webhook.pods.digests import with_digests
from webhook.pods.environment import TOKEN_VARIABLE
from webhook.pods.ephemeral import SUBRESOURCE, find_added, mutate_ephemeral, plan_ephemeral
from webhook.pods.exec_mode import with_status
from webhook.pods.facts import Facts, Source, Values, find_sources
from webhook.pods.families import (
    ConfiguredPod,
    PodPlan,
    configure_pod,
    launcher_of_added,
    plan_families,
    whole_pod,
)
from webhook.pods.file_mode import with_agent
from webhook.pods.helpers import with_helpers
from webhook.pods.plan import Part, Plan
from webhook.pods.pod import mutate_pod_spec
from webhook.pods.transit import decrypt_path


class _Change(NamedTuple):
    """A change of a pod or its ephemeral containers: the containers to examine, and functions to plan and apply it."""

    looked_at: PodSpec
    plan: Callable[[ConfiguredPod, Mapping[Source, Values], Deadline], PodPlan]
    mutate: Callable[[PodSpec, Sequence[Part], Facts], tuple[PodSpec, tuple[Problem, ...]]]
    whole_pod: bool


class PodDecisions:
    """Decides about pods."""

    def __init__(self, settings: Settings, defaults: Defaults, services: Services) -> None:
        self._settings = settings
        self._defaults = defaults
        self._services = services
        self._path_policy = settings.path_policy()
        self._pull_secrets = OperatorPullSecrets(
            tuple(services.default_pull_secrets),
            settings.default_pull_secret_namespace or services.own_namespace,
            settings.default_pull_secret_account,
        )
        self._configured = remember(
            self._configure_items, public=anything, longest=4096, entries=256, length=_length
        )

    def decide(
        self, request: AdmissionRequest, annotations: Mapping[str, str], deadline: Deadline
    ) -> Steps[Decision]:
        """Return the decision with the pod's patch; Refused has every problem that is known before images are read."""
        change = _change(request)
        configured = self._configure(annotations)
        problems = configured.problems
        warnings = configured.warnings + tuple(label_warnings(request.object.get("metadata")))
        sources = yield from _find_sources(change.looked_at, request.namespace, problems)
        planned = change.plan(configured, sources, deadline)
        pod: Pod = request.object
        spec, plan = planned.spec, planned.whole
        is_needed = planned.is_needed
        outside = self._outside(request, planned, deadline) if is_needed or plan.foreign else []
        refused = outside if self._path_policy.enforced else []
        if not is_needed:
            refuse([*(problems if change.whole_pod else ()), *plan.problems, *refused])
            return Decision(warnings=messages([*warnings, *plan.warnings, *outside]))
        added, role_problems = with_roles(request, planned)
        refuse(list(dict.fromkeys([*problems, *role_problems, *plan.problems, *refused])))
        config = configured.launcher.config
        images, unread = yield from find_images(
            spec, request.namespace, plan, config.registry_skip_verify, self._pull_secrets
        )
        unfit = find_unfit(spec, added.parts, Facts(sources, images), unread)
        added, plan = added.without(unfit), plan.without(unfit)
        delivery = _delivery(self._services, spec, plan, config, deadline)
        new: Pod = {**pod, "spec": _changed(spec, change, added, Facts(sources, images, delivery))}
        if change.whole_pod and images:
            new = with_digests(new, find_digests(spec, plan, images), pin=self._settings.pin_images)
        if planned.is_exec or added.agent:
            new = with_status(new)
        return Decision(
            patch=diff(request.object, new),
            warnings=[
                *messages([*warnings, *plan.warnings, *chain.from_iterable(unfit.values()), *outside]),
                *image_warnings(images),
            ],
            audit=audit_of(_audit(spec, added)),
            references=plan.references(),
        )

    def _configure(self, annotations: Mapping[str, str]) -> ConfiguredPod:
        """Return the configuration that the annotations request, from a cache.

        All pods of a workload have the same annotations.
        """
        return self._configured(
            tuple([item for item in annotations.items() if item[0].startswith(ALL_PREFIXES)])
        )

    def _configure_items(self, items: tuple[tuple[str, str], ...]) -> ConfiguredPod:
        configured = configure_pod(dict(items), self._defaults, self._settings)
        return configured._replace(warnings=()) if configured.problems else configured

    def _outside(self, request: AdmissionRequest, planned: PodPlan, deadline: Deadline) -> list[Problem]:
        """Return the problems of the pod's paths that its namespace is not allowed to request."""
        requested = planned.requested_paths(self._defaults["vault_namespace"])
        return self._path_policy.violations(requested, request.namespace, deadline)


def _length(items: tuple[tuple[str, str], ...]) -> int:
    return sum([len(key) + len(text) for key, text in items])


def _find_sources(
    looked_at: PodSpec, namespace: str, problems: Sequence[Problem]
) -> Steps[Mapping[Source, Values]]:
    """Return the values of ConfigMaps and Secrets that the containers use.

    A refusal has the messages of `problems` too.
    """
    sources = find_sources(looked_at)
    if not sources:
        return {}
    try:
        found: Mapping[Source, Values] = yield SourceValues(namespace, tuple(sources))
    except Refused as refusal:
        raise type(refusal)("; ".join([*messages(problems), str(refusal)])) from refusal
    return found


def _delivery(services: Services, spec: PodSpec, plan: Plan, config: Config, deadline: Deadline) -> Delivery:
    """Return the way in which the launcher gets into the pod, without waiting for the nodes that it may depend on."""
    delivery = find_delivery(spec, plan.containers(spec), config)
    return (
        delivery_by_nodes(spec, services.nodes.known(), deadline) if delivery is Delivery.AUTO else delivery
    )


def _change(request: AdmissionRequest) -> _Change:
    spec = request.object.get("spec") or {}
    if request.subresource != SUBRESOURCE:
        return _Change(spec, partial(plan_families, spec), mutate_pod_spec, whole_pod=True)
    old_spec = (request.old_object or {}).get("spec") or {}
    added = [container for _, container in find_added(spec, old_spec)]
    plan = partial(_plan_ephemeral, spec, old_spec)
    return _Change({"containers": added}, plan, mutate_ephemeral, whole_pod=False)


def _plan_ephemeral(
    spec: PodSpec,
    old_spec: PodSpec,
    configured: ConfiguredPod,
    sources: Mapping[Source, Values],
    deadline: Deadline,
) -> PodPlan:
    launcher = launcher_of_added(spec, configured)
    return whole_pod(spec, plan_ephemeral(spec, old_spec, launcher.config, sources, deadline), launcher)


def _changed(spec: PodSpec, change: _Change, added: Added, facts: Facts) -> PodSpec:
    """Return the PodSpec with the launchers, the agent and the helpers; Refused has the problems of images and patches."""
    new, problems = change.mutate(spec, added.parts, facts)
    refuse(problems)
    if added.agent:
        new, problems = with_agent(new, added.agent)
        refuse(problems)
    return with_helpers(new, added.helpers) if added.helpers else new


def _audit(spec: PodSpec, added: Added) -> Iterator[str]:
    """Yield each variable with the path that it reads, and the paths that an agent's annotations name."""
    for part in added.parts:
        yield from _audit_of_part(spec, part)
    for file in added.agent.mode.files if added.agent else ():
        if file.source.path:
            yield f"{AGENT}/*={file.source.path}"


def _audit_of_part(spec: PodSpec, part: Part) -> Iterator[str]:
    """Yield each variable with the path that it reads, `?` if only the kubelet knows it.

    Text around a reference is never part of it.
    """
    plan, config = part.plan, part.config
    for place, references in plan.wrapped.items():
        name = spec[place[0]][place[1]].get("name") or ""
        for variable, path in references.paths:
            yield f"{name}/{variable}={path or '?'}"
        for variable in references.ciphertexts:
            yield f"{name}/{variable}={decrypt_path(references, config) or '?'}"
        if TOKEN_VARIABLE in references.rewritten:
            yield f"{name}/{TOKEN_VARIABLE}=auth/{config.path}/login"
        for item in plan.from_paths[place].items:
            yield f"{name}/*={item.path}"
        for source in config.sources:
            if source.path:
                yield f"{name}/*={source.path}"
