"""The plan of a pod, with the containers that need the launcher, and the PodSpec that results from it."""

from collections.abc import Iterable, Mapping, Sequence

from vaultkube.deadline import UNLIMITED, Deadline
from vaultkube.problem import Problem
from vaultkube.wire.containers import Container
from vaultkube.wire.pods import PodSpec
from webhook.config.annotations import Config
from webhook.config.delivery import Delivery
from webhook.config.openbao import is_openbao
from webhook.pods import launcher
from webhook.pods.agent import is_agent
from webhook.pods.command_line import command_line, image_fault
from webhook.pods.container import (
    is_command_known,
    is_never_pulled,
    is_wrapped,
    wrap_container,
)
from webhook.pods.delivery import delivery_warnings
from webhook.pods.environment import Sources
from webhook.pods.facts import INIT_CONTAINERS, Facts, Place, find_containers, with_volumes
from webhook.pods.frompath import NO_PATHS, FromPaths, from_paths_of, read_from_paths
from webhook.pods.helper_containers import is_helper
from webhook.pods.nodes import is_windows
from webhook.pods.openbao import openbao_problems
from webhook.pods.other_webhooks import find_foreign
from webhook.pods.plan import MOST_ADDED, WINDOWS, Part, Plan
from webhook.pods.problems import config_problems, container_problems, name_problems, volume_problems
from webhook.pods.references import References, find_references
from webhook.pods.suspicion import Suspicion, has_sources, suspect, unresolved_warning
from webhook.pods.warnings import (
    absent_containers,
    container_warnings,
    pod_warnings,
    unread_paths,
    word_warnings,
)

_ENTRY_LENGTH = len('{"name":"","value":""},')
_OURS = (launcher.is_init_container, is_agent, is_helper)
_Suspect = tuple[Place, Container, References]
_TOO_LARGE = (
    "the variables of vault-env in all containers are longer than 1.5 MiB, with which no pod can be stored: "
    "shorten the annotations, above all vault-env-from-path, or take containers out"
)


def plan_pod(
    pod_spec: PodSpec,
    config: Config,
    sources: Sources,
    deadline: Deadline = UNLIMITED,
    places: Iterable[tuple[Place, Container]] | None = None,
) -> Plan:
    """Return the plan of a pod, or of only the containers at `places`.

    A pod without references, or one that another webhook has changed, needs nothing. A container that starts the
    launcher by itself gets it, with or without references. Raises Refused for an environment that no program can have,
    OutOfTime for a pod that cannot be examined in time.
    """
    foreign = find_foreign(pod_spec, sources, deadline)
    if foreign is not None:
        return Plan({}, {}, foreign=foreign)
    paths = read_from_paths(config.from_path)
    every = find_containers(pod_spec)
    looked_at = _without_launchers(every) if places is None else places
    plan = plan_containers(looked_at, config, paths, sources, deadline)
    if not plan.wrapped:
        absent = absent_containers(pod_spec, config, paths) if paths.text else ()
        return plan._replace(warnings=(*absent, *plan.warnings))
    only_precautions = len(plan.precautions) == len(plan.wrapped)
    if is_windows(pod_spec):
        return Plan({}, {}) if only_precautions else WINDOWS
    problems = (
        *config_problems(config, paths),
        *plan.problems,
        *name_problems(every),
        *volume_problems(pod_spec, config),
    )
    if problems and only_precautions:
        return Plan({}, {}, warnings=tuple(map(unresolved_warning, problems)))
    warnings = (
        *pod_warnings(pod_spec, config, paths, plan.logging_in()),
        *delivery_warnings(plan.containers(pod_spec), config),
        *plan.warnings,
    )
    return plan._replace(problems=problems, warnings=warnings)


def plan_containers(
    places: Iterable[tuple[Place, Container]],
    config: Config,
    paths: FromPaths,
    sources: Sources,
    deadline: Deadline,
) -> Plan:
    """Return the plan of these containers, without regard to the pod around them; `paths` are the annotation's."""
    wrapped: dict[Place, References] = {}
    suspects: list[_Suspect] = []
    images: dict[Place, str] = {}
    from_paths: dict[Place, FromPaths] = {}
    problems: list[Problem] = []
    warnings: list[Problem] = []
    idle = set()
    for place, container in places:
        deadline.check()
        references = find_references(container, sources, deadline)
        name = container.get("name") or ""
        path, prefix = ("spec", *place), f"container {name}: "
        about_words = word_warnings(container, deadline)
        warnings += [warning.inside(path, prefix) for warning in (*references.near_misses, *about_words)]
        unreadable = tuple(openbao_problems(container, sources)) if is_openbao(config) else ()
        own_paths = from_paths_of(paths, place[0], name, config)
        reads = bool(references or own_paths.text or config.sources)
        if not (reads or unreadable or is_wrapped(container)):
            suspects.append((place, container, references))
            continue
        wrapped[place], from_paths[place] = references, own_paths
        if not (reads or references.names_sources()):
            idle.add(place)
        found = (*unreadable, *container_problems(container, references, config))
        problems += [problem.inside(path, prefix) for problem in found]
        about_it = container_warnings(container, references, config, own_paths.text)
        warnings += [warning.inside(path, prefix) for warning in about_it]
        if not (is_command_known(container, config) or is_never_pulled(container)):
            images[place] = container.get("image") or ""
    plan = Plan(wrapped, images, tuple(problems), tuple(warnings), from_paths, idle=frozenset(idle))
    return _with_precautions(plan, suspects, config, sources)


