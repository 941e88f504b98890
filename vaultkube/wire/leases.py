"""Leases: the one of several processes that does work for which there may be only one.

https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/lease-v1/
"""

from typing import TypedDict

from vaultkube.wire.meta import ObjectMeta


class LeaseSpec(TypedDict, total=False):
    """The holder, empty for none, and how long others leave it alone after they have seen it renew."""

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
