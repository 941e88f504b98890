"""What is decided about an object: gather the facts under one deadline, decide by pure functions, answer the difference."""

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from webhook.annotations import Config, Defaults
from webhook.configure import configure, is_skipped, with_role
from webhook.deadline import Deadline
from webhook.errors import NotResolved, Refused
from webhook.facts import Facts, find_sources
from webhook.gather import Cluster, Registry, gather_images, gather_pull_secrets, gather_sources
from webhook.jsonpatch import diff
from webhook.objects import configmap, secret
from webhook.pods.launcher import Launcher
from webhook.pods.pod import Plan, mutate_pod_spec, plan_pod
from webhook.registry.query import ImageConfig, ImageQuery
from webhook.review import AdmissionRequest, Decision
from webhook.settings import Settings
from webhook.vault import Identity

_REFUSAL = "could not mutate object: "
_DEFAULT_ROLE = "default"
_DEFAULT_SERVICE_ACCOUNT = "default"

Document = Mapping[str, Any]


class Vault(Protocol):
    """Resolves values: `webhook.vault.Vault`."""

    def resolve(
        self, values: Mapping[str, bytes], config: Config, identity: Identity, ca: bytes, deadline: Deadline
    ) -> dict[str, bytes]: ...


@dataclass(frozen=True)
class ObjectKind:
    """How the values of one kind of object are found and replaced."""

    find_values: Callable[[Document], dict[str, bytes]]
    replace_values: Callable[[Document, Mapping[str, bytes]], Document]


OBJECT_KINDS = {
    "secrets": ObjectKind(secret.find_values, secret.replace_values),
    "configmaps": ObjectKind(configmap.find_values, configmap.replace_values),
}


@dataclass(frozen=True)
class Services:
    """What the outside world is reached by."""

    cluster: Cluster
    registry: Registry
    vault: Vault
    own_namespace: str
    default_pull_secrets: Sequence[tuple[str, str]] = ()
    """Namespace and name of what is tried after a pod's own pull secrets."""


class Admission:
    """Decides about pods, Secrets and ConfigMaps."""

    def __init__(self, settings: Settings, defaults: Defaults, services: Services) -> None:
        self._settings = settings
        self._defaults = defaults
        self._services = services
        self._was_ready = False

    def decide(self, resource: str, request: AdmissionRequest, deadline: Deadline) -> Decision:
        """Return the decision; everything that the object's author or the operator can mend is a refusal."""
        annotations = _annotations(request.object)
        if is_skipped(annotations):
            return Decision()
        try:
            config, warnings = configure(annotations, self._defaults, self._settings)
            if resource == "pods":
                return self._decide_pod(request, config, warnings, deadline)
            return self._decide_object(OBJECT_KINDS[resource], request, config, warnings, deadline)
        except Refused as refusal:
            return Decision(refusal=_REFUSAL + str(refusal))

    def ready(self, deadline: Deadline) -> bool:
        """Whether the API server has answered once; what happens to it later is no reason to stop serving."""
        self._was_ready = self._was_ready or self._services.cluster.ready(deadline)
        return self._was_ready

    def _decide_pod(
        self, request: AdmissionRequest, config: Config, warnings: Sequence[str], deadline: Deadline
    ) -> Decision:
        spec = request.object.get("spec") or {}
        sources = gather_sources(self._services.cluster, find_sources(spec), request.namespace, deadline)
        plan = plan_pod(spec, config, sources)
        if not plan.wrapped:
            return Decision(warnings=[*warnings, *plan.warnings])
        account = spec.get("serviceAccountName") or ""
        config = with_role(config, request.namespace, _name(request), account, account or _DEFAULT_ROLE)
        _refuse(plan.problems)
        images = self._images(spec, plan, config, request.namespace, deadline)
        new_spec, problems = mutate_pod_spec(
            spec, plan, config, Facts(sources, images), Launcher(config, self._settings)
        )
        _refuse(problems)
        return Decision(
            patch=diff(request.object, {**request.object, "spec": new_spec}),
            warnings=[*warnings, *plan.warnings, *_image_warnings(images)],
            audit={"references": ", ".join(_audit(spec, plan))},
            references=plan.references(),
        )

    def _images(
        self, spec: Document, plan: Plan, config: Config, namespace: str, deadline: Deadline
    ) -> dict[str, ImageConfig]:
        if not plan.images:
            return {}
        names = [(namespace, entry.get("name") or "") for entry in spec.get("imagePullSecrets") or ()]
        secrets = gather_pull_secrets(
            self._services.cluster, [place for place in names if place[1]], deadline
        )
        defaults = gather_pull_secrets(self._services.cluster, self._services.default_pull_secrets, deadline)
        queries = {
            str(spec[place[0]][place[1]].get("name")): ImageQuery(
                image=image,
                pull_secrets=secrets,
                pull_policy=spec[place[0]][place[1]].get("imagePullPolicy") or "",
                architectures=_architectures(spec),
                skip_verify=config.registry_skip_verify,
                default_secrets=defaults,
            )
            for place, image in plan.images.items()
        }
        return gather_images(self._services.registry, queries, deadline)

    def _decide_object(
        self,
        kind: ObjectKind,
        request: AdmissionRequest,
        config: Config,
        warnings: Sequence[str],
        deadline: Deadline,
    ) -> Decision:
        values = kind.find_values(request.object)
        if not values:
            return Decision(warnings=warnings)
        if not config.service_account:
            raise NotResolved(
                "it holds Vault references but names no identity to read them with; add the annotation "
                "vault.security.banzaicloud.io/vault-serviceaccount with a ServiceAccount of this namespace"
            )
        config = with_role(config, request.namespace, _name(request), config.service_account, _DEFAULT_ROLE)
        identity = Identity(request.namespace, config.service_account, config.role)
        resolved = self._services.vault.resolve(
            values, config, identity, self._ca(config, deadline), deadline
        )
        return Decision(
            patch=diff(request.object, kind.replace_values(request.object, resolved)),
            warnings=warnings,
            references=len(values),
        )

    def _ca(self, config: Config, deadline: Deadline) -> bytes:
        """The CA of the annotation's `vault-tls-secret`, which stands in the webhook's own namespace."""
        if not config.tls_secret:
            return b""
        found = self._services.cluster.get(
            "Secret", self._services.own_namespace, config.tls_secret, deadline
        )
        text = ((found or {}).get("data") or {}).get("ca.crt")
        if not text:
            raise NotResolved(
                f"annotation vault-tls-secret: the webhook's namespace has no Secret {config.tls_secret} with `ca.crt`"
            )
        return base64.b64decode(text)


def _image_warnings(images: Mapping[str, ImageConfig]) -> list[str]:
    return [f"image {image}: {warning}" for image, config in images.items() for warning in config.warnings]


def _refuse(problems: Sequence[str]) -> None:
    if problems:
        raise Refused("; ".join(problems))


def _annotations(document: Document) -> dict[str, str]:
    found = (document.get("metadata") or {}).get("annotations") or {}
    return {key: value for key, value in found.items() if isinstance(value, str)}


def _name(request: AdmissionRequest) -> str:
    return request.name or str((request.object.get("metadata") or {}).get("name") or "")


def _architectures(spec: Document) -> tuple[str, ...]:
    pinned = (spec.get("nodeSelector") or {}).get("kubernetes.io/arch")
    return (pinned,) if pinned else ()


def _audit(spec: Document, plan: Plan) -> Iterator[str]:
    """Which variable reads which path; never the text around a reference."""
    for (key, index), references in plan.wrapped.items():
        for variable, path in references.paths:
            yield f"{spec[key][index].get('name')}/{variable}={path}"
