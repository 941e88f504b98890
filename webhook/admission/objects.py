"""Decisions about Secrets, ConfigMaps and custom objects: their references are replaced by values from Vault."""

from collections.abc import Mapping, Sequence

from vaultenv.references.parts import Value
from vaultenv.references.values import Transit
from vaultkube.deadline import Deadline
from vaultkube.documents.base64 import decoded
from vaultkube.documents.jsonpatch import diff
from vaultkube.errors import NotResolved, Refused
from vaultkube.kept.values import KeptLogin, Place
from vaultkube.objects.kinds import OBJECT_KINDS, ObjectKind
from vaultkube.problem import Problem, messages
from vaultkube.vault.login import FieldNames, Resolution, VaultLogin
from vaultkube.wire.objects import KubernetesObject
from webhook.admission.identity import check_identity
from webhook.admission.needs import SecretObject, Steps
from webhook.admission.review import AdmissionRequest, Decision, audit_of, refuse
from webhook.admission.sealed_references import Change, Outcome, seal
from webhook.admission.services import Services
from webhook.config import transit
from webhook.config.annotations import OBJECTS, Config, Defaults
from webhook.config.configure import configure, with_role
from webhook.config.misplaced import label_warnings, pod_key_warnings
from webhook.config.settings import Settings
from webhook.objects.paths import find_requested_paths
from webhook.objects.problems import object_problems, object_warnings, openbao_problems
from webhook.objects.references import References, find_references, references_in
from webhook.objects.refreshable import find_refreshable, is_immutable

_DEFAULT_ROLE = "default"
_BATCH_SIZE = 25
_AGAIN = (
    "{} now holds text that has the form of a reference, which the next update of the object resolves: resolve it in a "
    "pod instead, with mutate: skip here"
)
_UNCHANGED = "its references stay, and this update leaves them alone: {}"


