"""Each rule finds its mistake in its place, and finds everything that the webhook refuses."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from webhook.offline.checks.checking import Checker
from webhook.offline.checks.rules import BY_ID, ERROR, MIGRATION
from webhook.offline.context import Manifests
from webhook.offline.documents import parse_documents
from webhook.offline.operator_settings import read_operator
from webhook.offline.preview import Surroundings, preview
from webhook.offline.reviewable import find_objects

PREFIX = "vault.security.banzaicloud.io/"
HASHICORP_PREFIX = "vault.hashicorp.com/"
REFERENCE = "vault:shop/data/db#password"
SURROUNDINGS = Surroundings(Manifests([]))
Where = tuple[str, str]


def found(*contents: Any, origin: str = "") -> list[Where]:
    """Rule and path of each finding."""
    documents = [document for content in contents for document in parse_documents(yaml.safe_dump(content))]
    objects = [found for document in documents for found in find_objects(document.content, "default")]
    checker = Checker(read_operator(None), Surroundings(Manifests(objects)), "default", origin)
    return [(one.rule_id, one.path) for document in documents for one in checker.findings(document)]


def pod(
    *containers: Mapping[str, Any], annotations: Mapping[str, str] | None = None, **spec: Any
) -> dict[str, Any]:
    named = {PREFIX + key: text for key, text in (annotations or {}).items()}
    metadata = {"name": "p", "annotations": named}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": {"containers": [*containers], **spec},
    }


def container(**fields: Any) -> dict[str, Any]:
    env = [{"name": "P", "value": REFERENCE}]
    return {"name": "app", "image": "app", "command": ["/app"], "env": env, **fields}


def secret(
    kind: str = "Secret", annotations: Mapping[str, str] | None = None, **fields: Any
) -> dict[str, Any]:
    named = {PREFIX + key: text for key, text in (annotations or {}).items()}
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": "s", "annotations": named}, **fields}


def annotation(key: str) -> str:
    return f'metadata.annotations["{PREFIX}{key}"]'


ANNOTATED = [
    ("vault-skip-verify", "maybe", "annotation-value"),
    ("vault-rolle", "shop", "annotation-unknown"),
    ("vault-agent-cpu", "100m", "annotation-ignored"),
    ("vault-skip-verify", "true", "annotation-ignored"),
    ("vault-addr", "https://localhost", "vault-address"),
    ("vault-auth-method", "github", "annotation-value"),
    ("vault-role", "{{ .nobody }}", "role"),
    ("vault-env-from-path", "a#b#c", "from-path"),
]


@pytest.mark.parametrize(("key", "text", "rule"), ANNOTATED)
def test_a_mistake_in_an_annotation_is_found_at_its_key(key: str, text: str, rule: str) -> None:
    assert found(pod(container(), annotations={key: text})) == [(rule, annotation(key))]


def test_annotations_that_no_object_can_have_are_found_by_their_rule_and_alone() -> None:
    long = {"vault-role": "x" * 300_000, "vault-rol": "shop"}
    for manifest in (
        pod(container(), annotations=long),
        secret(annotations=long, stringData={"a": REFERENCE}),
    ):
        assert found(manifest) == [("annotations-too-long", "metadata.annotations")]


def test_an_overruled_spelling_is_no_mistake() -> None:
    manifest = pod(container(), annotations={"vault-skip-verify": "maybe"})
    manifest["metadata"]["annotations"]["secrets-webhook.security.bank-vaults.io/vault-skip-verify"] = "false"
    assert found(manifest) == []


CONTAINERS = [
    (container(env=[{"name": "A"}, {"name": "B", "value": "vault:x"}]), "reference", "env[1].value"),
    (container(env=[{"name": "A", "value": "vault:v1:aGVsbG8="}]), "transit-key", "env[0].value"),
    (container(env=[{"name": "A", "value": "vault:a#b\n"}]), "near-miss", "env[0].value"),
    (container(volumeMounts=[{"name": "a", "mountPath": "/a"}, {"name": "b", "mountPath": "/vault"}]), "mount", "volumeMounts[1]"),
    (container(args=["$(P)"]), "container", ""),
    (container(command=None), "entry-point-unknown", "image"),
    (container(envFrom=[{"secretRef": {"name": "s"}}]), "source-unknown", "envFrom"),
    (container(env=[{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "k"}}}]), "source-unknown", "env"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "rule", "place"), CONTAINERS)
@pytest.mark.parametrize("key", ["containers", "initContainers"])
def test_a_mistake_in_a_container_is_found_in_its_place(
    one: dict[str, Any], rule: str, place: str, key: str
) -> None:
    manifest = pod()
    manifest["spec"][key] = [{"name": "first", "image": "x"}, one]
    assert found(manifest) == [(rule, f"spec.{key}[1]{'.' if place else ''}{place}")]


PODS = [
    (pod(container(), automountServiceAccountToken=False), "pod", "spec"),
    (pod(container(), volumes=[{"name": "vault-env", "hostPath": {"path": "/"}}]), "volume", "spec.volumes"),
    (pod(container(), annotations={"token-auth-mount": "v:t"}), "volume", "spec.volumes"),
    (pod(container(), nodeSelector={"kubernetes.io/os": "windows"}), "pod", "spec"),
]


@pytest.mark.parametrize(("manifest", "rule", "place"), PODS)
def test_a_mistake_of_the_pod_is_found(manifest: Any, rule: str, place: str) -> None:
    assert found(manifest) == [(rule, place)]


EXACT = [
    (pod(container(env=[{"name": "P", "value": REFERENCE}, {"name": "U", "value": "x$(P)"}])), "container", "spec.containers[0].env[1].value"),
    (pod(container(), container(name="copy-vault-env", env=[])), "refused", "spec.containers[1]"),
    (pod(container(), container()), "container-name", "spec.containers[1].name"),
    (pod(container(), annotations={"vault-env-from-path": "a/b", "vault-env-from-path-include": "app,x"}), "pod", annotation("vault-env-from-path-include")),
    (pod(container(), initContainers=[{"name": "copy-vault-env", "command": ["sh"]}]), "refused", "spec.initContainers[0]"),
    (pod(container(env=[{"name": "A", "valueFrom": {"fileKeyRef": {"volumeName": "v", "path": "f", "key": "k"}}}], command=None)), "source-missing", "spec.containers[0]"),
]  # fmt: skip


@pytest.mark.parametrize(("manifest", "rule", "place"), EXACT)
def test_a_mistake_of_one_field_is_found_at_that_field(manifest: Any, rule: str, place: str) -> None:
    assert found(manifest) == [(rule, place)]


def test_a_source_in_the_files_is_looked_into() -> None:
    source = secret("ConfigMap", data={"P": "vault:x"})
    user = container(env=[], envFrom=[{"configMapRef": {"name": "s"}}])
    assert found(source, pod(user)) == [("reference", "spec.containers[0].envFrom")]


@pytest.mark.parametrize(("mode", "rule"), [("enforce", "path-refused"), ("warn", "path-warned")])
def test_a_path_of_another_namespace_is_found_by_the_operators_policy(
    tmp_path: Path, mode: str, rule: str
) -> None:
    settings = tmp_path / "settings.yaml"
    data = {"VAULT_PATH_POLICY": "kv/data/{namespace}", "VAULT_PATH_POLICY_MODE": mode}
    settings.write_text(yaml.safe_dump({"kind": "ConfigMap", "data": data}))
    checker = Checker(read_operator(str(settings)), SURROUNDINGS, "shop")
    env = [{"name": "A", "value": "vault:kv/data/shop#a"}, {"name": "B", "value": "vault:kv/data/other#b"}]
    manifest = pod(container(env=env), annotations={"vault-env-from-path": "kv/data/other"})
    values = {"a": "vault:kv/data/shop#a", "b": "vault:kv/data/other#b"}
    named = secret(annotations={"vault-serviceaccount": "default"}, stringData=values)
    documents = [parse_documents(yaml.safe_dump(content))[0] for content in (manifest, named)]
    assert [(one.rule_id, one.path) for document in documents for one in checker.findings(document)] == [
        (rule, "spec.containers[0].env[1].value"),
        (rule, annotation("vault-env-from-path")),
        (rule, "stringData.b"),
    ]


def test_no_finding_shows_a_value_of_a_secret() -> None:
    named = {"vault-serviceaccount": "default"}
    manifest = secret(annotations=named, stringData={"a": "vault:hunter2", "b": "vault:a#hunter2#x"})
    (document,) = parse_documents(yaml.safe_dump(manifest))
    findings = list(Checker(read_operator(None), SURROUNDINGS, "default").findings(document))
    assert [one.rule_id for one in findings] == ["reference", "reference"]
    assert "hunter2" not in str(findings)


def test_a_secret_needs_an_identity_and_whole_references() -> None:
    assert found(secret(stringData={"a": REFERENCE})) == [("identity", "metadata.annotations")]
    named = {"vault-serviceaccount": "default"}
    assert found(secret(annotations=named, stringData={"a": REFERENCE, "b": "vault:x"})) == [
        ("reference", "stringData.b")
    ]
    assert found(secret(annotations=named, stringData={"a": "vault:v1:aGVsbG8="})) == [
        ("transit-key", "stringData.a")
    ]
    assert found(secret(annotations=named, stringData={"a": REFERENCE + "\n"})) == [
        ("near-miss", "stringData.a")
    ]


@pytest.mark.parametrize(
    "manifest",
    [
        pod({"name": "app", "image": "app"}),
        pod(container(), annotations={"mutate": "skip", "vault-agent": "true"}),
        {**pod(container(env=[{"name": "A", "value": "vault:x"}])), "metadata": {"namespace": "kube-system"}},
        secret("ConfigMap", data={"a": "text"}),
        {"kind": "Service"},
        [],
        "text",
    ],
)
def test_nothing_is_found_where_nothing_is_wrong(manifest: Any) -> None:
    assert found(manifest) == []


UNTYPED = [
    (pod(container(), annotations={"mutate-probes": True}), annotation("mutate-probes")),  # type: ignore[dict-item]
    (
        pod({"name": "a", "command": ["x"], "env": [{"name": "P", "value": 5}]}),
        "spec.containers[0].env[0].value",
    ),
    (secret("ConfigMap", {"vault-role": "x"}, data={"port": 8080, "a": "b"}), "data.port"),
    (secret(stringData={"ratio": 0.5}), "stringData.ratio"),
    ({**secret(), "metadata": {"name": "a", "namespace": False}}, "metadata.namespace"),
    ({**secret(), "metadata": {"name": 7}}, "metadata.name"),
]


@pytest.mark.parametrize(("manifest", "place"), UNTYPED)
def test_a_number_that_must_be_text_is_found(manifest: Any, place: str) -> None:
    assert found(manifest) == [("not-text", place)]
    (reviewed,) = find_objects(manifest, "default")
    answer = preview(reviewed, read_operator(None), SURROUNDINGS)
    assert answer.refusal == f"{place}: the API server accepts only text here: put the value in quotes"


NESTED = [
    (secret("ConfigMap", {"vault-role": "x", "data": {"a": REFERENCE}}), annotation("data")),  # type: ignore[dict-item]
    (pod(container(), annotations={"vault-role": ["a"]}), annotation("vault-role")),  # type: ignore[dict-item]
    (secret(stringData={"config": {"password": REFERENCE}}), "stringData.config"),
    (secret(stringData={"hosts": ["a", "b"]}), "stringData.hosts"),
    (pod(container(env=[{"name": "P", "value": {"key": REFERENCE}}])), "spec.containers[0].env[0].value"),
    (pod(container(env=[{"name": "P", "value": [REFERENCE]}])), "spec.containers[0].env[0].value"),
    (pod(container(command=["/app", {"port": "80"}])), "spec.containers[0].command[1]"),
    ({**secret(), "metadata": {"labels": {"app": {"name": "x"}}}}, "metadata.labels.app"),
]


@pytest.mark.parametrize(("manifest", "place"), NESTED)
def test_a_mapping_or_list_that_must_be_text_is_found(manifest: Any, place: str) -> None:
    assert found(manifest) == [("not-text", place)]
    (reviewed,) = find_objects(manifest, "default")
    answer = preview(reviewed, read_operator(None), SURROUNDINGS)
    assert answer.refusal.startswith(f"{place}: the API server accepts only text here, and this is a ")


NO_LISTS = [
    ({"command": "/app --port 80"}, "command"),
    ({"args": "--port"}, "args"),
    ({"env": {"PASSWORD": REFERENCE}}, "env"),
    ({"envFrom": {"configMapRef": {"name": "x"}}}, "envFrom"),
    ({"volumeMounts": {"a": "/b"}}, "volumeMounts"),
]


@pytest.mark.parametrize(("fields", "field"), NO_LISTS)
def test_a_field_that_must_be_a_list_is_found(fields: Mapping[str, Any], field: str) -> None:
    manifest, place = pod(container(**fields)), f"spec.containers[0].{field}"
    assert found(manifest) == [("not-list", place)]
    (reviewed,) = find_objects(manifest, "default")
    answer = preview(reviewed, read_operator(None), SURROUNDINGS)
    assert answer.refusal == f"{place}: the API server takes only a list here: write each entry behind a -"


def test_a_label_of_ours_is_found_in_every_object() -> None:
    label = PREFIX + "vault-role"
    labels = {"labels": {label: "shop"}}
    place = f'metadata.labels["{label}"]'
    labelled = pod(container())
    labelled["metadata"] |= labels
    assert found(labelled) == [("annotation-misplaced", place)]
    workload = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": labels,
        "spec": {"template": labelled},
    }
    assert found(workload) == [
        ("annotation-misplaced", place),
        ("annotation-misplaced", f"spec.template.{place}"),
    ]
    refused = {**secret(stringData={"a": REFERENCE}), "metadata": {"name": "s", **labels}}
    assert found(refused) == [("annotation-misplaced", place), ("identity", "metadata.annotations")]


def test_a_label_of_hashicorps_is_found_in_a_pod_unless_the_annotation_is_there_too() -> None:
    key = HASHICORP_PREFIX + "agent-inject"
    labelled = pod(container())
    labelled["metadata"] |= {"labels": {key: "true"}}
    assert found(labelled) == [("annotation-misplaced", f'metadata.labels["{key}"]')]
    labelled["metadata"] |= {"annotations": {key: "false"}}
    assert found(labelled) == []


def test_no_valid_pod_is_refused_and_no_crash() -> None:
    assert found(pod({"name": "app", "env": ["A=b"]})) == [("refused", "")]


ECR = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop:1"
MOVED = [
    (pod(container(), annotations={"vault-skip-verify": "yes"}), "was-false", annotation("vault-skip-verify")),
    (pod(container(), annotations={"transit-batch-size": "x"}), "was-ignored", annotation("transit-batch-size")),
    (pod(container(), annotations={"vault-env-delay": "5"}), "bare-number", annotation("vault-env-delay")),
    (pod(container(), annotations={"vault-addr": "https://v"}), "address-list", annotation("vault-addr")),
    (pod(container(), annotations={"registry-skip-verify": "true"}), "registry-verify", annotation("registry-skip-verify")),
    (pod(container(image=ECR, command=[])), "cloud-registry", "spec.containers[0].image"),
    (pod(container(image="registry.local:5000/shop", command=[])), "private-registry", "spec.containers[0].image"),
    (secret(data={}, stringData={"a": REFERENCE}), "identity-of-webhook", "metadata.annotations"),
    ({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": REFERENCE}}, "config-map-annotation", "metadata"),
    ({"apiVersion": "x/v1", "kind": "Custom", "spec": {"a": [{"b": REFERENCE}]}}, "custom-object", "spec.a[0].b"),
    ({**secret(), "metadata": {"labels": {"security.bank-vaults.io/mutate": "skip"}}}, "skip-label", 'metadata.labels["security.bank-vaults.io/mutate"]'),
    (pod(container(env=[{"name": "A", "value": f"x\\${{{REFERENCE}}}${{{REFERENCE}}}"}])), "escape", "spec.containers[0].env[0].value"),
    (pod(container(), annotations={"vault-env-from-path": "a/b"}), "precedence", annotation("vault-env-from-path")),
    (pod(container(), annotations={"vault-env-daemon": "true"}), "daemon-environment", annotation("vault-env-daemon")),
    (pod(container(), annotations={"token-auth-mount": "v:t"}, volumes=[{"name": "v"}]), "token-mount", annotation("token-auth-mount")),
    (secret(annotations={"vault-serviceaccount": "d", "vault-ignore-missing-secrets": "true"}, stringData={"a": REFERENCE}), "missing-secrets", annotation("vault-ignore-missing-secrets")),
    (pod(container(), annotations={"vault-agent": "true"}), "agent-login", annotation("vault-agent")),
    (pod(container(), annotations={"vault-agent-configmap": "c"}), "helper-user", annotation("vault-agent-configmap")),
    (pod(container()), "init-container", "spec"),
]  # fmt: skip


@pytest.mark.parametrize(("manifest", "rule", "place"), MOVED, ids=[row[1] for row in MOVED])
def test_each_change_from_bank_vaults_is_listed(manifest: Any, rule: str, place: str) -> None:
    moved = {row.id for row in MIGRATION}
    assert (rule, place) in found(manifest, origin="bank-vaults")
    assert not {rule for rule, _ in found(manifest)} & moved


def test_every_rule_of_the_migration_has_an_example() -> None:
    assert {row[1] for row in MOVED} == {rule.id for rule in MIGRATION}


@pytest.mark.parametrize(
    ("image", "is_cloud"),
    [
        (ECR, True),
        ("123456789012.dkr-ecr.eu-west-1.on.aws/shop", True),
        ("europe-docker.pkg.dev/shop/app/web:1", True),
        ("eu.gcr.io/shop/web", True),
        ("shop.azurecr.io/web@sha256:" + "0" * 64, True),
        ("public.ecr.aws/nginx/nginx:1", False),
        ("ghcr.io/shop/web:1", False),
        ("web", False),
        ("pkg.dev/web", False),
        ("azurecr.io.example.com/web", False),
    ],
)
def test_images_that_nodes_pull_by_their_identity_are_listed(image: str, is_cloud: bool) -> None:
    def listed(**fields: Any) -> bool:
        own = container(image=image, command=fields.pop("command", []))
        return "cloud-registry" in dict(found(pod(own, **fields), origin="bank-vaults"))

    assert listed() is is_cloud
    assert not listed(command=["/app"])
    assert not listed(imagePullSecrets=[{"name": "pull"}])
    assert not listed(annotations={"entrypoint": '{"app": ["/app"]}'})


@pytest.mark.parametrize(
    ("image", "is_private"),
    [
        ("registry:5000/shop", True),
        ("registry.svc.cluster.local/shop:1", True),
        ("10.1.2.3:5000/shop", True),
        ("localhost:5000/shop", True),
        ("registry.example.com:5000/shop", False),
        ("shop", False),
        ("Not/An Image", False),
    ],
)
def test_registries_that_the_operator_must_list_are_listed(
    image: str, is_private: bool, tmp_path: Path
) -> None:
    own = pod(container(image=image, command=[]))
    assert ("private-registry" in dict(found(own, origin="bank-vaults"))) is is_private
    file, environ = (
        tmp_path / "settings.yaml",
        {"VAULT_ADDR": "https://v", "REGISTRY_PRIVATE_HOSTS": "registry,10.*.*.*,localhost,*.svc.*.*"},
    )
    file.write_text(yaml.safe_dump({"kind": "ConfigMap", "data": environ}))
    (document,) = parse_documents(yaml.safe_dump(own))
    checker = Checker(read_operator(str(file)), SURROUNDINGS, "default", "bank-vaults")
    assert "private-registry" not in {one.rule_id for one in checker.findings(document)}


NEW, OLD = "secrets-reloader.security.bank-vaults.io/", "alpha.vault.security.banzaicloud.io/"
RELOADS = [
    ("Deployment", NEW + "reload-on-secret-change", "yes", 'must be "true"'),
    ("Deployment", NEW + "reload-on-secret-changes", "true", "the key is"),
    ("StatefulSet", OLD + "reload", "true", "the key is"),
    ("ReplicaSet", OLD + "reload-on-secret-change", "true", "a ReplicaSet is not reloaded"),
    ("DaemonSet", OLD + "reload-on-secret-change", "true", ""),
    ("Deployment", NEW + "reload-on-secret-change", "false", ""),
    ("Deployment", NEW + "secret-reload-count", "3", ""),
]


@pytest.mark.parametrize(("kind", "key", "text", "words"), RELOADS)
@pytest.mark.parametrize("at_pods", [False, True])
def test_an_annotation_after_which_nothing_is_reloaded_is_found(
    kind: str, key: str, text: str, words: str, at_pods: bool
) -> None:
    """Before, nothing said so, and the pods kept their old secrets."""
    annotated = {"annotations": {key: text}}
    template = {"metadata": annotated if at_pods else {}, "spec": {"containers": [container()]}}
    metadata = {"name": "a", **({} if at_pods else annotated)}
    manifest = {"apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": {"template": template}}
    (document,) = parse_documents(yaml.safe_dump(manifest))
    checker = Checker(read_operator(None), SURROUNDINGS, "default")
    told = [(one.path, one.message) for one in checker.findings(document) if one.rule_id == "reload"]
    place = f'{"spec.template." if at_pods else ""}metadata.annotations["{key}"]'
    assert [path for path, _ in told] == ([place] if words else [])
    assert all(words in message for _, message in told)


CUSTOM = {"apiVersion": "x.example/v1", "kind": "Custom", "metadata": {"annotations": {"a": REFERENCE}}}
INGRESS = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "spec": {"host": REFERENCE}}
LEFT = [
    (CUSTOM, "metadata.annotations.a", "metadata is not resolved"),
    ({**CUSTOM, "metadata": {}, "spec": {"a": REFERENCE}}, "spec.a", "--objects"),
    (INGRESS, "spec.host", "Kubernetes' own"),
    ({**INGRESS, "apiVersion": "policy/v1"}, "spec.host", "Kubernetes' own"),
    ({"kind": "List", "items": [secret(), INGRESS]}, "items[1].spec.host", "Kubernetes' own"),
]


@pytest.mark.parametrize(("manifest", "place", "words"), LEFT)
@pytest.mark.parametrize("registered", [False, True])
def test_a_reference_that_stays_says_why_and_what_works(
    manifest: Any, place: str, words: str, registered: bool
) -> None:
    """Before, the remedy for Ingresses was refused by the command, and annotations of registered kinds stayed unmentioned."""
    (document,) = parse_documents(yaml.safe_dump(manifest))
    kinds = ["customs.x.example"] if registered else []
    checker = Checker(read_operator(None, kinds), SURROUNDINGS, "default", "bank-vaults")
    stays = [one for one in checker.findings(document) if one.rule_id == "custom-object"]
    if registered and words == "--objects":
        assert stays == []
    else:
        assert [one.path for one in stays] == [place]
        assert words in stays[0].message


@pytest.mark.parametrize("kinds", [[], ["customs.x.example"]])
def test_the_copy_of_an_object_that_kubectl_keeps_is_no_reference(kinds: list[str]) -> None:
    key = "kubectl.kubernetes.io/last-applied-configuration"
    manifest = {**CUSTOM, "metadata": {"annotations": {key: f'{{"spec":{{"a":"${{{REFERENCE}}}"}}}}'}}}
    (document,) = parse_documents(yaml.safe_dump(manifest))
    checker = Checker(read_operator(None, kinds), SURROUNDINGS, "default", "bank-vaults")
    assert list(checker.findings(document)) == []


VALUES = st.sampled_from(
    [REFERENCE, "vault:x", "text", "vault:8200", "$(B)", "${vault:a#b}", "${vault:a#${.x | nope}}"]
)
ENTRIES = st.builds(lambda name, value: {"name": name, "value": value}, st.sampled_from("ABC"), VALUES)
CONTAINER = st.fixed_dictionaries(
    {"name": st.sampled_from(["app", "other"]), "image": st.just("i"), "env": st.lists(ENTRIES, max_size=3)},
    optional={
        "command": st.lists(VALUES, max_size=2),
        "args": st.lists(VALUES, max_size=2),
        "volumeMounts": st.lists(
            st.builds(
                lambda path: {"name": "v", "mountPath": path},
                st.sampled_from(["/vault", "/data", "/vault-tls/"]),
            ),
            max_size=2,
        ),
    },
)
TEXTS = st.sampled_from(
    ["true", "no", "", "5", "a/b", "a#b#c", "https://v", "ftp://v", "v:t", "{{ .x }}", "jwt"]
)
KEYS = st.sampled_from(
    [
        "mutate",
        "vault-addr",
        "vault-role",
        "vault-skip-verify",
        "vault-env-from-path",
        "vault-env-from-path-include",
        "vault-agent",
        "vault-agent-configmap",
        "vault-ct-configmap",
        "token-auth-mount",
        "vault-token-audience",
        "vault-jwt-file",
        "entrypoint",
        "vault-env-delay",
        "provider",
        "nonsense",
    ]
)


@given(
    st.lists(CONTAINER, max_size=2),
    st.lists(CONTAINER, max_size=1),
    st.dictionaries(KEYS, TEXTS, max_size=3),
    st.sampled_from([{}, {"volumes": [{"name": "vault-env"}]}, {"automountServiceAccountToken": False}]),
)
def test_an_error_is_found_if_and_only_if_the_webhook_refuses(
    containers: list[Any], init_containers: list[Any], annotations: dict[str, str], spec: dict[str, Any]
) -> None:
    manifest = pod(*containers, annotations=annotations, initContainers=init_containers, **spec)
    operator = read_operator(None)
    (reviewed,) = find_objects(manifest, "default")
    answer = preview(reviewed, operator, SURROUNDINGS)
    untouched = not answer.refusal and answer.content == reviewed.content  # the webhook reads no role then
    errors = {rule for rule, _ in found(manifest) if BY_ID[rule].severity == ERROR}
    errors -= {"role"} if untouched else set()
    assert bool(errors) == bool(answer.refusal), (errors, answer.refusal)
    assert "refused" not in errors, answer.refusal


@pytest.mark.parametrize("values", [{"a": "x"}, {"a": REFERENCE}])
def test_kept_references_in_a_manifest_are_found_whatever_secret_has_their_key(values: Any) -> None:
    named = {"vault-serviceaccount": "s", "vault-refresh-after": "5m", "kept-references": "{}"}
    manifest = secret(annotations=named, stringData=values)
    assert found(manifest) == [("kept-references", annotation("kept-references"))]
    (reviewed,) = find_objects(manifest, "default")
    (warning,) = preview(reviewed, read_operator(None), SURROUNDINGS).warnings
    assert "the annotation was written by somebody else" in warning


def test_a_value_that_cannot_be_refreshed_is_found_in_a_refreshed_object() -> None:
    named = {"vault-serviceaccount": "default", "vault-refresh-after": "5m"}
    texts = {"stringData": {"url": f"x://${{{REFERENCE}}}@y", "key": REFERENCE}}
    assert found(secret(annotations=named, **texts)) == [("not-kept", "stringData.url")]
    assert found(secret(annotations={**named, "vault-refresh-text": "true"}, **texts)) == []
    assert found(secret(annotations={"vault-serviceaccount": "default"}, **texts)) == []
