"""The keeper of the certificate: every replica reads the Secret; the leader writes it and the webhook configuration."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from vaultkube.apiserver.lease import Times
from vaultkube.apiserver.resources import Resource
from vaultkube.deadline import Deadline
from vaultkube.documents.times import time_text
from vaultkube.errors import Refused
from webhook.certificates.files import Files
from webhook.certificates.making import make_certificate
from webhook.certificates.plan import Registered, Wanted, next_state, with_segments
from webhook.certificates.registration import filled_in, hosts_of, read_endpoints, read_registered
from webhook.certificates.state import NEXT_CHAIN, NEXT_KEY, State, data_of, read_state

_log = logging.getLogger(__name__)
TIMES = Times(duration_s=60, lead_s=40.0, look_s=10.0)
_BUDGET_S = 5.0
_SETTLE_S = 10.0
"""The time in which every API server reads a change of the webhook configuration."""
_DAY_S = 86_400.0
_NEXT = (NEXT_CHAIN, NEXT_KEY)
"""Keys of the Secret that the next state may not have."""
_OVERLAP_S = 3600.0
"""The time in which every replica reads a new certificate.

A replica that does not reach the API server is not ready.
"""


class Objects(Protocol):
    """The API server, as far as the keeper needs it: `vaultkube.apiserver.client.Cluster`."""

    def read(self, resource: Resource, name: str, deadline: Deadline) -> Mapping[str, Any] | None: ...

    def add(self, resource: Resource, document: Mapping[str, Any], deadline: Deadline) -> bool: ...

    def replace(self, resource: Resource, document: Mapping[str, Any], deadline: Deadline) -> bool: ...


class Leader(Protocol):
    """The election of a leader: `vaultkube.apiserver.lease.Election`."""

    def stand(self) -> bool: ...

    def leads(self) -> bool: ...


@dataclass(frozen=True)
class Names:
    """The objects that the keeper reads and writes, and the Service that the certificate is for."""

    namespace: str
    secret: str
    service: str
    configuration: str

    def hosts(self) -> tuple[str, ...]:
        """Return the Service's names in the cluster."""
        name = f"{self.service}.{self.namespace}.svc"
        return name, f"{name}.cluster.local"


