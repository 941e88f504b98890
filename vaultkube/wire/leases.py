"""Leases: the election of the one process, of several, that may do a piece of work.

https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/lease-v1/
"""

from typing import TypedDict

from vaultkube.wire.meta import ObjectMeta


class LeaseSpec(TypedDict, total=False):
    """The holder, empty for none, and the seconds that others wait after its last renewal."""

    holderIdentity: str
    leaseDurationSeconds: int
    leaseTransitions: int
    acquireTime: str
    renewTime: str


class Lease(TypedDict, total=False):
    """A Lease of coordination.k8s.io/v1."""

    apiVersion: str
    kind: str
    metadata: ObjectMeta
    spec: LeaseSpec
