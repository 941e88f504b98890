"""The roles of a pod's logins, rendered: of its launchers, its agent and its helpers."""

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple, TypeVar

from vaultkube.problem import Problem
from webhook.admission.review import AdmissionRequest
from webhook.config.configure import with_role
from webhook.pods.agent_role import Agent
from webhook.pods.facts import Place
from webhook.pods.families import PodPlan
from webhook.pods.helper_containers import Helpers
from webhook.pods.launcher import Launcher
from webhook.pods.plan import Part
from webhook.pods.warnings import DEFAULT_ROLE

_Own = TypeVar("_Own", Agent, Helpers)


class Added(NamedTuple):
    """All that a pod gets: the parts with a launcher, the agent and the helpers, each with its role."""

    parts: Sequence[Part]
    agent: Agent | None
    helpers: Helpers | None

    def without(self, places: Collection[Place]) -> "Added":
        """Return the same without the launchers of these containers."""
        return self._replace(parts=[part.without(places) for part in self.parts])


def with_roles(request: AdmissionRequest, planned: PodPlan) -> tuple[Added, Sequence[Problem]]:
    """Return all that the plan adds, with the roles rendered, and the problems of roles that cannot be."""
    parts, problems = _parts(request, planned.parts)
    agent, agent_problems = _with_own_role(request, planned.agent)
    helpers, helper_problems = _with_own_role(request, planned.helpers)
    return Added(parts, agent, helpers), [*problems, *agent_problems, *helper_problems]


def _parts(request: AdmissionRequest, parts: Iterable[Part]) -> tuple[list[Part], list[Problem]]:
    """Return the parts that get a launcher with their roles rendered, and the problems of roles that cannot be."""
    rendered: list[Part] = []
    problems: list[Problem] = []
    for part in parts:
        if part.plan.wrapped:
            launcher, found = _with_role(request, part.launcher)
            problems += found
            rendered.append(part if launcher is part.launcher else Part(part.plan, launcher))
    return rendered, problems


def _with_own_role(request: AdmissionRequest, added: _Own | None) -> tuple[_Own | None, Iterable[Problem]]:
    """Return an agent or helpers with the role rendered."""
    if added is None:
        return None, ()
    launcher, problems = _with_role(request, added.launcher)
    return added._replace(launcher=launcher), problems


def _with_role(request: AdmissionRequest, launcher: Launcher) -> tuple[Launcher, Iterable[Problem]]:
    """Return the launcher with its role rendered, by default the pod's ServiceAccount, and the role's problems."""
    config, account = launcher.config, request.object["spec"].get("serviceAccountName") or ""
    named = config.service_account if "service_account" in config.annotated else account
    config, problems = with_role(
        config, request.namespace, request.object_name, named, account or DEFAULT_ROLE
    )
    return launcher.with_config(config), problems