class Keeper:
    """Keeps the certificate of one replica; one thread calls `look` again and again."""

    def __init__(
        self,
        objects: Objects,
        leader: Leader,
        names: Names,
        files: Files,
        lifetime_s: float,
        *,
        path_only: bool,
        changed: Callable[[str], None],
    ) -> None:
        """Make a keeper that has read nothing yet.

        `changed` is called with the name of each step.
        With `path_only` somebody else makes the certificate and fills in `caBundle`, cert-manager for example: the
        Secret holds the segments of the path, and the keeper fills path and rules into the configuration.
        """
        self._path_only = path_only
        self._objects = objects
        self._leader = leader
        self._names = names
        self._files = files
        self._lifetime_s = lifetime_s
        self._changed = changed
        self._secrets = Resource("", "v1", "secrets", names.namespace)
        self._configurations = Resource("admissionregistration.k8s.io", "v1", "mutatingwebhookconfigurations")
        self._endpoints = read_endpoints()
        self._state = State()
        self._served_since: float | None = None
        self._trusted: tuple[bytes, ...] = ()
        self._trusted_since = 0.0
        self._stored_since = 0.0
        self._last_problem = ""

    def look(self, *, serving: bool) -> float:
        """Read, decide and write once, and return the seconds until the next call.

        `serving` is whether this replica's workers answer: before that, the API server must not send objects.
        """
        problem = ""
        if not serving:
            self._served_since = None
        elif self._served_since is None:
            self._served_since = time.monotonic()
        try:
            leads = self._leader.stand()
            found = self._read_secret()
            if leads:
                problem = self._lead(found)
        except Refused as error:
            problem = str(error)
        if problem and problem != self._last_problem:
            _log.warning("the certificate is not looked after", extra={"fields": {"reason": problem}})
        self._last_problem = problem
        return self._pause_s()

    def problem(self) -> str:
        """Return the reason why there is no certificate or path to serve; an empty text if there is one."""
        return "" if self._serves() else self._last_problem or "there is no certificate yet"

    def _serves(self) -> bool:
        return bool(self._state.segments if self._path_only else self._state.current)

    def _pause_s(self) -> float:
        moving = not self._serves() or self._state.following or not self._is_settled()
        return 1.0 if moving else TIMES.look_s

    def _read_secret(self) -> Mapping[str, Any] | None:
        """Return the Secret, and serve its content; a Secret that cannot be used changes nothing."""
        found = self._objects.read(self._secrets, self._names.secret, Deadline(_BUDGET_S))
        state = self._usable(found)
        if state is not None:
            self._serve(state)
        return found

    def _usable(self, found: Mapping[str, Any] | None) -> State | None:
        """Return the state in the Secret; None if it has none that can be served."""
        try:
            state = read_state((found or {}).get("data") or {})
        except ValueError:
            return None
        if self._path_only:
            return State(segments=state.segments) if state.segments else None
        return state if state.current else None

    def _serve(self, state: State) -> None:
        if state.current != self._state.current:
            self._stored_since = time.monotonic()
        self._state = state
        if self._files.write(state):
            self._changed("served")
            fields = {"not_after": time_text(state.current.not_after)} if state.current else {}
            _log.info("serves a certificate" if fields else "serves a path", extra={"fields": fields})

    def _lead(self, found: Mapping[str, Any] | None) -> str:
        """Do the leader's next step, and return the problem that prevents later ones, if any."""
        configuration = self._objects.read(
            self._configurations, self._names.configuration, Deadline(_BUDGET_S)
        )
        registered = self._look_at(configuration)
        stored = self._usable(found)
        state = self._next(stored, registered, configuration)
        if state != stored:
            if not self._leader.leads() or not self._store(found, state):
                return ""
            self._changed("stored")
            self._serve(state)
        if configuration is None:
            return (
                f"there is no MutatingWebhookConfiguration {self._names.configuration}: apply the manifests"
            )
        if self._path_only and not registered.trusted:
            return f"nobody has filled in caBundle of MutatingWebhookConfiguration {self._names.configuration} yet"
        if self._is_settled():
            self._register(configuration)
        return ""

    def _next(
        self, stored: State | None, registered: Registered, configuration: Mapping[str, Any] | None
    ) -> State:
        state = self._state if stored is None else stored
        if self._path_only:
            return with_segments(state, registered)
        hosts = (*self._names.hosts(), *hosts_of(configuration or {}, self._endpoints))
        return next_state(
            state,
            registered,
            Wanted(hosts, self._lifetime_s),
            time.time(),
            lambda: make_certificate(hosts, self._lifetime_s / _DAY_S),
            settled=time.monotonic() - self._trusted_since >= _SETTLE_S,
            overlapped=time.monotonic() - self._stored_since >= min(_OVERLAP_S, self._lifetime_s / 3),
            reissue=stored is None,
        )

    def _look_at(self, configuration: Mapping[str, Any] | None) -> Registered:
        registered = read_registered(configuration or {}, self._endpoints)
        if registered.trusted != self._trusted:
            self._trusted, self._trusted_since = registered.trusted, time.monotonic()
        return registered

    def _is_settled(self) -> bool:
        """Return whether this replica has served for so long that all API servers can reach it."""
        return self._served_since is not None and time.monotonic() - self._served_since >= _SETTLE_S

    def _store(self, found: Mapping[str, Any] | None, state: State) -> bool:
        if found is not None:
            data = {
                name: text for name, text in (found.get("data") or {}).items() if text and name not in _NEXT
            }
            document = {**found, "data": data | data_of(state)}
            return self._objects.replace(self._secrets, document, Deadline(_BUDGET_S))
        document = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": self._names.secret, "namespace": self._names.namespace},
            "type": "Opaque" if self._path_only else "kubernetes.io/tls",
            "data": data_of(state),
        }
        return self._objects.add(self._secrets, document, Deadline(_BUDGET_S))

    def _register(self, configuration: Mapping[str, Any]) -> None:
        wanted = filled_in(configuration, self._endpoints, self._state)
        if wanted == configuration or not self._leader.leads():
            return
        if self._objects.replace(self._configurations, wanted, Deadline(_BUDGET_S)):
            self._changed("registered")
            _log.info("the webhook configuration calls and trusts what is served")
