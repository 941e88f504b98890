"""The two families of annotations on one pod, ours and HashiCorp's: each configures a launcher for containers of its own."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from vaultkube.deadline import UNLIMITED, Deadline
from vaultkube.problem import Problem
from vaultkube.wire.pods import PodSpec
from webhook.config.annotations import Defaults
from webhook.config.configure import configure
from webhook.config.hashicorp.exec_mode import LOGIN_FIELDS, ExecMode, gate_warnings, read_exec_mode
from webhook.config.settings import Settings
from webhook.pods.environment import Sources
from webhook.pods.exec_mode import (
    exec_problems,
    exec_warnings,
    find_targets,
    served_by_another,
    with_program,
)
from webhook.pods.launcher import Launcher
from webhook.pods.paths import find_requested_paths
from webhook.pods.plan import Part, Plan, joined
from webhook.pods.pod import own_places, plan_pod
from webhook.policy.paths import RequestedPath


class ExecLauncher(NamedTuple):
    """Exec mode as annotated, and the launcher of its configuration."""

    mode: ExecMode
    launcher: Launcher


class ConfiguredPod(NamedTuple):
    """The launcher that our annotations configure, their problems and warnings, and exec mode where HashiCorp's ask for it."""

    launcher: Launcher
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    added: ExecLauncher | None


class PodPlan(NamedTuple):
    """The plan of a pod: its PodSpec with the program of exec mode in place, and its parts, each with a login of its own.

    `whole` is the plan of all containers, with the problems and warnings of what is between the parts too.
    """

    spec: PodSpec
    parts: tuple[Part, ...]
    whole: Plan
    is_exec: bool = False

    def requested_paths(self, operators_namespace: str) -> Iterator[RequestedPath]:
        """Yield every path of Vault that the containers may read or write."""
        for part in self.parts:
            yield from find_requested_paths(self.spec, part.plan, part.config, operators_namespace)


def configure_pod(annotations: Mapping[str, str], defaults: Defaults, settings: Settings) -> ConfiguredPod:
    """Return the configuration of a pod with these annotations."""
    config, problems, warnings = configure(annotations, defaults, settings)
    launcher = Launcher(config, settings)
    mode = read_exec_mode(annotations, config, defaults, settings)
    if mode:
        return ConfiguredPod(
            launcher, problems, warnings, ExecLauncher(mode, launcher.with_config(mode.config))
        )
    return ConfiguredPod(launcher, problems, (*warnings, *gate_warnings(annotations, config)), None)


def one_part(pod_spec: PodSpec, plan: Plan, launcher: Launcher) -> PodPlan:
    """Return the plan of a pod whose containers all have one login."""
    return PodPlan(pod_spec, (Part(plan, launcher),), plan)


def launcher_of_added(pod_spec: PodSpec, configured: ConfiguredPod) -> Launcher:
    """Return the launcher of containers that are added to a running pod, for references of their own.

    It is ours, with the login of exec mode where the pod is served by that and our annotations name none. Templates are for
    the containers that the pod began with.
    """
    own, added = configured.launcher, configured.added
    has_login = any(field in own.config.annotated for field in LOGIN_FIELDS)
    if has_login or not (added and added.mode.is_injected and find_targets(pod_spec, added.mode)):
        return own
    return added.launcher.with_config(replace(added.launcher.config, sources=()))


def plan_families(
    pod_spec: PodSpec, configured: ConfiguredPod, sources: Sources, deadline: Deadline = UNLIMITED
) -> PodPlan:
    """Return the plan of a pod by both families; raises what `plan_pod` raises.

    A pod that says that it is served, and has none of our launchers with templates, is served by another webhook.
    """
    own, added = configured.launcher, configured.added
    if added is None:
        return one_part(pod_spec, plan_pod(pod_spec, own.config, sources, deadline), own)
    mode = added.mode
    targets = find_targets(pod_spec, mode)
    if mode.is_injected and not targets:
        plan = plan_pod(pod_spec, own.config, sources, deadline)
        return one_part(pod_spec, plan._replace(warnings=(*plan.warnings, served_by_another())), own)
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
            problems=(*exec_problems(pod_spec, mode, targets, own_part, exec_part), *whole.problems),
            warnings=(*exec_warnings(targets[:1], mode), *whole.warnings),
        ),
        is_exec=bool(exec_part.plan.wrapped),
    )
