"""Each problem in the source has its rule in the table, and each rule of the table is used."""

import ast
from collections.abc import Iterator
from pathlib import Path

import vaultkube
import webhook
from webhook.offline.checks.rules import BY_ID, ORIGINS, RULES, SEVERITIES

SOURCES = [Path(package.__file__).parent for package in (vaultkube, webhook)]
WITHOUT_OBJECT = {"not-yaml"}
"""Rules of findings about a file that holds no object."""


def rules_of_problems() -> Iterator[tuple[str, set[str]]]:
    """Place and possible rules of each call of `Problem` in the source."""
    for file in (file for folder in SOURCES for file in folder.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Problem":
                texts = {part.value for part in ast.walk(node.args[0]) if isinstance(part, ast.Constant)}
                yield f"{file.name}:{node.lineno}", {text for text in texts if isinstance(text, str)}


def test_every_call_names_its_rule() -> None:
    assert [place for place, rules in rules_of_problems() if not rules] == []


def test_every_rule_is_yielded_and_every_yielded_rule_is_in_the_table() -> None:
    yielded = set().union(*(rules for _, rules in rules_of_problems()))
    assert yielded | WITHOUT_OBJECT == BY_ID.keys()


def test_rules_have_names_of_their_own() -> None:
    assert len(BY_ID) == len(RULES) + sum(map(len, ORIGINS.values()))
    assert {rule.severity for rule in BY_ID.values()} == set(SEVERITIES)
    assert all(rule.remedy for rule in BY_ID.values())
