"""What happens to a pod: first which of its containers need the launcher, then the pod with it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from webhook.annotations import Config
from webhook.facts import Facts
from webhook.pods import launcher
from webhook.pods.container import image_command, is_wrapped, wrap_container
from webhook.pods.environment import Sources
from webhook.pods.foreign import foreign_warnings, is_foreign
from webhook.pods.frompath import from_path_of
from webhook.pods.launcher import Launcher
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


@dataclass(frozen=True)
class Plan:
    """Which containers get the launcher, which images must be asked for their command, and what is wrong."""

    wrapped: Mapping[Place, References]
    images: Mapping[Place, str]
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    mounts: Sequence[Mapping[str, Any]] = field(default=())
    """Volumes of the pod that the containers need beside the webhook's own."""

    def references(self) -> int:
        """The number of references in the pod."""
        return sum(found.count() for found in self.wrapped.values())


WINDOWS = Plan({}, {}, warnings=("a Windows pod is left as it is: vault-env runs on Linux",))


def plan_pod(pod_spec: PodSpec, config: Config, sources: Sources) -> Plan:
    """Return what the pod needs; a pod without references, or wrapped by the predecessor, needs nothing.

    A container that starts the launcher by itself is given it, with or without references.
    """
    if is_foreign(pod_spec):
        return Plan({}, {}, warnings=tuple(foreign_warnings(pod_spec, sources)))
    plan = plan_containers(list(_places(pod_spec)), config, sources)
    if not plan.wrapped:
        return plan
    if is_windows(pod_spec):
        return WINDOWS
    return Plan(
        plan.wrapped,
        plan.images,
        (
            *config_problems(config),
            *plan.problems,
            *name_problems(pod_spec),
            *volume_problems(pod_spec, config),
        ),
        (*pod_warnings(pod_spec, config, plan.wrapped), *plan.warnings),
    )


def plan_containers(places: Iterable[tuple[Place, Container]], config: Config, sources: Sources) -> Plan:
    """Return what these containers need, without regard to the pod around them."""
    wrapped: dict[Place, References] = {}
    images: dict[Place, str] = {}
    problems: list[str] = []
    warnings: list[str] = []
    for place, container in places:
        references = find_references(container, sources)
        name = container.get("name") or ""
        if not (references or is_wrapped(container) or from_path_of(place[0], name, config)):
            continue
        wrapped[place] = references
        problems += [f"container {name}: {problem}" for problem in reference_problems(references, config)]
        problems += mount_problems(container, config)
        warnings += container_warnings(container, references)
        if not container.get("command") and name not in (config.entry_points or {}):
            images[place] = container.get("image") or ""
    return Plan(wrapped, images, tuple(problems), tuple(warnings))


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
        variables = added.variables(from_path_of(key, container.get("name") or "", config))
        if new[key] is pod_spec[key]:
            new[key] = list(pod_spec[key])
        new[key][index] = wrap_container(container, words, variables, mounts, config)
    return new, tuple(problems)


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


def is_windows(pod_spec: PodSpec) -> bool:
    """Whether the pod is for nodes that the launcher does not run on."""
    system = (pod_spec.get("os") or {}).get("name") or (pod_spec.get("nodeSelector") or {}).get(
        "kubernetes.io/os"
    )
    return system == "windows"
