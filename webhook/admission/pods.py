"""Decisions about pods, and about containers that are added to a running one."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from vaultkube.deadline import Deadline
from vaultkube.documents.jsonpatch import diff
from vaultkube.errors import Refused
from vaultkube.problem import Problem, messages
from vaultkube.remember import anything, remember
from vaultkube.wire.pods import Pod, PodSpec
from webhook.admission.images import OperatorPullSecrets, find_digests, find_images, image_warnings
from webhook.admission.needs import NodesOfCluster, SourceValues, Steps
from webhook.admission.review import AdmissionRequest, Decision, audit_of, refuse
from webhook.admission.services import Services
from webhook.config.annotation_keys import PREFIXES
from webhook.config.annotations import Config, Defaults
from webhook.config.configure import configure, with_role
from webhook.config.delivery import Delivery
from webhook.config.misplaced import label_warnings
from webhook.config.settings import Settings
from webhook.pods.delivery import delivery_by_nodes, find_delivery
from webhook.pods.digests import with_digests
from webhook.pods.environment import TOKEN_VARIABLE
from webhook.pods.ephemeral import SUBRESOURCE, find_added, mutate_ephemeral, plan_ephemeral
from webhook.pods.facts import Facts, Source, Values, find_sources
from webhook.pods.launcher import Launcher
from webhook.pods.paths import find_requested_paths
from webhook.pods.pod import Plan, mutate_pod_spec, plan_pod
from webhook.pods.transit import decrypt_path

_DEFAULT_ROLE = "default"

_Configured = tuple[Launcher, tuple[Problem, ...], tuple[Problem, ...]]
"""The launcher that the annotations configure, warnings, and problems."""


class _Change(NamedTuple):
    """A change of a pod or of its ephemeral containers: the containers to look at, and functions that plan and change them."""

    looked_at: PodSpec
    plan: Callable[[Config, Mapping[Source, Values], Deadline], Plan]
    mutate: Callable[[PodSpec, Plan, Config, Facts, Launcher], tuple[PodSpec, tuple[Problem, ...]]]
    whole_pod: bool


class PodDecisions:
    """Decides about pods."""

    def __init__(self, settings: Settings, defaults: Defaults, services: Services) -> None:
        self._settings = settings
        self._defaults = defaults
        self._services = services
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
        """Return the pod with its launcher; Refused names every problem that is known without its images."""
        change = _change(request)
        launcher, warnings, problems = self._configure(annotations)
        warnings += tuple(label_warnings(request.object.get("metadata")))
        pod: Pod = request.object
        config, spec = launcher.config, pod.get("spec") or {}
        sources = yield from _find_sources(change.looked_at, request.namespace, problems)
        plan = change.plan(config, sources, deadline)
        outside = self._outside(request, plan, config, deadline) if plan.wrapped or plan.foreign else []
        refused = outside if self._settings.path_policy().enforced else []
        if not plan.wrapped:
            refuse([*(problems if change.whole_pod else ()), *refused])
            return Decision(warnings=messages([*warnings, *plan.warnings, *outside]))
        config, role_problems = _with_role(request, config)
        refuse([*problems, *role_problems, *plan.problems, *refused])
        images = yield from find_images(
            spec, request.namespace, plan, config.registry_skip_verify, self._pull_secrets
        )
        delivery = yield from _find_delivery(self._services, spec, plan, config, deadline)
        facts = Facts(sources, images, delivery)
        new_spec, missing = change.mutate(spec, plan, config, facts, launcher.with_config(config))
        refuse(missing)
        new: Pod = {**pod, "spec": new_spec}
        if change.whole_pod:
            new = with_digests(new, find_digests(spec, plan, images), pin=self._settings.pin_images)
        return Decision(
            patch=diff(request.object, new),
            warnings=[*messages([*warnings, *plan.warnings, *outside]), *image_warnings(images)],
            audit=audit_of(_audit(spec, plan, config)),
            references=plan.references(),
        )

    def _configure(self, annotations: Mapping[str, str]) -> _Configured:
        """Return what the annotations ask for, warnings and problems: the pods of a workload ask for the same again."""
        return self._configured(tuple(item for item in annotations.items() if item[0].startswith(PREFIXES)))

    def _configure_items(self, items: tuple[tuple[str, str], ...]) -> _Configured:
        config, problems, warnings = configure(dict(items), self._defaults, self._settings)
        return Launcher(config, self._settings), () if problems else warnings, problems

    def _outside(
        self, request: AdmissionRequest, plan: Plan, config: Config, deadline: Deadline
    ) -> list[Problem]:
        """Return the problems of paths that the pod requests outside of those of its namespace."""
        operators_namespace = self._defaults["vault_namespace"]
        requested = find_requested_paths(request.object.get("spec") or {}, plan, config, operators_namespace)
        return self._settings.path_policy().violations(requested, request.namespace, deadline)


def _length(items: tuple[tuple[str, str], ...]) -> int:
    return sum(len(key) + len(text) for key, text in items)


def _find_sources(
    looked_at: PodSpec, namespace: str, problems: Sequence[Problem]
) -> Steps[Mapping[Source, Values]]:
    """Return the values that the containers take from ConfigMaps and Secrets; a refusal names the problems too."""
    sources = find_sources(looked_at)
    if not sources:
        return {}
    try:
        found: Mapping[Source, Values] = yield SourceValues(namespace, tuple(sources))
    except Refused as refusal:
        raise type(refusal)("; ".join([*messages(problems), str(refusal)])) from refusal
    return found


def _find_delivery(
    services: Services, spec: PodSpec, plan: Plan, config: Config, deadline: Deadline
) -> Steps[Delivery]:
    """Return the way of the launcher into the pod."""
    delivery = find_delivery(spec, plan.containers(spec), config)
    if delivery is not Delivery.AUTO:
        return delivery
    known = services.nodes.known()
    if known is None:
        known = yield NodesOfCluster()
    return delivery_by_nodes(spec, known, deadline)


def _change(request: AdmissionRequest) -> _Change:
    spec = request.object.get("spec") or {}
    if request.subresource != SUBRESOURCE:
        return _Change(spec, partial(plan_pod, spec), mutate_pod_spec, whole_pod=True)
    old_spec = (request.old_object or {}).get("spec") or {}
    added = [container for _, container in find_added(spec, old_spec)]
    plan = partial(plan_ephemeral, spec, old_spec)
    return _Change({"containers": added}, plan, mutate_ephemeral, whole_pod=False)


def _with_role(request: AdmissionRequest, config: Config) -> tuple[Config, tuple[Problem, ...]]:
    account = request.object["spec"].get("serviceAccountName") or ""
    named = config.service_account if "service_account" in config.annotated else account
    return with_role(config, request.namespace, request.object_name, named, account or _DEFAULT_ROLE)


def _audit(spec: PodSpec, plan: Plan, config: Config) -> Iterator[str]:
    """Yield each variable with the path that it reads, `?` if only the kubelet knows; never the text around a reference."""
    for place, references in plan.wrapped.items():
        name = spec[place[0]][place[1]].get("name") or ""
        for variable, path in references.paths:
            yield f"{name}/{variable}={path or '?'}"
        for variable in references.ciphertexts:
            yield f"{name}/{variable}={decrypt_path(references, config) or '?'}"
        if TOKEN_VARIABLE in references.rewritten:
            yield f"{name}/{TOKEN_VARIABLE}=auth/{config.path}/login"
        yield from (f"{name}/*={item.path}" for item in plan.from_paths[place].items)
