"""Decisions about pods, and about containers that are added to a running one."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from typing import NamedTuple

from vaultkube.deadline import Deadline
from vaultkube.documents.jsonpatch import diff
from vaultkube.errors import InvalidAnnotation, Refused
from webhook.admission.images import OperatorPullSecrets, find_digests, find_images, image_warnings
from webhook.admission.needs import SourceValues, Steps
from webhook.admission.review import AdmissionRequest, Decision, audit_of
from webhook.admission.services import Services
from webhook.config.annotation_keys import PREFIXES
from webhook.config.annotations import Config, Defaults, parse_config
from webhook.config.configure import configure, with_role
from webhook.config.settings import Settings
from webhook.pods.digests import with_digests
from webhook.pods.environment import TOKEN_VARIABLE
from webhook.pods.ephemeral import SUBRESOURCE, find_added, mutate_ephemeral, plan_ephemeral
from webhook.pods.facts import Facts, Source, Values, find_sources
from webhook.pods.launcher import Launcher
from webhook.pods.paths import find_asked
from webhook.pods.pod import Plan, PodSpec, mutate_pod_spec, plan_pod
from webhook.pods.transit import decrypt_path

_DEFAULT_ROLE = "default"
_REMEMBERED = 256
_REMEMBERED_LENGTH = 4096

_Configured = tuple[Launcher, tuple[str, ...], tuple[str, ...]]
"""What the annotations ask for, with what it adds to a pod, warnings, and problems."""


class _Change(NamedTuple):
    """What may be changed: the containers to look at, how they are planned, and how they are changed."""

    looked_at: PodSpec
    plan: Callable[[Config, Mapping[Source, Values], Deadline], Plan]
    mutate: Callable[[PodSpec, Plan, Config, Facts, Launcher], tuple[PodSpec, tuple[str, ...]]]
    whole_pod: bool


class PodDecisions:
    """Decides about pods."""

    def __init__(self, settings: Settings, defaults: Defaults, services: Services) -> None:
        self._settings = settings
        self._defaults = defaults
        self._pull_secrets = OperatorPullSecrets(
            tuple(services.default_pull_secrets),
            settings.default_pull_secret_namespace or services.own_namespace,
            settings.default_pull_secret_account,
        )
        self._configured_before = lru_cache(_REMEMBERED)(self._configured)

    def decide(
        self, request: AdmissionRequest, annotations: Mapping[str, str], deadline: Deadline
    ) -> Steps[Decision]:
        """Return the pod with its launcher; Refused names every problem that is known without its images."""
        change = _change(request)
        launcher, warnings, problems = self._configure(annotations)
        config, spec = launcher.config, request.object.get("spec") or {}
        sources = yield from _find_sources(change.looked_at, request.namespace, problems)
        plan = change.plan(config, sources, deadline)
        if not plan.wrapped:
            _refuse(problems if change.whole_pod else ())
            return Decision(warnings=[*warnings, *plan.warnings])
        config, role_problems = _with_role(request, config)
        outside = self._outside(request, plan, config, deadline)
        policy = self._settings.path_policy()
        _refuse([*problems, *role_problems, *plan.problems, *(outside if policy.enforced else ())])
        images = yield from find_images(
            spec, request.namespace, plan, config.registry_skip_verify, self._pull_secrets
        )
        new_spec, missing = change.mutate(
            spec, plan, config, Facts(sources, images), launcher.with_config(config)
        )
        _refuse(missing)
        new: PodSpec = {**request.object, "spec": new_spec}
        if change.whole_pod:
            new = with_digests(new, find_digests(spec, plan, images), pin=self._settings.pin_images)
        return Decision(
            patch=diff(request.object, new),
            warnings=[*warnings, *plan.warnings, *outside, *image_warnings(images)],
            audit=audit_of(_audit(spec, plan, config)),
            references=plan.references(),
        )

    def _configure(self, annotations: Mapping[str, str]) -> _Configured:
        """Return what the annotations ask for, warnings and problems: the pods of a workload ask for the same again."""
        ours = tuple(item for item in annotations.items() if item[0].startswith(PREFIXES))
        length = sum(len(key) + len(text) for key, text in ours)
        return self._configured_before(ours) if length <= _REMEMBERED_LENGTH else self._configured(ours)

    def _configured(self, items: tuple[tuple[str, str], ...]) -> _Configured:
        """With a problem, the rest is still looked at."""
        annotations = dict(items)
        try:
            config, warnings = configure(annotations, self._defaults, self._settings)
            return Launcher(config, self._settings), warnings, ()
        except Refused as refusal:
            config = parse_config(annotations, self._defaults)[0]
            return Launcher(config, self._settings), (), (str(refusal),)

    def _outside(
        self, request: AdmissionRequest, plan: Plan, config: Config, deadline: Deadline
    ) -> list[str]:
        """Return what the pod asks for outside of the paths of its namespace."""
        asked = find_asked(request.object["spec"], plan, config, self._defaults["vault_namespace"])
        return self._settings.path_policy().violations(asked, request.namespace, deadline)


def _find_sources(
    looked_at: PodSpec, namespace: str, problems: Sequence[str]
) -> Steps[Mapping[Source, Values]]:
    """Return the values that the containers take from ConfigMaps and Secrets; a refusal names the problems too."""
    sources = find_sources(looked_at)
    if not sources:
        return {}
    try:
        found: Mapping[Source, Values] = yield SourceValues(namespace, tuple(sources))
    except Refused as refusal:
        raise type(refusal)("; ".join([*problems, str(refusal)])) from refusal
    return found


def _change(request: AdmissionRequest) -> _Change:
    spec = request.object.get("spec") or {}
    if request.subresource != SUBRESOURCE:
        return _Change(spec, partial(plan_pod, spec), mutate_pod_spec, whole_pod=True)
    old_spec = (request.old_object or {}).get("spec") or {}
    added = [container for _, container in find_added(spec, old_spec)]
    plan = partial(plan_ephemeral, spec, old_spec)
    return _Change({"containers": added}, plan, mutate_ephemeral, whole_pod=False)


def _with_role(request: AdmissionRequest, config: Config) -> tuple[Config, list[str]]:
    account = request.object["spec"].get("serviceAccountName") or ""
    named = config.service_account if "service_account" in config.annotated else account
    try:
        return with_role(config, request.namespace, request.object_name, named, account or _DEFAULT_ROLE), []
    except InvalidAnnotation as error:
        return config, [str(error)]


def _refuse(problems: Sequence[str]) -> None:
    if problems:
        raise Refused("; ".join(problems))


def _audit(spec: PodSpec, plan: Plan, config: Config) -> Iterator[str]:
    """Which variable reads which path, `?` if only the kubelet knows; never the text around a reference."""
    for place, references in plan.wrapped.items():
        name = spec[place[0]][place[1]].get("name") or ""
        for variable, path in references.paths:
            yield f"{name}/{variable}={path or '?'}"
        for variable in references.ciphertexts:
            yield f"{name}/{variable}={decrypt_path(references, config) or '?'}"
        if TOKEN_VARIABLE in references.rewritten:
            yield f"{name}/{TOKEN_VARIABLE}=auth/{config.path}/login"
        yield from (f"{name}/*={item.path}" for item in plan.given[place].items)
