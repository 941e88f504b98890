"""The chart with its default values has the same objects as the manifests of kustomize."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.manifests.chart.rendering import NAMESPACE, OF_FILES, ROOT, SEGMENT, Objects, by_name, render
from tests.servers.helm import Helm
from tests.servers.kubectl import Kubectl
from webhook.commands.custom_kinds import with_custom_kinds

_OF_HELM = (
    "app.kubernetes.io/instance",
    "app.kubernetes.io/managed-by",
    "app.kubernetes.io/version",
    "helm.sh/chart",
    "checksum/settings",
)
_GO_WITH_THE_RELEASE = (("Secret", "vault-webhook-tls"), ("Lease", "vault-webhook"))
"""Objects that the webhook makes where there is no Helm to remove them."""
CUSTOM_OBJECTS = ROOT / "docs/custom-objects.md"
_IMAGES = ("vault-webhook", "vault-env", "vault-csi-provider")


def kustomize(tmp_path: Path, text: str) -> Objects:
    (tmp_path / "kustomization.yaml").write_text(text)
    return by_name(list(yaml.safe_load_all(Kubectl(tmp_path / "none")("kustomize", str(tmp_path)))))


def plain(value: Any) -> Any:
    """Return the object without the labels and annotations that Helm adds, and without empty maps of them."""
    if isinstance(value, list):
        named = all(isinstance(each, dict) and "name" in each for each in value)
        return [
            plain(each) for each in (sorted(value, key=lambda each: str(each["name"])) if named else value)
        ]
    if not isinstance(value, dict):
        return value
    fields = {key: plain(each) for key, each in value.items() if key not in _OF_HELM}
    return {key: each for key, each in fields.items() if each or key not in ("labels", "annotations")}


def without_own_label(objects: Objects) -> Objects:
    """Return the objects without the label of their name, which kustomize sets only on pods."""
    for each in objects.values():
        labels = each["metadata"].pop("labels", {})
        if rest := {key: text for key, text in labels.items() if key != "app.kubernetes.io/name"}:
            each["metadata"]["labels"] = rest
    return objects


def tagged(objects: Objects) -> Objects:
    text = yaml.safe_dump(list(objects.values()))
    for image in _IMAGES:
        text = text.replace(f"{image}:0.1", f"{image}:latest")
    return by_name(yaml.safe_load(text))


def of_chart(helm: Helm, *arguments: str) -> Objects:
    rendered = tagged(render(helm, *arguments))
    for kind, name in _GO_WITH_THE_RELEASE:
        rendered.pop((kind, NAMESPACE, name), None)
    return without_own_label({name: plain(each) for name, each in rendered.items()})


def registered(*kinds: str) -> Objects:
    """Return the configuration of `vault-webhook certificate`, filled in with the values of the chart."""
    text = (ROOT / "webhook/commands/webhook-configuration.yaml").read_text(encoding="utf-8")
    configuration = with_custom_kinds(yaml.safe_load(text), kinds)
    for webhook in configuration["webhooks"]:
        client = webhook["clientConfig"]
        client["service"]["path"] = f"/{SEGMENT}{client['service']['path']}"
        client["caBundle"] = "Q0E="
    return by_name([configuration])


@pytest.mark.servers
def test_the_webhook_is_that_of_kustomize(helm: Helm, tmp_path: Path) -> None:
    base = kustomize(tmp_path, f"resources: [{relative(tmp_path, 'base')}]")
    base.pop(("Namespace", "", NAMESPACE))
    assert of_chart(helm) == without_own_label({name: plain(each) for name, each in base.items()})


OVERLAYS = sorted(values.stem for values in (ROOT / "manifests/chart/examples").iterdir())


@pytest.mark.servers
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_an_overlay_is_the_example_of_its_name(helm: Helm, tmp_path: Path, overlay: str) -> None:
    folder, base = relative(tmp_path, f"overlays/{overlay}"), relative(tmp_path, "base")
    is_component = (
        "kind: Component" in (ROOT / "manifests/overlays" / overlay / "kustomization.yaml").read_text()
    )
    parts = f"resources: [{base}]\ncomponents: [{folder}]" if is_component else f"resources: [{folder}]"
    built = kustomize(tmp_path, parts)
    built.pop(("Namespace", "", NAMESPACE))
    values = ROOT / "manifests/chart/examples" / f"{overlay}.yaml"
    assert of_chart(helm, f"--values={values}") == without_own_label(
        {name: plain(each) for name, each in built.items()}
    )
    assert of_chart(helm, f"--values={values}") != of_chart(helm)


@pytest.mark.servers
def test_with_files_the_configuration_is_that_of_the_command(helm: Helm) -> None:
    ((name, configuration),) = registered().items()
    assert of_chart(helm, *OF_FILES)[name] == plain(configuration)


@pytest.mark.servers
def test_the_provider_is_that_of_kustomize(helm: Helm, tmp_path: Path) -> None:
    component = kustomize(tmp_path, f"components: [{relative(tmp_path, 'csi')}]")
    both = of_chart(helm, "--set", "csi.enabled=true,csi.vaultAddress=https://vault.vault:8200")
    assert {name: each for name, each in both.items() if name not in of_chart(helm)} == {
        name: plain(each) for name, each in component.items()
    }


@pytest.mark.servers
def test_the_operator_is_that_of_kustomize(helm: Helm, tmp_path: Path) -> None:
    component = kustomize(tmp_path, f"components: [{relative(tmp_path, 'sync')}]")
    both = of_chart(helm, "--set", "sync.enabled=true")
    added = {name: each for name, each in both.items() if name not in of_chart(helm)}
    definitions = [each for (kind, _, _), each in added.items() if kind == "CustomResourceDefinition"]
    policies = [each["metadata"].pop("annotations") for each in definitions]
    assert policies == 7 * [{"helm.sh/resource-policy": "keep"}]
    assert added == {name: plain(each) for name, each in component.items()}


@pytest.mark.servers
def test_kinds_of_custom_objects_are_those_of_kustomize_and_of_the_command(
    helm: Helm, tmp_path: Path
) -> None:
    (patch,) = re.findall(r"```yaml\n# kinds.yaml\n(.*?)```", CUSTOM_OBJECTS.read_text(), re.DOTALL)
    (tmp_path / "kinds.yaml").write_text(patch)
    base, component = relative(tmp_path, "base"), relative(tmp_path, "overlays/custom-objects")
    parts = f"resources: [{base}]\ncomponents: [{component}]\npatches: [{{path: kinds.yaml}}]"
    name = ("MutatingWebhookConfiguration", "", NAMESPACE)
    kinds = ("--set", "objects.kinds={databases.example.com}")
    assert of_chart(helm, *kinds)[name] == plain(kustomize(tmp_path, parts)[name])
    assert of_chart(helm, *kinds, *OF_FILES)[name] == plain(registered("databases.example.com")[name])


def relative(tmp_path: Path, part: str) -> str:
    """Return the path of a folder of manifests from `tmp_path`, in the form of kustomize."""
    return str(Path(*[".."] * len(tmp_path.parts[1:]), *(ROOT / "manifests" / part).parts[1:]))
