"""Provisioning in idempotent steps: the mounts, and the role and policy of a namespace."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import hvac
import requests
from hvac.exceptions import InvalidPath, VaultError

from vaultkube.errors import InvalidSetting, WebhookError
from vaultkube.provisioning.layout import Layout, policy_text, shared_policy_text

REMEDY = "check VAULT_ADDR, VAULT_CACERT and VAULT_TOKEN"


class ProvisioningFailed(WebhookError):
    """Vault refused a step; the steps before it are done, and all can be repeated."""


@dataclass(frozen=True)
class KubernetesAuth:
    """Vault's access to the API server for token reviews: https://developer.hashicorp.com/vault/api-docs/auth/kubernetes."""

    host: str
    ca: str
    reviewer_token: str = field(repr=False)


class Provisioning:
    """Does the steps with a client that has the needed rights. All methods raise ProvisioningFailed."""

    def __init__(
        self, client: hvac.Client, layout: Layout, report: Callable[[str], None], remedy: str = REMEDY
    ) -> None:
        """`report` is called with a line for each thing created or removed; `remedy` is the end of failure messages."""
        self._remedy = remedy
        self._client = client
        self._layout = layout
        self._report = report

    def mount(self, auth: KubernetesAuth | None) -> None:
        """Mount KV v2 and the kubernetes auth method at the cluster's name, and configure the latter with `auth`."""
        sys_, cluster = self._client.sys, self._layout.cluster
        place = f"{cluster}/"
        if place not in self._fields("list secret mounts", sys_.list_mounted_secrets_engines):
            self._call(
                "mount KV v2", sys_.enable_secrets_engine, "kv", path=cluster, options={"version": "2"}
            )
            self._report(f"mounted KV v2 at {cluster}")
        if place not in self._fields("list auth mounts", sys_.list_auth_methods):
            if auth is None:
                raise InvalidSetting(
                    "the auth method is not mounted yet: say --kubernetes-host, and --kubernetes-ca-file "
                    "where Vault runs outside of the cluster"
                )
            self._call("mount kubernetes auth", sys_.enable_auth_method, "kubernetes", path=cluster)
            self._report(f"mounted kubernetes auth at auth/{cluster}")
        if auth is not None:
            self._call(
                "configure kubernetes auth",
                self._client.auth.kubernetes.configure,
                kubernetes_host=auth.host,
                kubernetes_ca_cert=auth.ca or None,
                token_reviewer_jwt=auth.reviewer_token or None,
                disable_local_ca_jwt=bool(auth.ca),
                mount_point=cluster,
            )
            self._report(f"configured auth/{cluster} for {auth.host}")

    def shared_policy(self) -> None:
        """Write the policy for all namespaces."""
        mounts = self._fields("list auth mounts", self._client.sys.list_auth_methods)
        cluster = self._layout.cluster
        self._write_policy("", shared_policy_text(cluster, str(mounts[f"{cluster}/"]["accessor"])))
        self._report(f"policy {self._layout.policy_name('')} for all namespaces")

    def namespace(self, namespace: str) -> None:
        """Write the policy and role of a namespace, also over existing ones."""
        layout = self._layout
        if not layout.one_policy:
            self._write_policy(namespace, policy_text(layout.cluster, namespace))
        self._write(f"write role {namespace}", self._role_path(namespace), layout.role(namespace))
        self._report(
            f"namespace {namespace}: role {namespace} for tokens with audience {layout.audience}, "
            f"path {layout.cluster}/data/{namespace}"
        )

    def ensure(self, namespace: str) -> None:
        """Write the policy and role of a namespace if they are missing or differ; a policy for all is written separately."""
        layout = self._layout
        role = self._read(f"read role {namespace}", self._role_path(namespace))
        if layout.is_role(namespace, role) and (layout.one_policy or self._has_policy(namespace)):
            return
        if not layout.one_policy:
            self._write_policy(namespace, policy_text(layout.cluster, namespace))
        self._write(f"write role {namespace}", self._role_path(namespace), layout.role(namespace))
        self._report(f"namespace {namespace}: role {namespace}, path {layout.cluster}/data/{namespace}")

    def remove(self, namespace: str) -> None:
        """Remove the role and policy of a namespace, if they exist; its secrets stay."""
        if not self._read(f"read role {namespace}", self._role_path(namespace)):
            return
        # The role is removed last: it shows another attempt that the removal is incomplete.
        if not self._layout.one_policy:
            self._call(f"remove the policy of {namespace}", self._client.delete, self._policy_path(namespace))
        self._call(f"remove role {namespace}", self._client.delete, self._role_path(namespace))
        self._report(f"namespace {namespace}: its role is removed, its secrets stay")

    def _has_policy(self, namespace: str) -> bool:
        found = self._read(f"read the policy of {namespace}", self._policy_path(namespace))
        return found.get("policy") == policy_text(self._layout.cluster, namespace)

    def _write_policy(self, namespace: str, text: str) -> None:
        step = f"write policy {self._layout.policy_name(namespace)}"
        self._write(step, self._policy_path(namespace), {"policy": text})

    def _role_path(self, namespace: str) -> str:
        return f"auth/{self._layout.cluster}/role/{namespace}"

    def _policy_path(self, namespace: str) -> str:
        return f"sys/policies/acl/{self._layout.policy_name(namespace)}"

    def _read(self, step: str, path: str) -> Mapping[str, Any]:
        try:
            return self._fields(step, self._client.read, path)
        except ProvisioningFailed as error:
            if isinstance(error.__cause__, InvalidPath):
                return {}
            raise

    def _write(self, step: str, path: str, fields: Mapping[str, object]) -> None:
        self._call(step, self._client.write_data, path, data=dict(fields))

    def _fields(self, step: str, function: Callable[..., Any], *args: Any) -> Mapping[str, Any]:
        """Return `data` of the answer, nothing of it where hvac has none for a path that is not there."""
        found = self._call(step, function, *args)
        if found is None:
            return {}
        fields = found.get("data") if isinstance(found, dict) else None
        if not isinstance(fields, dict):
            raise self._not_of_vault(step)
        return fields

    def _call(self, step: str, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        try:
            found = function(*args, **kwargs)
        except (VaultError, requests.RequestException) as error:
            kind = type(error).__name__
            raise ProvisioningFailed(f"cannot {step}: {kind}; {self._remedy}") from error
        if isinstance(found, requests.Response) and found.status_code != requests.codes.no_content:
            # hvac returns a Response for a redirect, and for an answer that is not JSON, such as a load balancer's page.
            raise self._not_of_vault(step)
        return found

    def _not_of_vault(self, step: str) -> ProvisioningFailed:
        return ProvisioningFailed(f"cannot {step}: the answer is not Vault's; {self._remedy}")
