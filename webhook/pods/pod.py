"""What happens to a pod: first which of its containers need the launcher, then the pod with it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from vaultenv.references.invisible import INVISIBLE_END
from vaultkube.deadline import UNLIMITED, Deadline
from webhook.config.annotations import Config
from webhook.pods import launcher
from webhook.pods.container import image_command, is_wrapped, wrap_container
from webhook.pods.environment import Sources
from webhook.pods.facts import Facts
from webhook.pods.foreign import foreign_warnings, is_foreign
from webhook.pods.frompath import FromPaths, from_paths_of, read_from_paths
from webhook.pods.launcher import Launcher
from webhook.pods.nodes import is_windows
from webhook.pods.problems import (
    config_problems,
    mount_problems,
    name_problems,
    reference_problems,
    volume_problems,
)
from webhook.pods.references import References, find_references
from webhook.pods.warnings import container_warnings, pod_warnings

PodSpec = Mapping[str, Any]
Container = Mapping[str, Any]
Place = tuple[str, int]
"""A container: the list of the PodSpec that it stands in, and its position there."""

_INIT = "initContainers"
_LISTS = (_INIT, "containers")
_ENTRY_LENGTH = len('{"name":"","value":""},')
_MOST_ADDED = 3 << 19
"""What etcd takes in one request: no pod that grows by more can be stored."""
_TOO_MUCH = (
    "the variables of vault-env in all containers are longer than 1.5 MiB, with which no pod can be stored: "
    "shorten the annotations, above all vault-env-from-path, or take containers out"
)


class Plan(NamedTuple):
    """Which containers get the launcher, which images must be asked for their command, and what is wrong."""

    wrapped: Mapping[Place, References]
    images: Mapping[Place, str]
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    given: Mapping[Place, FromPaths] = MappingProxyType({})
    """What each wrapped container gets of the annotation vault-env-from-path."""
    mounts: Sequence[Mapping[str, Any]] = ()
    """Volumes of the pod that the containers need beside the webhook's own."""

    def references(self) -> int:
        """The number of references in the pod."""
        return sum(found.count() for found in self.wrapped.values())


WINDOWS = Plan({}, {}, warnings=("a Windows pod is left as it is: vault-env runs on Linux",))


def plan_pod(pod_spec: PodSpec, config: Config, sources: Sources, deadline: Deadline = UNLIMITED) -> Plan:
    """Return what the pod needs; a pod without references, or wrapped by the predecessor, needs nothing.

    A container that starts the launcher by itself is given it, with or without references. Raises Refused for an
    environment that no program can have, OutOfTime for more than can be looked at.
    """
    if is_foreign(pod_spec):
        return Plan({}, {}, warnings=tuple(foreign_warnings(pod_spec, sources, deadline)))
    paths = read_from_paths(config.from_path)
    plan = plan_containers(_places(pod_spec), config, paths, sources, deadline)
    if not plan.wrapped:
        return plan
    if is_windows(pod_spec):
        return WINDOWS
    return Plan(
        plan.wrapped,
        plan.images,
        (
            *config_problems(config, paths),
            *plan.problems,
            *name_problems(pod_spec),
            *volume_problems(pod_spec, config),
        ),
        (*pod_warnings(pod_spec, config, paths, plan.wrapped), *plan.warnings),
        plan.given,
    )


def plan_containers(
    places: Iterable[tuple[Place, Container]],
    config: Config,
    paths: FromPaths,
    sources: Sources,
    deadline: Deadline,
) -> Plan:
    """Return what these containers need, without regard to the pod around them; `paths` are the annotation's."""
    wrapped: dict[Place, References] = {}
    images: dict[Place, str] = {}
    given: dict[Place, FromPaths] = {}
    problems: list[str] = []
    warnings: list[str] = []
    for place, container in places:
        deadline.check()
        references = find_references(container, sources, deadline)
        name = container.get("name") or ""
        from_paths = from_paths_of(paths, place[0], name, config)
        warnings += [f"container {name}: variable {each}: {INVISIBLE_END}" for each in references.invisible]
        if not (references or is_wrapped(container) or from_paths.text):
            continue
        wrapped[place], given[place] = references, from_paths
        problems += [f"container {name}: {problem}" for problem in reference_problems(references, config)]
        problems += mount_problems(container, config)
        warnings += container_warnings(container, references)
        if not container.get("command") and name not in (config.entry_points or {}):
            images[place] = container.get("image") or ""
    return Plan(wrapped, images, tuple(problems), tuple(warnings), given)


