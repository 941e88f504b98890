"""The review in the measurements: a Deployment's pod of 5 to 6 KB as the API server sends it, with four references."""

import json
from typing import Any

_PREFIX = "vault.security.banzaicloud.io/"


def review(uid: str = "00000000-0000-0000-0000-000000000000") -> bytes:
    """Return the AdmissionReview."""
    kind = {"group": "", "version": "v1", "kind": "Pod"}
    resource = {"group": "", "version": "v1", "resource": "pods"}
    request = {
        "uid": uid,
        "kind": kind,
        "resource": resource,
        "requestKind": kind,
        "requestResource": resource,
        "namespace": "shop",
        "operation": "CREATE",
        "userInfo": {
            "username": "system:serviceaccount:kube-system:replicaset-controller",
            "groups": [
                "system:serviceaccounts",
                "system:serviceaccounts:kube-system",
                "system:authenticated",
            ],
        },
        "object": pod(),
        "oldObject": None,
        "dryRun": False,
        "options": {"kind": "CreateOptions", "apiVersion": "meta.k8s.io/v1"},
    }
    return json.dumps(
        {"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "request": request},
        separators=(",", ":"),
    ).encode()


def pod() -> dict[str, Any]:
    """Return the pod: two containers, twenty variables, four of them references."""
    return {
        "kind": "Pod",
        "apiVersion": "v1",
        "metadata": {
            "generateName": "storefront-7c9d8b6f5d-",
            "namespace": "shop",
            "labels": {"app.kubernetes.io/name": "storefront", "app.kubernetes.io/version": "4.2.1", "pod-template-hash": "7c9d8b6f5d"},
            "annotations": {
                _PREFIX + "vault-addr": "https://vault.example.com",
                _PREFIX + "vault-role": "shop",
                _PREFIX + "vault-path": "09999-demo-cluster",
                "prometheus.io/scrape": "true",
                "prometheus.io/port": "9090",
            },
            "ownerReferences": [
                {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "storefront-7c9d8b6f5d", "uid": "5b1f0d52-6a2e-4a0e-9a94-1d1d4b1d7a11", "controller": True, "blockOwnerDeletion": True}
            ],
            "managedFields": [
                {
                    "manager": "kube-controller-manager",
                    "operation": "Update",
                    "apiVersion": "v1",
                    "time": "2026-01-01T00:00:00Z",
                    "fieldsType": "FieldsV1",
                    "fieldsV1": {"f:metadata": {"f:generateName": {}, "f:labels": {".": {}, "f:app": {}}}, "f:spec": {"f:containers": {'k:{"name":"app"}': {".": {}, "f:env": {}, "f:image": {}}}}},
                }
            ],
        },
        "spec": {
            "volumes": [
                {"name": "kube-api-access-x2x7k", "projected": {"sources": [{"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}}, {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}}], "defaultMode": 420}},
                {"name": "tmp", "emptyDir": {}},
            ],
            "containers": [
                _container("app", "registry.example.com/shop/storefront:4.2.1", 4, 12),
                _container("metrics", "registry.example.com/shop/exporter:1.9.0", 0, 4),
            ],
            "restartPolicy": "Always",
            "terminationGracePeriodSeconds": 30,
            "dnsPolicy": "ClusterFirst",
            "serviceAccountName": "storefront",
            "serviceAccount": "storefront",
            "securityContext": {"runAsNonRoot": True, "runAsUser": 10001, "fsGroup": 10001, "seccompProfile": {"type": "RuntimeDefault"}},
            "schedulerName": "default-scheduler",
            "tolerations": [
                {"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300},
                {"key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300},
            ],
            "priority": 0,
            "enableServiceLinks": True,
            "preemptionPolicy": "PreemptLowerPriority",
        },
        "status": {},
    }  # fmt: skip


def _container(name: str, image: str, references: int, texts: int) -> dict[str, Any]:
    probe = {"httpGet": {"path": "/healthz", "port": 8080, "scheme": "HTTP"}, "timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}  # fmt: skip
    secret = (
        {"name": f"SECRET_{index}", "value": f"vault:09999-demo-cluster/data/shop/database#password_{index}"}
        for index in range(references)
    )
    plain = (
        {"name": f"SETTING_{index}", "value": f"https://service-{index}.shop.svc.cluster.local:8443/v1"}
        for index in range(texts)
    )
    return {
        "name": name,
        "image": image,
        "command": ["/usr/bin/" + name],
        "args": ["--listen=:8080", "--log-format=json", "--config=/etc/app/config.yaml"],
        "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}],
        "env": [*secret, *plain],
        "resources": {
            "limits": {"cpu": "1", "memory": "512Mi"},
            "requests": {"cpu": "100m", "memory": "256Mi"},
        },
        "volumeMounts": [
            {"name": "tmp", "mountPath": "/tmp"},
            {"name": "kube-api-access-x2x7k", "readOnly": True, "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"},
        ],
        "livenessProbe": probe,
        "readinessProbe": probe,
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "imagePullPolicy": "IfNotPresent",
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "readOnlyRootFilesystem": True},
    }  # fmt: skip
