"""Pods of tests in a namespace."""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from tests.cluster.node import Node

Spec = dict[str, Any]


class Pods:
    """Applies pods with the annotations, waits for their phase, and reads their logs."""

    def __init__(self, node: Node, namespace: str, annotations: Mapping[str, str] | None = None) -> None:
        self.node = node
        self.namespace = namespace
        self.annotations = dict(annotations or {})

    def kubectl(self, *arguments: str, stdin: str = "") -> str:
        """Run kubectl in the namespace."""
        return self.node.kubectl("--namespace", self.namespace, *arguments, stdin=stdin)

    def manifest(self, name: str, spec: Spec, **annotations: str) -> dict[str, Any]:
        """Return the manifest of the pod; further annotations are named without the prefix, with `_` for `-`."""
        more = {
            f"vault.security.banzaicloud.io/{key.replace('_', '-')}": text
            for key, text in annotations.items()
        }
        metadata = {"name": name, "annotations": {**self.annotations, **more}}
        return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}

    def create(self, name: str, spec: Spec, **annotations: str) -> None:
        """Create the pod and return at once."""
        body = {"terminationGracePeriodSeconds": 20, **spec}
        self.kubectl("create", "-f", "-", stdin=json.dumps(self.manifest(name, body, **annotations)))

    def start(self, name: str, spec: Spec, **annotations: str) -> None:
        """Create the pod and return when it is ready."""
        self.create(name, spec, **annotations)
        self.wait(name)

    def finish(self, name: str, spec: Spec, **annotations: str) -> str:
        """Create the pod, which runs once and succeeds, and return its standard output."""
        self.create(name, {"restartPolicy": "Never", **spec}, **annotations)
        self.wait(name, "jsonpath={.status.phase}=Succeeded")
        return self.output(name)

    def fail(self, name: str, spec: Spec, **annotations: str) -> str:
        """Create the pod, which runs once and fails, and return its log."""
        self.create(name, {"restartPolicy": "Never", **spec}, **annotations)
        self.wait(name, "jsonpath={.status.phase}=Failed")
        return self.log(name)

    def wait(self, name: str, until: str = "condition=Ready", timeout_s: int = 60) -> None:
        """Run `kubectl wait`; a failure has the description of the pod and its log."""
        done = self._run("wait", f"--for={until}", f"pod/{name}", f"--timeout={timeout_s}s")
        if done.returncode:
            description = self._run("describe", "pod", name).stdout
            log = self._run("logs", name, "--all-containers")
            raise AssertionError(f"{done.stderr}\n{description}\n{log.stdout}{log.stderr}")

    def log(self, name: str) -> str:
        """Return the logs of the pod's containers: standard output and error."""
        return self.kubectl("logs", name, "--all-containers")

    def output(self, name: str, container: str = "app") -> str:
        """Return the standard output of the container, without standard error."""
        path = f"/api/v1/namespaces/{self.namespace}/pods/{name}/log?container={container}&stream=Stdout"
        return self.kubectl("get", "--raw", path)

    def expect(self, name: str, output: str) -> None:
        """Wait until the standard output of the container `app` is exactly this."""
        eventually(lambda: self.output(name) == output, lambda: f"it wrote {self.output(name)!r}")

    def get(self, name: str) -> dict[str, Any]:
        """The pod as the API server has it."""
        pod: dict[str, Any] = json.loads(self.kubectl("get", "pod", name, "-o", "json"))
        return pod

    def execute(self, name: str, *command: str) -> str:
        """Standard output of `kubectl exec … -- COMMAND`."""
        return self.kubectl("exec", name, "--", *command)

    def _run(self, *arguments: str) -> Any:
        return self.node.kubectl.run("--namespace", self.namespace, *arguments)


def eventually(condition: Callable[[], bool], why: Callable[[], str] = str, timeout_s: float = 30.0) -> None:
    """Return as soon as `condition()` is true; fail after `timeout_s` with `why()`."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"it did not happen within {timeout_s} s: {why()}"
        time.sleep(0.1)
