"""Runs the steps of a decision with facts of the test's own: no client, no stand-in."""

from collections.abc import Mapping
from typing import Any

from vaultkube.errors import Refused
from webhook.admission.needs import Need, Steps

Facts = Mapping[type, Any]


def decided(steps: Steps[Any], facts: Facts) -> tuple[Any, list[Need]]:
    """Return the result and the needs in their order; `facts` has the answer to each type of need, or a Refused."""
    needs: list[Need] = []
    try:
        need = next(steps)
        while True:
            needs.append(need)
            fact = facts[type(need)]
            need = steps.throw(fact) if isinstance(fact, Refused) else steps.send(_fact_for(fact, need))
    except StopIteration as end:
        return end.value, needs


def _fact_for(fact: Any, need: Need) -> Any:
    return fact(need) if callable(fact) else fact
