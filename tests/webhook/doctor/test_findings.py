"""Findings from facts that a good installation does not show."""

import base64
import re
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import pytest

from vaultkube.apiserver.access import Right
from vaultkube.errors import MissingRight
from webhook.certificates.making import make_certificate
from webhook.doctor.facts import Answer, Facts, Hidden, Place, Token
from webhook.doctor.finding import Finding, State
from webhook.doctor.gather import gather
from webhook.doctor.installation import find_in_installation
from webhook.doctor.report import report
from webhook.doctor.rights import rights_for
from webhook.doctor.six_errors import find_six_errors

PLACE = Place("vault-webhook", "vault-webhook", "vault-webhook", "shop", image="app:1")
CA = base64.b64encode(make_certificate(["vault-webhook.vault-webhook.svc"], 365).ca).decode()
ACCEPTED = Answer(201, {})
AUDIENCE = "https://kubernetes.default.svc.cluster.local"


def configuration(ca: bytes) -> dict[str, Any]:
    service = {"name": "vault-webhook", "namespace": "vault-webhook"}
    client = {"caBundle": base64.b64encode(ca).decode(), "service": service}
    return {"webhooks": [{"name": "pods.vault-webhook.svc", "clientConfig": client, "rules": [{}]}]}


@pytest.fixture(scope="module")
def good() -> Facts:
    container = {
        "name": "probe",
        "command": ["/vault/vault-env"],
        "env": [{"name": "VAULT_ADDR", "value": "https://v"}],
    }
    return Facts(
        place=PLACE,
        configuration=configuration(make_certificate(["vault-webhook.vault-webhook.svc"], 365).ca),
        service={},
        deployment={"spec": {"replicas": 2}, "status": {"readyReplicas": 2}},
        account={},
        rights=dict.fromkeys(rights_for("shop"), True),
        plain=ACCEPTED,
        secret=ACCEPTED,
        pod=Answer(201, {"spec": {"containers": [container]}}),
        token=Token({"iat": 1000, "aud": [AUDIENCE]}, 1000.0),
    )


def refused(message: str) -> Answer:
    return Answer(403, {"message": message})


def found(facts: Facts) -> list[Finding]:
    """Return all findings except good ones."""
    every = [*find_in_installation(facts), *find_six_errors(facts)]
    return [finding for finding in every if finding.state is not State.OK]


def test_a_good_installation_has_only_good_findings(good: Facts) -> None:
    assert found(good) == []


@pytest.mark.parametrize(
    ("changed", "check", "remedy"),
    [
        ({"deployment": None}, "pods of the webhook", "install it"),
        (
            {"deployment": {"spec": {"replicas": 2}, "status": {"readyReplicas": 1}}},
            "pods of the webhook",
            "logs",
        ),
        ({"configuration": None}, "webhook configuration", "vault-webhook certificate"),
        ({"configuration": configuration(b"")}, "caBundle of pods.vault-webhook.svc", "fills it in"),
        (
            {"configuration": {"webhooks": [{"name": "pods", "clientConfig": {"caBundle": CA}}]}},
            "webhook configuration",
            "fills rules in",
        ),
        ({"service": None}, "Service", "apply"),
        (
            {"plain": refused("failed calling webhook: x509: unknown authority")},
            "API server to webhook",
            "renew both",
        ),
        (
            {"plain": refused("failed calling webhook: no endpoints available for service")},
            "API server to webhook",
            "no pod of the webhook is ready",
        ),
        (
            {"plain": refused("failed calling webhook: context deadline exceeded")},
            "API server to webhook",
            "NetworkPolicy",
        ),
        ({"token": Token({"iat": 1000 + 86400}, 1000.0)}, "clock", "NTP"),
        ({"account": {"automountServiceAccountToken": False}}, "4 token of the ServiceAccount", "automount"),
        ({"account": None}, "4 token of the ServiceAccount", "make it"),
        (
            {"pod": Answer(201, {"spec": {"containers": [{"command": ["/app"]}]}})},
            "6 address in the pod",
            "namespaceSelector",
        ),
        (
            {"pod": Answer(201, {"spec": {"containers": [{"command": ["/vault/vault-env"]}]}})},
            "6 address in the pod",
            "vault-addr",
        ),
    ],
)
def test_each_fault_is_wrong_with_its_remedy(
    good: Facts, changed: dict[str, Any], check: str, remedy: str
) -> None:
    (finding,) = [each for each in found(replace(good, **changed)) if each.state is State.WRONG]
    assert finding.check == check
    assert remedy in finding.remedy