def _with_precautions(plan: Plan, suspects: Iterable[_Suspect], config: Config, sources: Sources) -> Plan:
    """Return the plan in which the launcher also starts containers that may get a reference later."""
    is_ours = bool(config.annotated or any(plan.wrapped.values()))
    late: dict[Place, References] = {}
    images: dict[Place, str] = {}
    warnings: list[Problem] = []
    for place, container, references in suspects:
        may_refer = bool(references.missing or (is_ours and sources and has_sources(container)))
        suspicion = suspect(container, references, config, is_ours=is_ours) if may_refer else Suspicion(False)
        unread = () if suspicion.needs_launcher else unread_paths(references)
        path, prefix = ("spec", *place), f"container {container.get('name') or ''}: "
        warnings += [warning.inside(path, prefix) for warning in (*suspicion.warnings, *unread)]
        if suspicion.needs_launcher:
            late[place] = references
            if not is_command_known(container, config):
                images[place] = container.get("image") or ""
    return plan._replace(
        wrapped={**plan.wrapped, **late},
        images={**plan.images, **images},
        warnings=(*plan.warnings, *warnings),
        from_paths={**plan.from_paths, **dict.fromkeys(late, NO_PATHS)},
        precautions=frozenset(late),
        idle=plan.idle | {place for place, references in late.items() if not references.names_sources()},
    )


def mutate_pod_spec(
    pod_spec: PodSpec, parts: Sequence[Part], facts: Facts
) -> tuple[PodSpec, tuple[Problem, ...]]:
    """Return the PodSpec in which the parts' containers start their launcher, and the problems of their images."""
    needed = [part for part in parts if part.plan.wrapped]
    if not needed:
        return pod_spec, ()
    new, problems = wrap_containers(pod_spec, needed, facts)
    if facts.delivery is Delivery.INIT:
        places = [place for part in needed for place in part.plan.wrapped]
        first = min((index for key, index in places if key == INIT_CONTAINERS), default=None)
        own = needed[0].launcher.init_container(pod_spec)
        new[INIT_CONTAINERS] = _init_containers(new.get(INIT_CONTAINERS) or [], first, own)
    for part in needed:
        added = launcher.volumes(part.config, facts.delivery, optional=not part.plan.logging_in())
        new["volumes"] = with_volumes(new, added)
    return new, problems


def wrap_containers(
    pod_spec: PodSpec, parts: Sequence[Part], facts: Facts
) -> tuple[PodSpec, tuple[Problem, ...]]:
    """Return the PodSpec in which only containers are changed, and the problems of their images."""
    problems: list[Problem] = []
    new, length = pod_spec.copy(), 0
    for part in parts:
        plan, config = part.plan, part.config
        by_text = {paths.text: part.launcher.variables(paths.text) for paths in plan.from_paths.values()}
        length += _length(by_text, plan)
        if length > MOST_ADDED:
            return pod_spec.copy(), (Problem("refused", ("spec",), _TOO_LARGE),)
        mounts = launcher.mounts(config)
        for place, references in plan.wrapped.items():
            key, index = place
            container = pod_spec[key][index]
            image = plan.images.get(place)
            words = command_line(container, image, config, facts)
            fault = image_fault(container, image, words, facts)
            if fault:
                message = f"container {container.get('name')}: {fault}"
                problems.append(Problem("refused", ("spec", *place, "image"), message))
            if new[key] is pod_spec[key]:
                new[key] = list(pod_spec[key])
            variables = by_text[plan.from_paths[place].text]
            own = [*mounts, *plan.mounts.get(place, ())]
            new[key][index] = wrap_container(container, words, variables, own, references, config)
    return new, tuple(problems)


def _length(by_text: Mapping[str, Mapping[str, str]], plan: Plan) -> int:
    """Return the length of the variables that are added to all containers, at most that of their JSON text."""
    lengths = {
        text: _ENTRY_LENGTH * len(variables) + sum(map(len, variables)) + sum(map(len, variables.values()))
        for text, variables in by_text.items()
    }
    return sum([lengths[paths.text] for paths in plan.from_paths.values()])


def _init_containers(present: list[Container], first: int | None, own: Container) -> list[Container]:
    """Return the init containers with our `own` one before that at `first`, which needs the copied launcher.

    Ours may exist already, after one that another webhook has added since.
    """
    places = [index for index, container in enumerate(present) if launcher.is_init_container(container)]
    if not places:
        return [own, *present]
    if first is None or places[0] < first:
        return present
    return [present[places[0]], *present[: places[0]], *present[places[0] + 1 :]]


def own_places(pod_spec: PodSpec) -> list[tuple[Place, Container]]:
    """Return the containers of the pod's author, with their places."""
    return _without_launchers(find_containers(pod_spec))


def _without_launchers(places: list[tuple[Place, Container]]) -> list[tuple[Place, Container]]:
    return [each for each in places if not any(is_ours(each[1]) for is_ours in _OURS)]
