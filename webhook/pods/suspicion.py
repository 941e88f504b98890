"""Containers without a reference that may get one: a missing source is created, or a ConfigMap changes later.

The launcher starts their program too if that costs the pod nothing: without references it only starts it.
"""

from typing import NamedTuple

from vaultkube.problem import Problem
from vaultkube.wire.containers import Container
from webhook.config.annotations import Config
from webhook.pods.container import is_command_known
from webhook.pods.facts import container_sources
from webhook.pods.problems import container_problems
from webhook.pods.references import References

_OWN_VAULT = "VAULT_"


class Suspicion(NamedTuple):
    """The decision about one container, and its warnings, with paths relative to the container."""

    needs_launcher: bool
    warnings: tuple[Problem, ...] = ()


def has_sources(container: Container) -> bool:
    """Return whether the container reads variables from a ConfigMap or Secret."""
    return next(container_sources(container), None) is not None


def suspect(container: Container, references: References, config: Config, *, is_ours: bool) -> Suspicion:
    """Return whether a container without references, but with sources, gets the launcher nevertheless.

    `is_ours` is whether the pod has one of our annotations, or references. A container gets no launcher if all of its
    sources exist, and the launcher would need the registry or would remove variables of Vault from its program; in pods
    that are not ours, one of both reasons is enough.
    """
    is_free = is_command_known(container, config) and not _speaks_to_vault(references)
    if not is_free and not (references.missing and is_ours):
        return Suspicion(
            False, _warnings(references, "it starts with their values at that time: create them first")
        )
    problems = tuple(container_problems(container, references, config))
    if problems:
        return Suspicion(False, unfit_warnings(references, problems[0].message))
    return Suspicion(True)


def unfit_warnings(references: References, reason: str) -> tuple[Problem, ...]:
    """Return the warnings about a container that the launcher cannot start for this reason, with paths inside of it."""
    return _warnings(
        references,
        f"it starts with their values at that time, because vault-env cannot start it: {reason}",
    )


def unresolved_warning(problem: Problem) -> Problem:
    """Return a warning instead of the problem, for a pod without a reference yet."""
    message = f"references that a ConfigMap or Secret brings later stay as they are: {problem.message}"
    return Problem("source-missing", problem.path, message)


def _warnings(references: References, effect: str) -> tuple[Problem, ...]:
    if not references.missing:
        return ()
    message = f"not there yet: {', '.join(references.missing)}; {effect}"
    return (Problem("source-missing", (), message),)


def _speaks_to_vault(references: References) -> bool:
    """Return whether the container has variables that the launcher would remove from the program's environment."""
    return any(str(name).startswith(_OWN_VAULT) for name in (*references.names, *dict(references.steering)))
