"""The ServiceAccount token of a pod's login: from the driver's request, or a new one that is bound to the pod."""

from typing import Protocol

from vaultcsi.errors import PodUnknown
from vaultcsi.request import MountingPod
from vaultkube.apiserver.client import BoundPod
from vaultkube.deadline import Deadline


class TokenRequests(Protocol):
    """Issues tokens of ServiceAccounts: `vaultkube.apiserver.client.Cluster`."""

    def create_token(
        self,
        namespace: str,
        service_account: str,
        audiences: list[str],
        deadline: Deadline,
        pod: BoundPod | None = None,
    ) -> str | None: ...


def service_account_token(
    pod: MountingPod, audience: str, requests: TokenRequests, deadline: Deadline
) -> str:
    """Return a token for the audience, "" for the default one; raise PodUnknown, ClusterUnavailable or MissingRight."""
    token = pod.token(audience)
    if token:
        return token
    audiences = [audience] if audience else []
    bound = BoundPod(pod.name, pod.uid)
    made = requests.create_token(pod.namespace, pod.service_account, audiences, deadline, bound)
    if made is None:
        raise PodUnknown(
            f"failed to login: no token of ServiceAccount {pod.namespace}/{pod.service_account} for pod {pod}: one of "
            "them does not exist any more"
        )
    return made