def test_a_ca_that_has_ended_is_wrong(good: Facts) -> None:
    ended = make_certificate(["vault-webhook.vault-webhook.svc"], 0).ca
    (finding,) = found(replace(good, configuration=configuration(ended)))
    assert (finding.state, finding.text[:12]) == (State.WRONG, "it ended on ")


@pytest.mark.parametrize(
    ("message", "check"),
    [
        ("failed to request new Vault token: x: 400 refused; check", "1 login at Vault"),
        ("failed to request new Vault token: x: connection refused; check", "1 login at Vault"),
        ("failed to request new Vault token: x509: signed by unknown authority", "2 certificate of Vault"),
        ("failed to request new Vault token: x: 403 permission denied", "3 role of the namespace"),
    ],
)
def test_a_failed_login_is_one_error_and_leaves_the_others_open(
    good: Facts, message: str, check: str
) -> None:
    findings = found(replace(good, secret=refused(message)))
    assert [each.check for each in findings if each.state is State.WRONG] == [check]
    assert [each.state for each in findings].count(State.UNKNOWN) == 2


def test_a_path_that_is_not_there_shows_that_the_login_works(good: Facts) -> None:
    assert found(replace(good, secret=refused("path not found: secret/data/shop"))) == []


def test_a_refusal_for_another_reason_leaves_the_login_open(good: Facts) -> None:
    findings = found(replace(good, secret=refused("the webhook may not create serviceaccounts/token")))
    assert {each.state for each in findings} == {State.UNKNOWN}


def test_a_missing_right_is_a_warning_with_its_consequence(good: Facts) -> None:
    right = Right("list", "nodes")
    (finding,) = found(replace(good, rights={**good.rights, right: False}))
    assert finding.state is State.WARNING
    assert "the webhook may not list nodes: every pod gets the init container" in finding.text


def test_checks_without_rights_are_unknown(good: Facts) -> None:
    states = {each.check: each.state for each in found(replace(good, rights={}, token=None))}
    assert states == dict.fromkeys(["rights", "clock", "4 token of the ServiceAccount"], State.UNKNOWN)


def test_the_page_has_a_row_for_each_check_and_no_other(good: Facts) -> None:
    page = (Path(__file__).parents[3] / "docs/doctor.md").read_text()
    _, *rows = re.findall(r"^\| ([^|]+) \| [^-]", page, re.MULTILINE)
    broken = replace(good, service=None)
    checks = [*find_in_installation(broken), *find_six_errors(broken)]
    assert [name for row in rows for name in row.split(", ")] == list(
        dict.fromkeys(check.check.partition(" of pods.")[0] for check in checks)
    )


@pytest.mark.parametrize(
    ("field", "check"),
    [
        ("deployment", "pods of the webhook"),
        ("configuration", "webhook configuration"),
        ("service", "Service"),
        ("account", "4 token of the ServiceAccount"),
    ],
)
def test_an_object_that_a_person_may_not_read_is_not_known(good: Facts, field: str, check: str) -> None:
    changed: dict[str, Any] = {field: Hidden.HIDDEN}
    (finding,) = found(replace(good, **changed))
    assert (finding.check, finding.state) == (check, State.UNKNOWN)
    assert finding.text.startswith("you may not read")


class OwnNamespaceOnly:
    """An API server, asked by a person who may create Secrets and pods in a namespace of their own, and no more."""

    def get(self, *_arguments: object) -> NoReturn:
        raise MissingRight("you may not")

    read = is_allowed = create_token = get

    def dry_run(self, *_arguments: object) -> tuple[int, dict[str, Any]]:
        return 201, {"spec": {"containers": [{"command": ["/app"]}]}}


def test_a_person_with_the_rights_of_a_namespace_gets_what_the_dry_runs_tell() -> None:
    states = {each.check: each.state for each in found(gather(OwnNamespaceOnly(), PLACE))}
    assert states.pop("6 address in the pod") is State.WRONG
    assert set(states.values()) == {State.UNKNOWN}
    assert "1 login at Vault" not in states


def test_a_report_has_a_remedy_below_each_finding_and_nothing_of_a_terminal() -> None:
    text = report([Finding("clock", State.WRONG, "a day\x1b[31m", "NTP")], colours=False)
    assert text == "WRONG    clock: a day\\x1b[31m\n         do: NTP\n"
    assert report([Finding("clock", State.OK, "x")], colours=True).startswith("\x1b[32mok     \x1b[0m")
