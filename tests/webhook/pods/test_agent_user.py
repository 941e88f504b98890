"""The agent's user: as annotated, or the program's."""

from typing import Any

import pytest

from tests.webhook.pods.filing import by_name, changed, problems_of
from tests.webhook.pods.specs import container, spec_of

SAME = {"agent-run-as-same-user": "true"}


def user_of(spec: dict[str, Any], annotations: dict[str, str]) -> tuple[int, int]:
    context = by_name(changed(spec, annotations), "vault-agent")["securityContext"]
    return context["runAsUser"], context["runAsGroup"]


def test_the_user_of_the_first_container_is_used_when_annotated() -> None:
    first = container(securityContext={"runAsUser": 2000, "runAsGroup": 3000})
    assert user_of(spec_of(first, container(name="b", securityContext={"runAsUser": 9})), SAME) == (
        2000,
        3000,
    )
    assert user_of(spec_of(first), {}) == (100, 1000)
    annotated = {**SAME, "agent-run-as-user": "5", "agent-run-as-group": "6"}
    assert user_of(spec_of(first), annotated) == (2000, 6)


def test_the_pods_user_is_that_of_a_container_without_one() -> None:
    of_pod = {"securityContext": {"runAsUser": 5, "runAsGroup": 6}}
    assert user_of(spec_of(container(), **of_pod), SAME) == (5, 6)
    own = container(securityContext={"runAsUser": 2000})
    assert user_of(spec_of(own, **of_pod), SAME) == (2000, 6)
    assert user_of(spec_of(own), SAME) == (2000, 1000)


@pytest.mark.parametrize(
    ("context", "message"), [({}, "has no securityContext.runAsUser"), ({"runAsUser": 0}, "runs as root")]
)
def test_a_program_without_a_user_or_with_root_is_refused(context: dict[str, int], message: str) -> None:
    (found,) = problems_of(spec_of(container(securityContext=context)), SAME)
    assert found.startswith("annotation vault.hashicorp.com/agent-run-as-same-user: ")
    assert message in found
    assert (
        problems_of(spec_of(container(securityContext=context)), {**SAME, "agent-set-security-context": "0"})
        == ()
    )
