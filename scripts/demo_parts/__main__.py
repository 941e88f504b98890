"""The demonstration: the webhook changes three pods; then their commands run here, with a file instead of Vault."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from scripts.demo_parts import pods, show
from scripts.demo_parts.patch import apply
from scripts.demo_parts.registry import Registry
from scripts.demo_parts.webhook import DemoFailed, Webhook
from webhook.certificates.making import make_certificate

_LAUNCHER, _SERVER = "/vault/vault-env", "/server"


def main() -> int:
    """Run the demonstration; return 0 only if all programs got their secrets."""
    with tempfile.TemporaryDirectory(prefix="vault-webhook-demo-") as name:
        try:
            _demonstrate(Path(name))
        except DemoFailed as error:
            print(f"\nThe demonstration failed: {error}", file=sys.stderr)
            return 1
    return 0


def _demonstrate(folder: Path) -> None:
    store = folder / "secrets.json"
    store.write_text(json.dumps(pods.SECRETS))
    with _registry(folder) as registry, _webhook(folder, registry) as webhook:
        show.heading(
            f"The webhook listens at https://{webhook.address}, a registry with one image at {registry.host}."
        )
        print("There is no API server here: this program sends the pods as it would.")

        show.heading("The pod of the manual's Deployment: one key of one path")
        _through(webhook, pods.manual_pod(), store, pods.SECRETS[pods.PATH]["test"])

        show.heading(
            "A pod without a command: its image's entry point comes from the registry; all keys of a path"
        )
        _through(webhook, pods.image_pod(registry.reference), store, pods.SECRETS[pods.PATH]["GREETING"])
        if not registry.requests:
            raise DemoFailed("the registry was not asked for the image")

        server = folder / "server"
        server.write_text(pods.SERVER)
        server.chmod(0o755)
        show.heading(
            "A pod with HashiCorp's annotations: a template makes the variables of a program without a shell"
        )
        _through(
            webhook,
            pods.api_pod(),
            store,
            pods.SECRETS[pods.API_PATH]["DATABASE_URL"],
            {_SERVER: str(server)},
        )
    show.heading("All programs saw their secrets; the pods hold only references.")


def _through(
    webhook: Webhook,
    pod: dict[str, Any],
    store: Path,
    secret: str,
    programs: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Send `pod`, show the webhook's changes, run its program, and check that `secret` arrived.

    `programs` has a replacement on this machine for each program of the image.
    """
    changed = apply(pod, webhook.review(pod))
    if secret in json.dumps(changed):
        raise DemoFailed("the secret stands in the pod")
    show.difference(pod, changed)
    output = _run(changed["spec"]["containers"][0], store, programs)
    for line in output:
        print(f"  the program says: {line}")
    if secret not in output:
        raise DemoFailed("the program did not see its secret")


def _run(container: dict[str, Any], store: Path, programs: Mapping[str, str]) -> list[str]:
    """Run the container's command as a process of this machine; return its output until it sleeps or ends."""
    address = f"file://{store}"
    replaced = {_LAUNCHER: str(Path(sys.executable).with_name("vault-env")), **programs}
    words = [replaced.get(word, word) for word in (*container["command"], *container.get("args", ()))]
    variables = {entry["name"]: _expanded(entry["value"]) for entry in container["env"]}
    print("\n  run here, with these substitutions:")
    for name, stand_in in {**replaced, f"VAULT_ADDR {variables['VAULT_ADDR']}": address}.items():
        print(f"    {name} -> {stand_in}")
    environ = {"PATH": os.environ.get("PATH", ""), **variables, "VAULT_ADDR": address}
    with subprocess.Popen(
        [_expanded(word) for word in words],
        env=environ,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            return list(_lines(process))
        finally:
            os.killpg(process.pid, signal.SIGTERM)


def _lines(process: "subprocess.Popen[str]") -> Iterator[str]:
    for line in process.stdout or ():
        yield line.rstrip("\n")
        if line.startswith("going to sleep"):
            return


def _expanded(word: str) -> str:
    """Return the word or the value as the kubelet expands it if it names no variable."""
    return word.replace("$$", "$")


@contextlib.contextmanager
def _registry(folder: Path) -> Iterator[Registry]:
    certificate = make_certificate(["127.0.0.1"], days=1)
    files = {
        "registry-ca.crt": certificate.ca,
        "registry.crt": certificate.chain,
        "registry.key": certificate.key,
    }
    for name, text in files.items():
        (folder / name).touch(mode=0o600)
        (folder / name).write_bytes(text)
    with Registry(
        "demo/greeter", pods.IMAGE_CONFIG, folder / "registry.crt", folder / "registry.key"
    ) as registry:
        yield registry


def _webhook(folder: Path, registry: Registry) -> Webhook:
    kubeconfig = folder / "kubeconfig.json"
    kubeconfig.write_text(json.dumps(_no_cluster()))
    return Webhook(
        folder,
        {
            "VAULT_ADDR": pods.VAULT_ADDRESS,
            "VAULT_ADDR_ALLOWLIST": pods.VAULT_ADDRESS,
            "VAULT_ENV_IMAGE": "vault-env:demo",
            "KUBECONFIG": str(kubeconfig),
            "REGISTRY_CA_FILE": str(folder / "registry-ca.crt"),
            "REGISTRY_PRIVATE_HOSTS": registry.host,
            "METRICS_DIR": str(folder),
        },
    )


def _no_cluster() -> dict[str, Any]:
    return {
        "current-context": "none",
        "contexts": [{"name": "none", "context": {"cluster": "none", "user": "none"}}],
        "clusters": [{"name": "none", "cluster": {"server": "https://127.0.0.1:1"}}],
        "users": [{"name": "none", "user": {}}],
    }


if __name__ == "__main__":
    sys.exit(main())
