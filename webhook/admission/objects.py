"""Decisions about Secrets and ConfigMaps: their references are replaced by values of Vault."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vaultenv.references.invisible import INVISIBLE_END
from vaultenv.references.parts import Value
from vaultenv.references.resolve import Transit
from vaultkube.deadline import Deadline
from vaultkube.documents.base64 import decoded
from vaultkube.documents.jsonpatch import diff
from vaultkube.errors import NotResolved, Refused
from vaultkube.vault.login import FieldNames, Resolution, VaultLogin
from webhook.admission.needs import SecretObject, Steps
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


_BATCH_SIZE = 25


@dataclass(frozen=True)
class ObjectKind:
    """How the values of one kind of object, with or without references, are found, and how they are replaced."""

    find_values: Callable[[Document], dict[str, bytes]]
    replace_values: Callable[[Document, Mapping[str, bytes]], Document]


OBJECT_KINDS = {
    "secrets": ObjectKind(secret.find_values, secret.replace_values),
    "configmaps": ObjectKind(configmap.find_values, configmap.replace_values),
}


class ObjectDecisions:
    """Decides about Secrets and ConfigMaps."""

    def __init__(self, settings: Settings, defaults: Defaults, services: Services) -> None:
        self._settings = settings
        self._defaults = defaults
        self._own_namespace = services.own_namespace

    def decide(
        self, resource: str, request: AdmissionRequest, annotations: Mapping[str, str], deadline: Deadline
    ) -> Steps[Decision]:
        """Return the object with its values; Refused says why it cannot be."""
        kind = OBJECT_KINDS[resource]
        config, warnings = configure(annotations, self._defaults, self._settings, OBJECTS)
        values = kind.find_values(request.object)
        references = find_references(values, deadline, is_secret=resource == "secrets")
        warnings = (*warnings, *(f"key {key}: {INVISIBLE_END}" for key in references.invisible))
        if not references:
            return Decision(warnings=warnings)
        warnings = (*warnings, *self._check(references, config, request.namespace))
        written = references.written() if request.dry_run else set()
        read = {key: value for key, value in references.parsed.items() if key not in written}
        found = yield from self._resolve(read, config, request)
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
        self, values: Mapping[str, Value], config: Config, request: AdmissionRequest
    ) -> Steps[dict[str, bytes | None]]:
        if not values:
            return {}
        ca = yield from self._ca(config)
        found: dict[str, bytes | None] = yield Resolution(
            values, _login(config, request, ca), _transit(config), config.ignore_missing, request.dry_run
        )
        return found

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

    def _ca(self, config: Config) -> Steps[bytes]:
        """Return the CA of the annotation's `vault-tls-secret`, which stands in the webhook's own namespace."""
        if not config.tls_secret:
            return b""
        found = yield SecretObject(self._own_namespace, config.tls_secret)
        ca = decoded(((found or {}).get("data") or {}).get("ca.crt"))
        if not ca:
            raise NotResolved(
                f"annotation vault-tls-secret: the webhook's namespace has no Secret {config.tls_secret} with `ca.crt`"
            )
        return ca


def _login(config: Config, request: AdmissionRequest, ca: bytes) -> VaultLogin:
    account = config.service_account
    role = with_role(config, request.namespace, request.object_name, account, _DEFAULT_ROLE).role
    return VaultLogin(
        address=config.address,
        mount=config.path,
        role=role,
        namespace=request.namespace,
        service_account=account,
        names=_names(config),
        vault_namespace=config.vault_namespace,
        audience=config.token_audience,
        ca=ca,
        skip_verify=config.skip_verify,
    )


def _names(config: Config) -> FieldNames:
    return FieldNames(
        address="annotation vault-addr",
        mount="annotation vault-path",
        role="annotation vault-role",
        service_account="annotation vault-serviceaccount",
        identity="annotations vault-role, vault-path and vault-serviceaccount",
        ca=f"annotation vault-tls-secret: `ca.crt` of Secret {config.tls_secret}",
        ca_remedy="name a Secret of the webhook's namespace with the CA as `ca.crt` in the annotation vault-tls-secret",
    )


def _transit(config: Config) -> Transit:
    if not config.transit_key:
        return Transit()
    return Transit(
        config.transit_key,
        config.transit_path or transit.DEFAULT_MOUNT,
        config.transit_batch_size or _BATCH_SIZE,
    )