class ObjectDecisions:
    """Decides about Secrets, ConfigMaps and custom objects."""

    def __init__(self, settings: Settings, defaults: Defaults, services: Services) -> None:
        self._settings = settings
        self._defaults = defaults
        self._own_namespace = services.own_namespace

    def decide(
        self, resource: str, request: AdmissionRequest, annotations: Mapping[str, str], deadline: Deadline
    ) -> Steps[Decision]:
        """Return the decision with the patch that puts the values in; Refused says why it cannot be made.

        An update that changes neither values nor annotations is not refused, whatever is wrong with the object.
        """
        try:
            return (yield from self._resolved(resource, request, annotations, deadline))
        except Refused as refusal:
            if not _is_unchanged(OBJECT_KINDS[resource], request):
                raise
            return Decision(warnings=[_UNCHANGED.format(refusal)])

    def _resolved(
        self, resource: str, request: AdmissionRequest, annotations: Mapping[str, str], deadline: Deadline
    ) -> Steps[Decision]:
        kind = OBJECT_KINDS[resource]
        config, problems, warnings = configure(annotations, self._defaults, self._settings, OBJECTS)
        warnings += tuple(label_warnings(request.object.get("metadata")))
        warnings += tuple(pod_key_warnings(resource, request.kind, annotations))
        refuse([*problems, *openbao_problems(resource, request.object, config)])
        references = references_in(kind, request.object, deadline)
        warnings = (*warnings, *object_warnings(request.object, references))
        if not references:
            outcome = yield from self._seal(resource, request, request.object, config, {}, None)
            return Decision(
                patch=tuple(diff(request.object, outcome.content)),
                warnings=messages((*warnings, *outcome.warnings)),
            )
        warnings = (*warnings, *self._check(request, references, config, deadline))
        yield from check_identity(request, config.service_account, self._settings.object_identity_check)
        written = references.written() if request.dry_run else set()
        read = {key: value for key, value in references.parsed.items() if key not in written}
        login, found = (yield from self._resolve(read, config, request)) if read else (None, {})
        resolved = {key: value for key, value in found.items() if value is not None}
        content = kind.replace_values(request.object, resolved)
        refreshable = find_refreshable(kind, request.object, config)
        texts = refreshable.resolved_in(kind, content)
        outcome = yield from self._seal(resource, request, content, config, texts, login)
        warnings += (*refreshable.warnings, *outcome.warnings)
        return Decision(
            patch=diff(request.object, outcome.content),
            warnings=[
                *messages(warnings),
                *(f"dry run: {key} keeps its reference, which writes" for key in sorted(written)),
                *(_left(key, read[key]) for key in found if key not in resolved),
                *map(_AGAIN.format, find_references(resolved, deadline).names()),
            ],
            audit=audit_of(f"{key}={path}" for key, path in references.requested(config)),
            references=len(references.parsed),
        )

    def _seal(
        self,
        resource: str,
        request: AdmissionRequest,
        content: KubernetesObject,
        config: Config,
        texts: Mapping[str, str],
        login: VaultLogin | None,
    ) -> Steps[Outcome]:
        """Return the object with the annotation of its kept references; `texts` are the references of this review."""
        name, kind = request.resource or resource, OBJECT_KINDS[resource]
        change = Change(
            content,
            request.old_object,
            kind,
            Place(name, request.namespace, request.object_name),
            0 if is_immutable(kind, content) else config.refresh_after_s,
            texts if login else {},
            _sealed_login(login, config.tls_secret) if login and texts else None,
        )
        return (yield from seal(change, self._own_namespace))

    def _resolve(
        self, values: Mapping[str, Value], config: Config, request: AdmissionRequest
    ) -> Steps[tuple[VaultLogin, dict[str, bytes | None]]]:
        account = config.service_account
        config, problems = with_role(config, request.namespace, request.object_name, account, _DEFAULT_ROLE)
        refuse(problems)
        login = _login(config, request.namespace, (yield from self._ca(config)))
        found: dict[str, bytes | None] = yield Resolution(
            values, login, _transit(config), config.ignore_missing, request.dry_run
        )
        return login, found

    def _check(
        self, request: AdmissionRequest, references: References, config: Config, deadline: Deadline
    ) -> Sequence[Problem]:
        """Return the warnings; Refused has the problems, and each path that the namespace is not allowed to request."""
        content, policy = request.object, self._settings.path_policy()
        requested = find_requested_paths(content, references, config, self._defaults["vault_namespace"])
        outside = policy.violations(requested, request.namespace, deadline)
        problems = object_problems(content, references, config, request.namespace)
        refuse([*problems, *(outside if policy.enforced else ())])
        return outside

    def _ca(self, config: Config) -> Steps[bytes]:
        """Return the CA of the annotation `vault-tls-secret`; it names a Secret in the webhook's own namespace."""
        if not config.tls_secret:
            return b""
        found = yield SecretObject(self._own_namespace, config.tls_secret)
        ca = decoded(((found or {}).get("data") or {}).get("ca.crt"))
        if not ca:
            raise NotResolved(
                f"annotation vault-tls-secret: the webhook's namespace has no Secret {config.tls_secret} with `ca.crt`"
            )
        return ca


def _left(key: str, value: Value) -> str:
    """Return the warning about a value that keeps its reference, because its secret does not exist and need not."""
    if any(term.default is not None for term in value.terms()):
        return f"{key} keeps its reference, which is optional: its path, key or version is missing"
    return f"{key} keeps its reference: its path is missing"


def _is_unchanged(kind: ObjectKind, request: AdmissionRequest) -> bool:
    """Return whether an update changes no value and no annotation.

    Controllers send such updates for owners or finalizers.
    """
    before, after = request.old_object, request.object
    if not before:
        return False
    annotations = [(content.get("metadata") or {}).get("annotations") for content in (before, after)]
    return annotations[0] == annotations[1] and kind.find_values(before) == kind.find_values(after)


def _login(config: Config, namespace: str, ca: bytes) -> VaultLogin:
    return VaultLogin(
        address=config.address,
        mount=config.path,
        role=config.role,
        namespace=namespace,
        service_account=config.service_account,
        names=_names(config),
        vault_namespace=config.vault_namespace,
        audience=config.token_audience,
        ca=ca,
        skip_verify=config.skip_verify,
    )


def _sealed_login(login: VaultLogin, tls_secret: str) -> KeptLogin:
    return KeptLogin(
        address=login.address,
        auth_path=login.mount,
        role=login.role,
        service_account=login.service_account,
        vault_namespace=login.vault_namespace,
        audience=login.audience,
        tls_secret=tls_secret,
        skip_verify=login.skip_verify,
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
