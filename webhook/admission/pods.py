"""What is decided about a pod, and about containers that are added to a running one."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from vaultkube.deadline import Deadline
from vaultkube.documents.jsonpatch import diff
from vaultkube.errors import InvalidAnnotation, Refused
from vaultkube.remember import anything, remember
from webhook.admission.gather import (
    find_account_pull_secrets,
    gather_images,
    gather_pull_secrets,
    gather_sources,
)
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
from webhook.pods.nodes import pinned_architectures
from webhook.pods.paths import find_asked
from webhook.pods.pod import Plan, PodSpec, mutate_pod_spec, plan_pod
from webhook.pods.transit import decrypt_path
from webhook.registry.query import ImageConfig, ImageQuery, PullSecret

_DEFAULT_ROLE = "default"
_DEFAULT_SERVICE_ACCOUNT = "default"

_Configured = tuple[Launcher, tuple[str, ...], tuple[str, ...]]
"""What the annotations ask for, with what it adds to a pod, warnings, and problems."""


class _Change(NamedTuple):
    """What may be changed: the containers to look at, how they are planned, and how they are changed."""

    looked_at: PodSpec
    plan: Callable[[Config, Mapping[Source, Values], Deadline], Plan]
    mutate: Callable[[PodSpec, Plan, Config, Facts, Launcher], tuple[PodSpec, tuple[str, ...]]]
    whole_pod: bool


class PodAdmission:
    """Decides about pods."""

    def __init__(self, settings: Settings, defaults: Defaults, services: Services) -> None:
        self._settings = settings
        self._defaults = defaults
        self._services = services
        self._configured = remember(
            self._configure_items, public=anything, longest=4096, entries=256, length=_length
        )

    def decide(
        self, request: AdmissionRequest, annotations: Mapping[str, str], deadline: Deadline
    ) -> Decision:
        """Return the pod with its launcher; Refused names every problem that is known without its images."""
        change = _change(request)
        launcher, warnings, problems = self._configure(annotations)
        config = launcher.config
        sources = self._sources(change.looked_at, request.namespace, problems, deadline)
        plan = change.plan(config, sources, deadline)
        if not plan.wrapped:
            _refuse(problems if change.whole_pod else ())
            return Decision(warnings=[*warnings, *plan.warnings])
        config, role_problems = _with_role(request, config)
        outside, policy = self._outside(request, plan, config), self._settings.path_policy()
        _refuse([*problems, *role_problems, *plan.problems, *(outside if policy.enforced else ())])
        facts = Facts(sources, self._images(request, plan, config, deadline))
        spec = request.object["spec"]
        new_spec, missing = change.mutate(spec, plan, config, facts, launcher.with_config(config))
        _refuse(missing)
        new: PodSpec = {**request.object, "spec": new_spec}
        if change.whole_pod:
            new = with_digests(new, _digests(spec, plan, facts.images), pin=self._settings.pin_images)
        return Decision(
            patch=diff(request.object, new),
            warnings=[*warnings, *plan.warnings, *outside, *_image_warnings(facts.images)],
            audit=audit_of(_audit(spec, plan, config)),
            references=plan.references(),
        )

    def _configure(self, annotations: Mapping[str, str]) -> _Configured:
        """Return what the annotations ask for, warnings and problems: the pods of a workload ask for the same again."""
        return self._configured(tuple(item for item in annotations.items() if item[0].startswith(PREFIXES)))

    def _configure_items(self, items: tuple[tuple[str, str], ...]) -> _Configured:
        """With a problem, the rest is still looked at."""
        annotations = dict(items)
        try:
            config, warnings = configure(annotations, self._defaults, self._settings)
            return Launcher(config, self._settings), warnings, ()
        except Refused as refusal:
            config = parse_config(annotations, self._defaults)[0]
            return Launcher(config, self._settings), (), (str(refusal),)

    def _sources(
        self, looked_at: PodSpec, namespace: str, problems: Sequence[str], deadline: Deadline
    ) -> dict[Source, Values]:
        try:
            return gather_sources(self._services.cluster, find_sources(looked_at), namespace, deadline)
        except Refused as refusal:
            raise Refused("; ".join([*problems, str(refusal)])) from refusal

    def _outside(self, request: AdmissionRequest, plan: Plan, config: Config) -> list[str]:
        """Return what the pod asks for outside of the paths of its namespace."""
        asked = find_asked(request.object["spec"], plan, config, self._defaults["vault_namespace"])
        return self._settings.path_policy().violations(asked, request.namespace)

    def _images(
        self, request: AdmissionRequest, plan: Plan, config: Config, deadline: Deadline
    ) -> dict[str, ImageConfig]:
        if not plan.images:
            return {}
        spec, namespace = request.object["spec"], request.namespace
        services = self._services
        named = self._pull_secrets(spec, namespace, deadline)
        secrets = gather_pull_secrets(services.cluster, named, deadline)
        defaults = gather_pull_secrets(services.cluster, self._default_pull_secrets(deadline), deadline)
        queries = {
            str(spec[place[0]][place[1]].get("name")): ImageQuery(
                image=image,
                pull_secrets=secrets,
                pull_policy=spec[place[0]][place[1]].get("imagePullPolicy") or "",
                architectures=pinned_architectures(spec),
                skip_verify=config.registry_skip_verify,
                default_secrets=defaults,
                namespace=namespace,
                missing_secrets=_missing(named, secrets),
            )
            for place, image in plan.images.items()
        }
        return gather_images(services.registry, queries, deadline)

    def _default_pull_secrets(self, deadline: Deadline) -> list[tuple[str, str]]:
        """Namespace and name of what the operator adds: a Secret, and the pull secrets of a ServiceAccount."""
        settings, services = self._settings, self._services
        namespace = settings.default_pull_secret_namespace or services.own_namespace
        account = settings.default_pull_secret_account
        if not account:
            return [*services.default_pull_secrets]
        more = find_account_pull_secrets(services.cluster, namespace, account, deadline)
        return [*services.default_pull_secrets, *more]

    def _pull_secrets(self, spec: PodSpec, namespace: str, deadline: Deadline) -> list[tuple[str, str]]:
        """Namespace and name of the pod's pull secrets; the ServiceAccount's where the API server has copied none."""
        own = [
            (namespace, entry["name"]) for entry in spec.get("imagePullSecrets") or () if entry.get("name")
        ]
        account = spec.get("serviceAccountName") or _DEFAULT_SERVICE_ACCOUNT
        return own or find_account_pull_secrets(self._services.cluster, namespace, account, deadline)


def _length(items: tuple[tuple[str, str], ...]) -> int:
    return sum(len(key) + len(text) for key, text in items)


def _missing(named: Sequence[tuple[str, str]], found: Sequence[PullSecret]) -> tuple[str, ...]:
    there = {secret.name for secret in found}
    return tuple(dict.fromkeys(name for _, name in named if name not in there))


def _change(request: AdmissionRequest) -> _Change:
    spec = request.object.get("spec") or {}
    if request.subresource != SUBRESOURCE:
        return _Change(spec, partial(plan_pod, spec), mutate_pod_spec, whole_pod=True)
    old_spec = (request.old_object or {}).get("spec") or {}
    added = [container for _, container in find_added(spec, old_spec)]
    plan = partial(plan_ephemeral, spec, old_spec)
    return _Change({"containers": added}, plan, mutate_ephemeral, whole_pod=False)


def _digests(spec: PodSpec, plan: Plan, images: Mapping[str, ImageConfig]) -> dict[str, str]:
    """Return, by container, the digest of the image whose entry point was read, where one was."""
    digests = {
        str(spec[key][index].get("name")): images[image].digest for (key, index), image in plan.images.items()
    }
    return {name: digest for name, digest in digests.items() if digest}


def _with_role(request: AdmissionRequest, config: Config) -> tuple[Config, list[str]]:
    account = request.object["spec"].get("serviceAccountName") or ""
    named = config.service_account if "service_account" in config.annotated else account
    try:
        return with_role(config, request.namespace, request.object_name, named, account or _DEFAULT_ROLE), []
    except InvalidAnnotation as error:
        return config, [str(error)]


def _image_warnings(images: Mapping[str, ImageConfig]) -> list[str]:
    return [f"image {image}: {warning}" for image, config in images.items() for warning in config.warnings]


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
