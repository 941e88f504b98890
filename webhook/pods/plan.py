"""Plans: the containers of a pod that get the launcher, their problems, and the launcher for each login."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from vaultkube.problem import Problem
from vaultkube.wire.containers import Container, VolumeMount
from vaultkube.wire.pods import PodSpec
from webhook.config.annotations import Config
from webhook.pods.facts import Place
from webhook.pods.frompath import FromPaths
from webhook.pods.launcher import Launcher
from webhook.pods.references import References

MOST_ADDED = 3 << 19
"""The limit of etcd for one request: no pod that grows by more can be stored."""


class Plan(NamedTuple):
    """The containers that get the launcher, the images whose command must be read, problems and warnings."""

    wrapped: Mapping[Place, References]
    images: Mapping[Place, str]
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    from_paths: Mapping[Place, FromPaths] = MappingProxyType({})
    """The paths of the annotation vault-env-from-path for each wrapped container."""
    mounts: Mapping[Place, Sequence[VolumeMount]] = MappingProxyType({})
    """Volumes of the pod that a container needs in addition to the webhook's own."""
    precautions: frozenset[Place] = frozenset()
    """The wrapped containers without a reference that may get one later."""
    idle: frozenset[Place] = frozenset()
    """The wrapped containers whose launcher reads nothing and does not log in, as those of precautions do at this review and
    later ones."""
    foreign: Mapping[Place, References] = MappingProxyType({})
    """The references of containers that start with the launcher of another webhook."""

    def containers(self, pod_spec: PodSpec) -> Iterator[Container]:
        """Yield the containers of the pod that get the launcher."""
        return (pod_spec[key][index] for key, index in self.wrapped)

    def logging_in(self) -> Mapping[Place, References]:
        """Return the references of each container whose launcher logs in."""
        return {place: found for place, found in self.wrapped.items() if place not in self.idle}

    def without(self, places: Collection[Place]) -> "Plan":
        """Return the plan without these precautions."""
        if not places:
            return self
        return self._replace(
            wrapped={place: found for place, found in self.wrapped.items() if place not in places},
            images={place: image for place, image in self.images.items() if place not in places},
            precautions=self.precautions - set(places),
            idle=self.idle - set(places),
        )

    def references(self) -> int:
        """Return the number of references in the pod."""
        return sum([found.number() for found in self.wrapped.values()])


WINDOWS = Plan(
    {}, {}, warnings=(Problem("pod", ("spec",), "a Windows pod is left as it is: vault-env runs on Linux"),)
)


class Part(NamedTuple):
    """The containers of a pod with the same login: their plan, and their launcher."""

    plan: Plan
    launcher: Launcher

    @property
    def config(self) -> Config:
        """The configuration of these containers."""
        return self.launcher.config

    def without(self, places: Collection[Place]) -> "Part":
        """Return the part without these precautions."""
        return self._replace(plan=self.plan.without(places))


def joined(plans: Iterable[Plan]) -> Plan:
    """Return the plan of all containers in disjoint plans, with each problem and warning once."""
    first, *others = plans
    if not others:
        return first
    every = (first, *others)
    return Plan(
        wrapped={place: found for plan in every for place, found in plan.wrapped.items()},
        images={place: image for plan in every for place, image in plan.images.items()},
        problems=tuple(dict.fromkeys(problem for plan in every for problem in plan.problems)),
        warnings=tuple(dict.fromkeys(warning for plan in every for warning in plan.warnings)),
        from_paths={place: paths for plan in every for place, paths in plan.from_paths.items()},
        mounts=first.mounts,
        precautions=frozenset[Place]().union(*(plan.precautions for plan in every)),
        idle=frozenset[Place]().union(*(plan.idle for plan in every)),
        foreign=first.foreign,
    )
