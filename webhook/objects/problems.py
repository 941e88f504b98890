"""Problems for which an object with references is refused, and warnings about it."""

from collections.abc import Iterator

from vaultenv.references.parts import LOGIN_MISPLACED, Ciphertext, Login
from vaultkube.objects import custom
from vaultkube.objects.kinds import OBJECT_KINDS
from vaultkube.objects.secret import unread_references
from vaultkube.problem import Problem, messages
from vaultkube.wire.objects import KubernetesObject
from webhook.config import transit
from webhook.config.annotations import Config
from webhook.config.misplaced import label_warnings
from webhook.config.openbao import INSTEAD, is_openbao, is_reference
from webhook.config.openbao import MARK as OPENBAO_MARK
from webhook.objects.paths import value_path
from webhook.objects.references import References

_NO_IDENTITY = (
    "it holds Vault references ({}) but names no identity to read them with; add the annotation "
    "vault.security.banzaicloud.io/vault-serviceaccount with a ServiceAccount of this namespace, or "
    "vault.security.banzaicloud.io/mutate: skip if they shall stay, as for pods that resolve them"
)
_NO_NAMESPACE = (
    "it holds Vault references ({}) but is in no namespace, and so has no ServiceAccount to read them as; keep the values "
    "in a Secret, and have the object name it"
)
_NOT_BASE64 = "the reference stays as it is, because `auth` must be base64: write the reference in base64, or username and password"


def object_problems(
    content: KubernetesObject, references: References, config: Config, namespace: str
) -> Iterator[Problem]:
    """Yield the problems of the object's references; with one of them it cannot be resolved, whatever Vault holds."""
    if references and not (namespace and config.service_account):
        labels = messages(label_warnings(content.get("metadata"))) if namespace else ()
        reason = _NO_IDENTITY if namespace else _NO_NAMESPACE
        message = "; ".join([reason.format(", ".join(references.names())), *labels])
        yield Problem("identity", ("metadata", "annotations"), message)
    misplaced = ((name, LOGIN_MISPLACED) for name in references.names_with(Login))
    for name, reason in (*references.malformed.items(), *misplaced):
        yield Problem("reference", value_path(content, name), f"key {name}: {reason}")
    for name in references.names_with(Ciphertext) if not config.transit_key else ():
        yield Problem("transit-key", value_path(content, name), f"key {name}: {transit.NO_KEY}")


def openbao_problems(resource: str, content: KubernetesObject, config: Config) -> Iterator[Problem]:
    """Yield a problem for each reference in the form of the successor's provider `bao`, if the object is for that provider."""
    if not is_openbao(config):
        return
    is_custom = resource == "objects"
    values = (
        custom.find_values(content, OPENBAO_MARK)
        if is_custom
        else OBJECT_KINDS[resource].find_values(content)
    )
    for name, value in values.items():
        if is_reference(value):
            yield Problem("reference", value_path(content, name), f"key {name}: {INSTEAD}")


def object_warnings(content: KubernetesObject, references: References) -> Iterator[Problem]:
    """Yield a warning for each value that is probably not the reference that its author meant."""
    for name, warning in references.near_misses:
        yield Problem("near-miss", value_path(content, name), f"key {name}: {warning}")
    is_secret = (content.get("apiVersion"), content.get("kind")) == ("v1", "Secret")
    for name in unread_references(content) if is_secret else ():
        yield Problem("docker-auth", value_path(content, name), f"key {name}: {_NOT_BASE64}")
