"""The two families of annotations on one pod, ours and HashiCorp's: launchers in containers, an agent beside them."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from vaultkube.deadline import UNLIMITED, Deadline
from vaultkube.policy.paths import RequestedPath
from vaultkube.problem import Problem
from vaultkube.wire.pods import PodSpec
from webhook.config.annotations import Config, Defaults
from webhook.config.configure import configure
from webhook.config.hashicorp.exec_mode import LOGIN_FIELDS, ExecMode, gate_warnings, read_exec_mode
from webhook.config.hashicorp.file_mode import FileMode, is_served, read_file_mode
from webhook.config.helpers import two_families, without_helpers
from webhook.config.settings import Settings
from webhook.pods.agent_role import Agent
from webhook.pods.environment import Sources
from webhook.pods.exec_mode import (
    exec_problems,
    exec_warnings,
    find_targets,
    served_by_another,
    two_volumes,
    with_program,
)
from webhook.pods.file_mode import (
    file_problems,
    file_warnings,
    find_agent,
    has_agent,
    mount_secrets,
    served_already,
    too_many_mounts,
)
from webhook.pods.helper_containers import Helpers
from webhook.pods.helpers import (
    find_helpers,
    has_token,
    is_needed,
    mount_files,
    problems_of_helpers,
)
from webhook.pods.launcher import Launcher
from webhook.pods.nodes import is_windows
from webhook.pods.paths import find_agent_paths, find_requested_paths
from webhook.pods.plan import WINDOWS, Part, Plan, joined
from webhook.pods.pod import own_places, plan_pod


class ExecLauncher(NamedTuple):
    """The annotated exec mode, and the launcher with its configuration."""

    mode: ExecMode
    launcher: Launcher


class FileLauncher(NamedTuple):
    """The annotated file mode, and the launcher with its configuration."""

    mode: FileMode
    launcher: Launcher


class ConfiguredPod(NamedTuple):
    """The launcher that our annotations configure, their problems and warnings, and HashiCorp's exec or file mode."""

    launcher: Launcher
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    added: ExecLauncher | FileLauncher | None


class PodPlan(NamedTuple):
    """The plan of a pod: its PodSpec, and its parts, each with a login of its own.

    The PodSpec has the program of exec mode or the mounts of file mode already. `agent` writes files for its
    containers; `helpers` are those of Bank-Vaults' annotations. `whole` is the plan of all containers, with the
    problems and warnings between the parts too.
    """

    spec: PodSpec
    parts: tuple[Part, ...]
    whole: Plan
    is_exec: bool = False
    agent: Agent | None = None
    helpers: Helpers | None = None

    @property
    def is_needed(self) -> bool:
        """Return whether the pod changes."""
        return bool(self.whole.wrapped or self.agent or self.helpers)

    def configs(self) -> Iterator[Config]:
        """Yield the configuration of each login."""
        yield from (part.config for part in self.parts)
        if self.agent:
            yield self.agent.launcher.config
        if self.helpers:
            yield self.helpers.config

    def requested_paths(self, operators_namespace: str) -> Iterator[RequestedPath]:
        """Yield every path of Vault that the containers may read or write."""
        for part in self.parts:
            yield from find_requested_paths(self.spec, part.plan, part.config, operators_namespace)
        if self.agent:
            yield from find_agent_paths(self.agent.mode, operators_namespace)
        if self.helpers:
            yield from self.helpers.requested_paths()


def configure_pod(annotations: Mapping[str, str], defaults: Defaults, settings: Settings) -> ConfiguredPod:
    """Return the configuration of a pod with these annotations."""
    config, problems, warnings = configure(annotations, defaults, settings)
    launcher = Launcher(config, settings)
    added = _added(annotations, launcher, defaults)
    if added is None:
        if is_served(annotations) and "use_agent" not in config.annotated:
            launcher = launcher.with_config(replace(config, use_agent=False))
        return ConfiguredPod(launcher, problems, (*warnings, *gate_warnings(annotations)), None)
    problems = (*problems, *two_families(config))
    return ConfiguredPod(launcher.with_config(without_helpers(config)), problems, warnings, added)


def _added(
    annotations: Mapping[str, str], own: Launcher, defaults: Defaults
) -> ExecLauncher | FileLauncher | None:
    """Return the mode that HashiCorp's annotations request; None if they request none."""
    mode = read_exec_mode(annotations, own.config, defaults, own.settings)
    if mode:
        return ExecLauncher(mode, own.with_config(mode.config))
    files = read_file_mode(annotations, own.config, defaults, own.settings)
    return FileLauncher(files, own.with_config(files.config)) if files else None


def whole_pod(pod_spec: PodSpec, plan: Plan, launcher: Launcher) -> PodPlan:
    """Return the plan of a pod in which all containers have the same login."""
    return PodPlan(pod_spec, (Part(plan, launcher),), plan)


