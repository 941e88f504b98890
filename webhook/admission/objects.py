"""What is decided about a Secret or a ConfigMap: its references are replaced by what Vault holds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vaultenv.references.parts import Value
from vaultkube.deadline import Deadline
from vaultkube.documents.base64 import decoded
from vaultkube.documents.jsonpatch import diff
from vaultkube.errors import NotResolved, Refused
from vaultkube.vault.resolver import Identity
from webhook.admission.review import AdmissionRequest, Decision, audit_of
from webhook.admission.services import Services
from webhook.config import transit
from webhook.config.annotations import OBJECTS, Config, Defaults
from webhook.config.configure import configure, with_role
from webhook.config.settings import Settings
from webhook.objects import configmap, secret
from webhook.objects.references import References, find_references
from webhook.policy.paths import Asked, foreign_namespace

Document = Mapping[str, Any]

_DEFAULT_ROLE = "default"
_NO_IDENTITY = (
    "it holds Vault references ({}) but names no identity to read them with; add the annotation "
    "vault.security.banzaicloud.io/vault-serviceaccount with a ServiceAccount of this namespace"
)


@dataclass(frozen=True)
class ObjectKind:
    """How the values of one kind of object, with or without references, are found, and how they are replaced."""

    find_values: Callable[[Document], dict[str, bytes]]
    replace_values: Callable[[Document, Mapping[str, bytes]], Document]


OBJECT_KINDS = {
    "secrets": ObjectKind(secret.find_values, secret.replace_values),
    "configmaps": ObjectKind(configmap.find_values, configmap.replace_values),
}


class ObjectAdmission:
    """Decides about Secrets and ConfigMaps."""

    def __init__(self, settings: Settings, defaults: Defaults, services: Services) -> None:
        self._settings = settings
        self._defaults = defaults
        self._services = services

    def decide(
        self, resource: str, request: AdmissionRequest, annotations: Mapping[str, str], deadline: Deadline
    ) -> Decision:
        """Return the object with its values; Refused says why it cannot be."""
        kind = OBJECT_KINDS[resource]
        config, warnings = configure(annotations, self._defaults, self._settings, OBJECTS)
        references = find_references(kind.find_values(request.object), deadline)
        if not references:
            return Decision(warnings=warnings)
        warnings = (*warnings, *self._check(references, config, request.namespace))
        written = references.written() if request.dry_run else set()
        found = self._resolve(
            {key: value for key, value in references.parsed.items() if key not in written},
            config,
            request,
            deadline,
        )
        resolved = {key: value for key, value in found.items() if value is not None}
        return Decision(
            patch=diff(request.object, kind.replace_values(request.object, resolved)),
            warnings=[
                *warnings,
                *(f"dry run: {key} keeps its reference, which writes" for key in sorted(written)),
                *(f"{key} keeps its reference: its path is missing" for key in found if key not in resolved),
            ],
            audit=audit_of(f"{key}={path}" for key, path in references.asked(config)),
            references=len(references.parsed),
        )

    def _resolve(
        self, values: Mapping[str, Value], config: Config, request: AdmissionRequest, deadline: Deadline
    ) -> dict[str, bytes | None]:
        if not values:
            return {}
        config = with_role(
            config, request.namespace, request.object_name, config.service_account, _DEFAULT_ROLE
        )
        identity = Identity(request.namespace, config.service_account, config.role)
        return self._services.vault.resolve(
            values, config, identity, self._ca(config, deadline), deadline, request.dry_run
        )

    def _check(self, references: References, config: Config, namespace: str) -> Sequence[str]:
        """Return warnings; Refused names what is missing, and each path that the namespace may not name."""
        policy = self._settings.path_policy()
        vault_namespace = foreign_namespace(config.vault_namespace, self._defaults["vault_namespace"])
        limited = references.paths() if transit.is_operators(config) else references.asked(config)
        outside = policy.violations(
            (Asked(f"key {key}", path, vault_namespace) for key, path in limited), namespace
        )
        problems = [] if config.service_account else [_NO_IDENTITY.format(", ".join(references.names()))]
        problems += [f"key {key}: {problem}" for key, problem in references.problems(config)]
        problems += outside if policy.enforced else []
        if problems:
            raise Refused("; ".join(problems))
        return outside

    def _ca(self, config: Config, deadline: Deadline) -> bytes:
        """The CA of the annotation's `vault-tls-secret`, which stands in the webhook's own namespace."""
        if not config.tls_secret:
            return b""
        found = self._services.cluster.get(
            "Secret", self._services.own_namespace, config.tls_secret, deadline
        )
        ca = decoded(((found or {}).get("data") or {}).get("ca.crt"))
        if not ca:
            raise NotResolved(
                f"annotation vault-tls-secret: the webhook's namespace has no Secret {config.tls_secret} with `ca.crt`"
            )
        return ca
