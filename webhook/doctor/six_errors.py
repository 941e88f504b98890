"""Findings about the six errors of the manual, from the webhook's own answers to a Secret and a pod. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from webhook.doctor.facts import Facts, Hidden
from webhook.doctor.finding import ASK, Finding, ok, unknown, wrong
from webhook.pods.launcher import LAUNCHER

_LOGIN = "failed to request new Vault token"
_IMAGE = "cannot fetch image descriptor"
LOGIN, TRUST, ROLE, TOKEN, IMAGE, ADDRESS = (
    "1 login at Vault",
    "2 certificate of Vault",
    "3 role of the namespace",
    "4 token of the ServiceAccount",
    "5 image in its registry",
    "6 address in the pod",
)


def find_six_errors(facts: Facts) -> Iterator[Finding]:
    """Yield a finding for each of the six errors, in the manual's order."""
    yield from _login(facts)
    yield _token(facts)
    yield _image(facts)
    yield _address(facts)


def _login(facts: Facts) -> Iterator[Finding]:
    """Yield the first three findings, by the webhook's own message about its login for the Secret."""
    message = "" if facts.secret.is_accepted else facts.secret.message
    account = f"ServiceAccount {facts.place.namespace}/{facts.place.pods_account}"
    if _LOGIN not in message and _is_answered_by_vault(facts):
        done = f"the webhook logged in as {account}"
        yield from (ok(check, done) for check in (LOGIN, TRUST, ROLE))
        return
    if _LOGIN not in message:
        yield from (
            unknown(check, message, "correct the problems above first") for check in (LOGIN, TRUST, ROLE)
        )
        return
    check, remedy = _cause(message)
    for each in (LOGIN, TRUST, ROLE):
        yield wrong(each, message, remedy) if each == check else _excluded(each, check)


def _is_answered_by_vault(facts: Facts) -> bool:
    """Return whether Vault has answered the read, with a value or with the error that path or key do not exist."""
    message = facts.secret.message
    return facts.secret.is_accepted or "path not found" in message or "not found under path" in message


def _cause(message: str) -> tuple[str, str]:
    """Return the check that a failed login belongs to, and its remedy."""
    if "x509" in message or "certificate" in message:
        return (
            TRUST,
            "give the webhook Vault's CA: the setting VAULT_CACERT, or the annotation vault-tls-secret",
        )
    if "403" in message:
        remedy = (
            "the role must be bound to this namespace and ServiceAccount, and to the audience of its token: vault-webhook "
            "provision, and the annotation vault-role. Vault says the same of an auth method that does not exist: vault-path"
        )
        return ROLE, remedy
    remedy = "check the annotations vault-addr, vault-role and vault-path, and that Vault is up; then vault-webhook provision"
    return LOGIN, remedy


def _excluded(check: str, cause: str) -> Finding:
    return unknown(check, f"the login failed before: {cause}")


def _token(facts: Facts) -> Finding:
    namespace, name = facts.place.namespace, facts.place.pods_account
    if isinstance(facts.account, Hidden):
        return unknown(TOKEN, f"{facts.account.value} ServiceAccount {namespace}/{name}", ASK)
    if facts.account is None:
        return wrong(
            TOKEN, f"there is no ServiceAccount {namespace}/{name}", "name one of the namespace, or make it"
        )
    if facts.account.get("automountServiceAccountToken") is False:
        remedy = (
            "set automountServiceAccountToken: true in the ServiceAccount or in the pods that have references"
        )
        return wrong(TOKEN, f"ServiceAccount {namespace}/{name} mounts no token", remedy)
    if facts.token is None:
        return unknown(TOKEN, "you may not make a token of it", ASK)
    audiences = ", ".join(map(str, facts.token.claims.get("aud") or ()))
    return ok(TOKEN, f"it is mounted; its audience is {audiences}, which the role in Vault must have")


def _image(facts: Facts) -> Finding:
    if not facts.place.image:
        return unknown(IMAGE, "no image was named", "say --image with one that pods of the namespace have")
    if facts.pod.is_accepted:
        return ok(IMAGE, f"the webhook read the entry point of {facts.place.image}")
    if _IMAGE in facts.pod.message:
        remedy = (
            "give the ServiceAccount or the pods imagePullSecrets, or write command in the pod; "
            "vault-webhook image shows more"
        )
        return wrong(IMAGE, facts.pod.message, remedy)
    return unknown(IMAGE, facts.pod.message, "correct the problems above first")


def _address(facts: Facts) -> Finding:
    if not facts.pod.is_accepted:
        return unknown(ADDRESS, facts.pod.message, "correct the problems above first")
    container = facts.pod.document["spec"]["containers"][0]
    if (container.get("command") or [""])[0] != LAUNCHER:
        remedy = (
            "see that the namespace and its pods are not excluded: the configuration's namespaceSelector and "
            "objectSelector, the label and the annotation mutate: skip"
        )
        return wrong(ADDRESS, "the pod of the dry run did not get the launcher", remedy)
    address = _variables(container).get("VAULT_ADDR", "")
    if not address:
        return wrong(ADDRESS, "the pod has no VAULT_ADDR", "set VAULT_ADDR, or the annotation vault-addr")
    text = f"pods get VAULT_ADDR {address}; do not write {LAUNCHER} into command or args yourself"
    return ok(ADDRESS, text)


def _variables(container: Mapping[str, Any]) -> dict[str, str]:
    return {entry["name"]: entry.get("value", "") for entry in container.get("env") or ()}