def launcher_of_added(pod_spec: PodSpec, configured: ConfiguredPod) -> Launcher:
    """Return the launcher for containers that are added to a running pod, for their own references.

    It is ours, with the login of exec mode if the pod is in exec mode and our annotations name none. Templates are only
    for the containers that the pod started with.
    """
    own, added = configured.launcher, configured.added
    if own.config.use_agent and not has_token(pod_spec):
        own = own.with_config(without_helpers(own.config))
    has_login = any(field in own.config.annotated for field in LOGIN_FIELDS)
    if has_login or not isinstance(added, ExecLauncher):
        return own
    if not (added.mode.is_injected and find_targets(pod_spec, added.mode)):
        return own
    return added.launcher.with_config(replace(added.launcher.config, sources=()))


def plan_families(
    pod_spec: PodSpec, configured: ConfiguredPod, sources: Sources, deadline: Deadline = UNLIMITED
) -> PodPlan:
    """Return the plan of a pod by both families; raise the errors of `plan_pod`."""
    added = configured.added
    if added is None:
        return _plan_own(pod_spec, configured.launcher, sources, deadline)
    if isinstance(added, ExecLauncher):
        return _plan_exec(pod_spec, configured.launcher, added, sources, deadline)
    return _plan_files(pod_spec, configured.launcher, added, sources, deadline)


def _plan_own(pod_spec: PodSpec, own: Launcher, sources: Sources, deadline: Deadline) -> PodPlan:
    """Return the plan of a pod by only our own annotations.

    A pod for Windows, or one that another webhook serves, gets no helpers.
    """
    helpers = find_helpers(pod_spec, own)
    if helpers is None or is_windows(pod_spec):
        return whole_pod(pod_spec, plan_pod(pod_spec, own.config, sources, deadline), own)
    spec = mount_files(pod_spec, helpers)
    plan = plan_pod(spec, own.config, sources, deadline)
    if plan.foreign:
        return whole_pod(pod_spec, plan, own)
    if not is_needed(helpers, bool(plan.logging_in())):
        alone = own.with_config(without_helpers(own.config))
        return whole_pod(pod_spec, plan_pod(pod_spec, alone.config, sources, deadline), alone)
    problems = (*problems_of_helpers(pod_spec, helpers), *plan.problems)
    whole = plan._replace(problems=tuple(dict.fromkeys(problems)))
    return PodPlan(spec, (Part(plan, own),), whole, helpers=helpers)


def _plan_exec(
    pod_spec: PodSpec, own: Launcher, added: ExecLauncher, sources: Sources, deadline: Deadline
) -> PodPlan:
    """Return the plan of a pod in exec mode.

    A pod that is marked as injected, and has none of our launchers with templates, is served by another webhook.
    """
    mode = added.mode
    targets = find_targets(pod_spec, mode)
    if mode.is_injected and not targets:
        plan = plan_pod(pod_spec, own.config, sources, deadline)
        return whole_pod(pod_spec, plan._replace(warnings=(*plan.warnings, served_by_another())), own)
    spec, places = with_program(pod_spec, targets[:1], mode), {place for place, _ in targets}
    others = [found for found in own_places(spec) if found[0] not in places]
    chosen = [found for found in own_places(spec) if found[0] in places]
    own_part = Part(plan_pod(spec, own.config, sources, deadline, others), own)
    exec_part = Part(plan_pod(spec, added.launcher.config, sources, deadline, chosen), added.launcher)
    whole = joined((own_part.plan, exec_part.plan))
    return PodPlan(
        spec if exec_part.plan.wrapped else pod_spec,
        (own_part, exec_part),
        whole._replace(
            problems=(
                *exec_problems(pod_spec, mode, targets, own_part, exec_part, deadline),
                *whole.problems,
            ),
            warnings=(*exec_warnings(targets[:1], mode), *whole.warnings),
        ),
        is_exec=bool(exec_part.plan.wrapped),
    )


def _plan_files(
    pod_spec: PodSpec, own: Launcher, added: FileLauncher, sources: Sources, deadline: Deadline
) -> PodPlan:
    """Return the plan of a pod in file mode; a pod with an agent's container is served already."""
    if is_windows(pod_spec):
        return whole_pod(pod_spec, WINDOWS, own)
    if has_agent(pod_spec):
        plan = plan_pod(pod_spec, own.config, sources, deadline)
        return whole_pod(pod_spec, plan._replace(warnings=(*plan.warnings, served_already())), own)
    agent = find_agent(pod_spec, *added)
    too_many = tuple(too_many_mounts(pod_spec, agent.mode))
    if too_many:
        plan = Plan({}, {}, problems=too_many)
        return PodPlan(pod_spec, (Part(plan, own),), plan, agent=agent)
    spec = mount_secrets(pod_spec, agent)
    plan = plan_pod(spec, own.config, sources, deadline)
    whole = plan._replace(
        problems=(
            *file_problems(pod_spec, agent),
            *(two_volumes(own.config, agent.launcher.config) if plan.wrapped else ()),
            *plan.problems,
        ),
        warnings=(*file_warnings(pod_spec, agent), *plan.warnings),
    )
    return PodPlan(spec, (Part(plan, own),), whole, agent=agent)
