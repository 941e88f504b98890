"""Exec mode of HashiCorp's annotations in a pod: its containers, their program, and conflicts with our annotations."""

from collections.abc import Iterator, Sequence

from vaultkube.deadline import Deadline
from vaultkube.problem import Problem
from vaultkube.wire.containers import Container
from vaultkube.wire.pods import Pod, PodSpec
from webhook.config.annotations import TEMPLATES_VARIABLE, Config
from webhook.config.delivery import Delivery
from webhook.config.hashicorp.exec_mode import INJECTED, LOGIN_FIELDS, STATUS, ExecMode
from webhook.config.hashicorp.login import Origin, about
from webhook.pods import launcher
from webhook.pods.annotated import with_annotation
from webhook.pods.container import is_wrapped
from webhook.pods.facts import Place
from webhook.pods.frompath import from_paths_of, read_from_paths
from webhook.pods.plan import Part, Plan
from webhook.pods.pod import own_places

Targets = Sequence[tuple[Place, Container]]


def with_status(pod: Pod) -> Pod:
    """Return the pod with the annotation that makes HashiCorp's injector skip it, and this webhook recognize it."""
    return with_annotation(pod, STATUS, INJECTED)


def find_targets(pod_spec: PodSpec, mode: ExecMode) -> Targets:
    """Return the containers of exec mode, the one with the annotated program first.

    In a pod that this webhook has changed before, they are the containers that it has changed: another webhook may have
    added a container before them since.
    """
    found = list(own_places(pod_spec))
    if mode.is_injected:
        return [each for each in found if _has_templates(each[1])]
    if not mode.containers:
        return [each for each in found if each[0] == ("containers", 0)]
    by_name = {container.get("name"): (place, container) for place, container in found}
    return [by_name[name] for name in dict.fromkeys(mode.containers) if name in by_name]


def _has_templates(container: Container) -> bool:
    names = (entry.get("name") for entry in container.get("env") or ())
    return is_wrapped(container) and TEMPLATES_VARIABLE in names


def with_program(pod_spec: PodSpec, targets: Targets, mode: ExecMode) -> PodSpec:
    """Return the PodSpec in which the target's `command` is the annotated program.

    Its `args` remain only if that is a single word.
    """
    new = pod_spec
    for (key, index), container in targets:
        if mode.command and not is_wrapped(container):
            changed: Container = {**container, "command": list(mode.command)}
            if len(mode.command) > 1:
                changed.pop("args", None)
            new = pod_spec.copy()
            new[key] = [*pod_spec[key][:index], changed, *pod_spec[key][index + 1 :]]
    return new


def served_by_another() -> Problem:
    """Return the warning about a pod that another webhook has marked as injected."""
    message = (
        f" is {INJECTED}, so exec mode is not in effect; if HashiCorp's own injector has served this pod, "
        "let only one of the two see it"
    )
    return Problem("annotation-ignored", *about(Origin("status"), message))


def exec_problems(
    pod_spec: PodSpec, mode: ExecMode, targets: Targets, own: Part, added: Part, deadline: Deadline
) -> Iterator[Problem]:
    """Yield the problems of exec mode for these containers, with its conflicts with our `own` annotations.

    Raises OutOfTime.
    """
    yield from mode.problems
    yield from _missing(pod_spec, mode)
    yield from _two_webhooks(added.plan)
    yield from _two_launchers(targets, added.plan, own.config, deadline)
    if own.plan.wrapped and added.plan.wrapped:
        yield from two_volumes(own.config, added.config)


def exec_warnings(targets: Targets, mode: ExecMode) -> Iterator[Problem]:
    """Yield the warnings of exec mode, and those about the words of the container that its program replaces."""
    yield from mode.warnings
    yield from _replaced(targets, mode)


def _missing(pod_spec: PodSpec, mode: ExecMode) -> Iterator[Problem]:
    names = {container.get("name") for _, container in own_places(pod_spec)}
    for name in mode.containers:
        if name not in names:
            yield Problem("exec-mode", *about(Origin("containers"), f": the pod has no container {name}"))


def _two_webhooks(plan: Plan) -> Iterator[Problem]:
    if plan.foreign:
        message = (
            ": Bank-Vaults' webhook starts the containers of this pod: drop this annotation, or let only one of the "
            "two webhooks see the pod"
        )
        yield Problem("two-launchers", *about(Origin("inject"), message))


def _two_launchers(targets: Targets, plan: Plan, own: Config, deadline: Deadline) -> Iterator[Problem]:
    """Yield a problem for each container of exec mode to which our annotations would give another login or paths."""
    paths = read_from_paths(own.from_path)
    logins = [own.annotated[field] for field in LOGIN_FIELDS if field in own.annotated]
    for place, container in targets:
        deadline.check()
        name = container.get("name") or ""
        if from_paths_of(paths, place[0], name, own).text:
            message = (
                f"container {name}: annotation vault-env-from-path and exec mode of {STATUS.partition('/')[0]} would both "
                "start it: drop vault-env-from-path, or name the container in vault-env-from-path-exclude"
            )
            yield Problem("two-launchers", own.path_of("from_path"), message)
        if logins and plan.wrapped.get(place):
            message = (
                f": container {name} has references, which log in by {', '.join(logins)}, and can have only one login: "
                "remove those annotations, or this one"
            )
            yield Problem("two-launchers", *about(Origin("inject"), message))


def two_volumes(own: Config, config: Config) -> Iterator[Problem]:
    """Yield a problem if the two logins need different volumes with the same name."""
    volumes = {volume["name"]: volume for volume in launcher.volumes(own, Delivery.INIT)}
    for volume in launcher.volumes(config, Delivery.INIT):
        if volumes.get(volume["name"], volume) != volume:
            message = (
                f": the containers with references need a volume {volume['name']} with something else in it: name the same "
                "Secret, file and audience in both families of annotations, or drop this one"
            )
            yield Problem("two-launchers", *about(Origin("inject"), message))


def _replaced(targets: Targets, mode: ExecMode) -> Iterator[Problem]:
    """Yield a warning for a `command` that the annotated program replaces, and for `args` that are left out."""
    for (key, index), container in targets:
        if not mode.command or is_wrapped(container):
            continue
        lost = {
            "command": container.get("command") not in (None, [], list(mode.command)),
            "args": bool(len(mode.command) > 1 and container.get("args")),
        }
        for field in (field for field, is_lost in lost.items() if is_lost):
            message = f"container {container.get('name')}: agent-exec-command replaces its `{field}`"
            yield Problem("container", ("spec", key, index, field), message)