def mutate_pod_spec(
    pod_spec: PodSpec, plan: Plan, config: Config, facts: Facts, added: Launcher
) -> tuple[PodSpec, tuple[str, ...]]:
    """Return the PodSpec in which the containers of `plan` start the launcher, and what is wrong with them."""
    if not plan.wrapped:
        return pod_spec, ()
    new, problems = wrap_containers(pod_spec, plan, config, facts, added)
    first = min((index for key, index in plan.wrapped if key == _INIT), default=None)
    new[_INIT] = _init_containers(new.get(_INIT) or [], first, added.init_container(pod_spec))
    new["volumes"] = _volumes(new.get("volumes") or [], config)
    return new, problems


def wrap_containers(
    pod_spec: PodSpec, plan: Plan, config: Config, facts: Facts, added: Launcher
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the PodSpec with only its containers changed, and what is wrong with them."""
    by_text = {given.text: added.variables(given.text) for given in plan.given.values()}
    if _length(by_text, plan) > _MOST_ADDED:
        return dict(pod_spec), (_TOO_MUCH,)
    problems: list[str] = []
    new: dict[str, Any] = dict(pod_spec)
    mounts = [*launcher.mounts(config), *plan.mounts]
    for place in plan.wrapped:
        key, index = place
        container = pod_spec[key][index]
        image = plan.images.get(place)
        words = _words(container, image, config, facts)
        if image and facts.images[image].os == "windows":
            problems.append(
                f"container {container.get('name')}: image {image} is for Windows, and vault-env runs on Linux; "
                "set `os.name: windows` in the pod, which is then left as it is"
            )
        elif not words:
            problems.append(
                f"container {container.get('name')}: image {container.get('image')} has no entry point and no command; "
                "set `command` in the container"
            )
        if new[key] is pod_spec[key]:
            new[key] = list(pod_spec[key])
        new[key][index] = wrap_container(container, words, by_text[plan.given[place].text], mounts, config)
    return new, tuple(problems)


def _length(by_text: Mapping[str, Mapping[str, str]], plan: Plan) -> int:
    """The length of what the variables add to all containers, as JSON has it or a little less."""
    lengths = {
        text: _ENTRY_LENGTH * len(variables) + sum(map(len, variables)) + sum(map(len, variables.values()))
        for text, variables in by_text.items()
    }
    return sum(lengths[given.text] for given in plan.given.values())


def _init_containers(present: list[Container], first: int | None, own: Container) -> list[Container]:
    """Return the init containers with our `own` one before that at `first`, which needs what it copies.

    Ours may be there already, and behind one that another webhook has put to the front since.
    """
    places = [index for index, container in enumerate(present) if launcher.is_init_container(container)]
    if not places:
        return [own, *present]
    if first is None or places[0] < first:
        return present
    return [present[places[0]], *present[: places[0]], *present[places[0] + 1 :]]


def _volumes(present: list[Any], config: Config) -> list[Any]:
    names = {volume.get("name") for volume in present}
    return present + [volume for volume in launcher.volumes(config) if volume["name"] not in names]


def _words(container: Container, image: str | None, config: Config, facts: Facts) -> list[str]:
    args = container.get("args") or []
    if container.get("command"):
        return [*container["command"], *args]
    given = (config.entry_points or {}).get(container.get("name") or "")
    if given:
        return [*given, *args]
    return image_command(facts.images[image or ""], args)


def _places(pod_spec: PodSpec) -> Iterator[tuple[Place, Container]]:
    for key in _LISTS:
        for index, container in enumerate(pod_spec.get(key) or ()):
            if not launcher.is_init_container(container):
                yield (key, index), container
