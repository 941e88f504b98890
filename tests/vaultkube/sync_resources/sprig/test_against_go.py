"""Sprig's functions of custom objects compared with Go's text/template and Sprig v3, on thousands of calls."""

import json
import random
import subprocess
from typing import Any

import pytest

from tests.vaultenv.template import test_against_go as of_the_launcher
from tests.vaultkube.sync_resources.sprig.generator import CALLED, DATA, call
from vaultenv.basics.jsontext import loads
from vaultenv.basics.text import encoded
from vaultenv.template.errors import TemplateError
from vaultenv.template.evaluate import Evaluation
from vaultenv.template.parser import ROOT, parse_trees, undefined
from vaultenv.template.pieces import joined
from vaultenv.template.sprig import FUNCTIONS as OF_REFERENCES
from vaultenv.template.work import Work
from vaultkube.sync_resources.functions import FUNCTIONS
from vaultkube.sync_resources.sprig import FURTHER

oracle = of_the_launcher.oracle

_TEMPLATE = (
    "${$x := %s}${typeOf $x} ${printf `%%v` $x} ${if kindIs `string` $x}${printf `%%q` $x}"
    "${else if or (kindIs `slice` $x) (kindIs `map` $x)}${toJson $x}${end}"
)
_WIDER = (
    "expected string; got json.Number",
    "expected int; got int64",
    "expected int; got uint8",
    "expected map[string]interface {}; got interface {}",
    "expected map[string]interface {}; got map[string]string",
)
"""Ends of Go's errors for types that our functions accept, as docs/differences.md says; null is an empty map."""


def ours(source: str) -> str | None:
    """Return the output of our evaluator with the operator's functions; None if it refuses."""
    fields: dict[str, Any] = loads(json.dumps(DATA).encode())
    try:
        trees = parse_trees(source, FUNCTIONS, "${", "}", undefined)
        return encoded(joined(Evaluation(trees, FUNCTIONS, Work()).output(ROOT, fields))).decode()
    except TemplateError:
        return None


def differences(oracle: subprocess.Popen[str], name: str, count: int) -> list[tuple[str, object, object]]:
    """(call, Go's answer, ours) where they differ."""
    chance = random.Random(name)
    found: list[tuple[str, object, object]] = []
    for _ in range(count):
        called = call(chance, name)
        answer, printed = (
            of_the_launcher.evaluated(oracle, _TEMPLATE % called, DATA),
            ours(_TEMPLATE % called),
        )
        if answer.get("output") != printed and not answer.get("error", "").endswith(_WIDER):
            found.append((called, answer, printed))
    return found


@pytest.mark.parametrize("name", sorted(CALLED))
def test_hundreds_of_generated_calls_print_what_go_prints(oracle: subprocess.Popen[str], name: str) -> None:
    assert differences(oracle, name, 400) == []


def test_each_function_is_compared() -> None:
    assert set(FURTHER) - set(OF_REFERENCES) - CALLED == {
        "regexMatch"
    }  # Sprig's is false for a wrong pattern
