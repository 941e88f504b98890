"""Findings about the installation: its configuration, the way to it, its rights, and the clock. Pure."""

import base64
import datetime
from collections.abc import Iterator, Mapping
from typing import Any

from cryptography import x509

from webhook.doctor.facts import Facts, Hidden
from webhook.doctor.finding import ASK, Finding, State, ok, unknown, wrong
from webhook.doctor.rights import rights_for

_CALL_FAILED = "failed calling webhook"
_CLOCK_S = 60.0


def find_in_installation(facts: Facts) -> Iterator[Finding]:
    """Yield the findings, in the order in which an operator would check."""
    yield _deployment(facts)
    yield from _configuration(facts)
    yield _reached(facts)
    yield from _rights(facts)
    yield _clock(facts)


def _deployment(facts: Facts) -> Finding:
    place, check = facts.place, "pods of the webhook"
    name = f"Deployment {place.webhook_namespace}/{place.webhook_name}"
    if isinstance(facts.deployment, Hidden):
        return unknown(check, f"{facts.deployment.value} {name}", ASK)
    if facts.deployment is None:
        return wrong(
            check, f"there is no {name}", "install it, or say --webhook-namespace and --webhook-name"
        )
    wanted = facts.deployment["spec"].get("replicas", 1)
    ready = (facts.deployment.get("status") or {}).get("readyReplicas", 0)
    if ready < wanted:
        remedy = f"kubectl --namespace {place.webhook_namespace} describe pods, and logs deploy/{place.webhook_name}"
        return wrong(check, f"{ready} of {wanted} of {name} are ready", remedy)
    return ok(check, f"{ready} of {wanted} are ready")


def _configuration(facts: Facts) -> Iterator[Finding]:
    name, check = facts.place.webhook_name, "webhook configuration"
    if isinstance(facts.configuration, Hidden):
        yield unknown(check, f"{facts.configuration.value} MutatingWebhookConfiguration {name}", ASK)
        return
    if facts.configuration is None:
        remedy = "apply manifests/base or install the chart; with certificates from files: vault-webhook certificate | kubectl apply -f -"
        yield wrong(check, f"there is no MutatingWebhookConfiguration {name}", remedy)
        return
    webhooks = facts.configuration.get("webhooks") or []
    yield ok(check, f"{', '.join(str(webhook['name']) for webhook in webhooks)}")
    if idle := [str(webhook["name"]) for webhook in webhooks if not webhook.get("rules")]:
        remedy = "the webhook fills rules in some seconds after it serves: see its log, and its right to update the configuration"
        yield wrong(check, f"nothing is sent to {', '.join(idle)}, which have no rules", remedy)
    for webhook in webhooks:
        yield _trust(str(webhook["name"]), webhook["clientConfig"])
    services = [
        webhook["clientConfig"]["service"] for webhook in webhooks if "service" in webhook["clientConfig"]
    ]
    if services and not isinstance(facts.service, Mapping):
        called = f"Service {services[0]['namespace']}/{services[0]['name']}"
        if isinstance(facts.service, Hidden):
            yield unknown("Service", f"{facts.service.value} {called}", ASK)
        else:
            yield wrong("Service", f"there is no {called}", "apply the manifests again")


def _trust(name: str, client: Mapping[str, Any]) -> Finding:
    check = f"caBundle of {name}"
    try:
        bundle = base64.b64decode(client.get("caBundle") or "", validate=True)
        certificates = x509.load_pem_x509_certificates(bundle)
    except ValueError:
        remedy = "the webhook fills it in some seconds after it serves (see its log); with files: vault-webhook certificate"
        return wrong(check, "it holds no certificate", remedy)
    ends = max(certificate.not_valid_after_utc for certificate in certificates)
    if ends < datetime.datetime.now(datetime.UTC):
        return wrong(
            check,
            f"it ended on {ends:%Y-%m-%d}",
            "see in the webhook's log why it is not renewed; with files: vault-webhook certificate",
        )
    return ok(check, f"valid until {ends:%Y-%m-%d}")


def _reached(facts: Facts) -> Finding:
    check, answer = "API server to webhook", facts.plain
    if answer.is_accepted:
        return ok(check, f"a Secret in {facts.place.namespace} was accepted (dry run)")
    if _CALL_FAILED not in answer.message:
        remedy = "check other admission webhooks and policies of the cluster, and your own rights"
        return unknown(check, answer.message, remedy)
    return wrong(check, answer.message, _way(answer.message))


def _way(message: str) -> str:
    """Return the remedy for a webhook that the API server does not reach."""
    if "x509" in message:
        return "the serving certificate and caBundle do not fit: see the webhook's log; with files renew both: vault-webhook certificate"
    if "no endpoints available" in message or "not found" in message:
        return "no pod of the webhook is ready behind the Service"
    if "deadline exceeded" in message or "timeout" in message.lower():
        return "a firewall or NetworkPolicy between API server and pods: let it reach the port of the webhook's container"
    return "see that the Service selects the webhook's pods, and their log"


def _rights(facts: Facts) -> Iterator[Finding]:
    if not facts.rights:
        yield unknown("rights", "you may not ask about the rights of others", ASK)
        return
    effects = rights_for(facts.place.namespace)
    missing = [right for right, allowed in facts.rights.items() if not allowed]
    for right in missing:
        remedy = "if that is not wanted, bind the ClusterRole that has it: docs/security.md"
        yield Finding("rights", State.WARNING, f"the webhook may not {right}: {effects[right]}", remedy)
    if not missing:
        yield ok("rights", f"the webhook has all {len(facts.rights)} for {facts.place.namespace}")


def _clock(facts: Facts) -> Finding:
    check = "clock"
    if facts.token is None:
        return unknown(check, "no token shows the API server's time")
    difference_s = facts.token.claims["iat"] - facts.token.requested_at
    if abs(difference_s) <= _CLOCK_S:
        return ok(check, "this machine and the API server differ by less than a minute")
    text = f"the API server's clock is {abs(difference_s):.0f} s {'ahead of' if difference_s > 0 else 'behind'} this machine's"
    remedy = "set both by NTP: whoever verifies a certificate or token uses its own clock"
    return wrong(check, text, remedy)
