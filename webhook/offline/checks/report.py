"""Findings as text for people, as JSON, and as SARIF 2.1.0 for code hosts.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

import json
from collections.abc import Callable, Mapping, Sequence

import vaultenv
from vaultkube.printable import printable
from webhook.offline.checks.finding import Finding
from webhook.offline.checks.rules import BY_ID, SEVERITIES

Findings = Sequence[Finding]

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def text(findings: Findings) -> str:
    """Return one line for each finding, another with its remedy, and a summary."""
    lines = []
    for found in findings:
        about = f"{found.object}: " if found.object else ""
        place = f"{found.file}:{found.line}: {found.rule.severity}: {about}{found.path or '(document)'}"
        lines.append(printable(f"{place}: {found.message} [{found.rule_id}]"))
        lines.append(f"    {found.rule.remedy}")
    counts = (_counted(_count(findings, severity), severity) for severity in SEVERITIES)
    return "\n".join([*lines, ", ".join(counts)]) + "\n"


def as_json(findings: Findings) -> str:
    """Return an object with the findings and their number by severity."""
    content = {
        "findings": [
            {
                "file": found.file,
                "line": found.line,
                "path": found.path,
                "severity": found.rule.severity,
                "rule": found.rule_id,
                "object": found.object,
                "message": found.message,
                "remedy": found.rule.remedy,
            }
            for found in findings
        ],
        "summary": {severity: _count(findings, severity) for severity in SEVERITIES},
    }
    return json.dumps(content, indent=2) + "\n"


def sarif(findings: Findings) -> str:
    """Return a SARIF log with one run."""
    rules = [
        {
            "id": rule.id,
            "shortDescription": {"text": rule.title},
            "help": {"text": rule.remedy},
            "defaultConfiguration": {"level": rule.severity},
        }
        for rule in BY_ID.values()
    ]
    driver = {"name": "vault-webhook check", "version": vaultenv.__version__, "rules": rules}
    run = {"tool": {"driver": driver}, "results": [_result(found) for found in findings]}
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


OUTPUTS: Mapping[str, Callable[[Findings], str]] = {"text": text, "json": as_json, "sarif": sarif}


def _result(found: Finding) -> dict[str, object]:
    place = {"artifactLocation": {"uri": found.file}, "region": {"startLine": found.line}}
    about = {"fullyQualifiedName": f"{found.object}: {found.path}", "kind": "member"}
    return {
        "ruleId": found.rule_id,
        "level": found.rule.severity,
        "message": {"text": f"{found.message}. {found.rule.remedy}"},
        "locations": [{"physicalLocation": place, "logicalLocations": [about]}],
    }


def _count(findings: Findings, severity: str) -> int:
    return sum(found.rule.severity == severity for found in findings)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
