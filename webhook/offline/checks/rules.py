"""The table of rules of `vault-webhook check`; a test compares docs/check.md with it."""

from dataclasses import dataclass

ERROR, WARNING, NOTE = "error", "warning", "note"
SEVERITIES = (ERROR, WARNING, NOTE)


@dataclass(frozen=True)
class Rule:
    """One rule: the webhook refuses an error, or the program fails at its start."""

    id: str
    severity: str
    title: str
    remedy: str


RULES = (
    Rule("not-yaml", ERROR, "the file cannot be read as YAML", "correct the file; templates of Helm must be rendered first: helm template | vault-webhook check -f -"),
    Rule("repeated-key", WARNING, "a mapping has one key twice", "remove one of them; only the last counts"),
    Rule("not-text", ERROR, "a value that must be text is a number, a boolean, a mapping or a list", "put a number or boolean in quotes: \"true\", \"1000\"; correct the indentation if it is a mapping or list"),
    Rule("not-list", ERROR, "`command`, `args`, `env`, `envFrom` or `volumeMounts` of a container is no list", "write each entry after a -; command: [\"sh\", \"-c\", \"…\"]"),
    Rule("annotation-value", ERROR, "an annotation has a value that cannot be used", "write the accepted form, docs/annotations.md or docs/hashicorp-annotations.md"),
    Rule("annotation-refused", ERROR, "an annotation switches on a feature that this webhook, or the mode of the pod, does not have", "remove it; the message says what to do instead"),
    Rule("annotations-too-long", ERROR, "the annotations of an object are longer than Kubernetes stores", "shorten them; move long templates into a ConfigMap"),
    Rule("annotation-unknown", WARNING, "unknown annotation with one of our prefixes", "correct the key, or remove it"),
    Rule("annotation-ignored", WARNING, "an annotation has no effect, is not allowed by the operator, or is probably not as intended", "correct or remove it, or ask the operator"),
    Rule("annotation-misplaced", WARNING, "one of our keys is at a place, or on an object, where it has no effect", "write it as an annotation of the pod template, or, if it is for them, of the Secret or the ConfigMap"),
    Rule("reload", WARNING, "an annotation for reloads has no effect", "correct or remove it: docs/reload.md"),
    Rule("vault-address", ERROR, "an annotation names a Vault address that is not allowed", "write an address that the operator allows; the message says what is wrong with this one"),
    Rule("role", ERROR, "the role is a template that cannot be filled in", "use authmethod, name, namespace, path, serviceaccount"),
    Rule("reference", ERROR, "a value looks like a reference and is not a valid one", "write vault:path#key"),
    Rule("near-miss", WARNING, "a value is probably meant as a reference, or as another one: it is in quotes, begins or ends with an invisible character, or has vault:path#key inside of text", "remove such characters (in YAML, write |- instead of |; in a file of variables no quotes); inside of text write ${vault:path#key}"),
    Rule("docker-auth", WARNING, "an `auth` of a docker configuration, which must be base64, is a reference, and stays as it is", "write the reference in base64, or write username and password"),
    Rule("transit-key", ERROR, "a ciphertext without a transit key to decrypt it", "add the annotation transit-key-id"),
    Rule("from-path", ERROR, "vault-env-from-path cannot be read, or contradicts another annotation", "write path[#version], with commas between them; if two annotations contradict each other, remove one"),
    Rule("exec-mode", ERROR, "HashiCorp's annotations ask for exec mode without any secret, or for a container that does not exist", "as the message says: docs/hashicorp.md"),
    Rule("helper", ERROR, "annotations ask for a helper, vault-agent or consul-template, that cannot be in this pod", "as the message says: docs/helpers.md"),
    Rule("file-mode", ERROR, "HashiCorp's annotations ask for files that cannot be written there, or for an agent that cannot be in this pod", "as the message says: docs/hashicorp-files.md"),
    Rule("template", ERROR, "a template of HashiCorp's annotations that cannot be rendered", "as the message says: docs/consul-template.md"),
    Rule("template-warned", WARNING, "a template that reads a KV version 2 secret as one of version 1, or prints a call instead of a secret", "write .Data.data.KEY; leave out quotation marks for Helm"),
    Rule("lease-ends", WARNING, "exec mode reads credentials or a certificate that probably expire while the program runs", "add the annotation vault-env-daemon, or give their role a time that outlasts the program"),
    Rule("agent-command", WARNING, "agent-inject-command-NAME runs in an image that holds only vault-env, and the agent mounts nothing else", "have the program watch its file, write agent-inject-perms-NAME for a chmod, or bring the command with agent-copy-volume-mounts"),
    Rule("two-launchers", ERROR, "both families of annotations would start one container, or need something that only one of them can have", "drop one of them, or leave the container out; the message names the annotations"),
    Rule("mount", ERROR, "a container mounts something where vault-env, or the files of its agent, must be", "mount it elsewhere"),
    Rule("container-name", ERROR, "two containers of the pod have one name, which Kubernetes refuses", "rename one of them"),
    Rule("volume", ERROR, "the pod's volumes do not fit what the webhook adds", "rename or add the volume"),
    Rule("pod", WARNING, "the pod is valid, but probably not as intended", "as the message says, or correct the names"),
    Rule("container", WARNING, "a container is valid, but probably not as intended", "as the message says"),
    Rule("path-refused", ERROR, "the operator's VAULT_PATH_POLICY does not let the namespace name this path", "use a path of the namespace or a shared one"),
    Rule("path-warned", WARNING, "the same, under a policy that only warns", "use a path of the namespace or a shared one"),
    Rule("identity", ERROR, "references in a Secret or ConfigMap without a ServiceAccount to read them as", "add the annotation vault.security.banzaicloud.io/vault-serviceaccount, or mutate: skip for references that pods resolve"),
    Rule("not-kept", WARNING, "a value of an object with vault-refresh-after is read only once", "as the message says: docs/kept.md"),
    Rule("kept-references", WARNING, "the annotation kept-references was not written by the webhook or the operator", "leave it out; apply the object with its references"),
    Rule("entry-point-unknown", NOTE, "the entry point is only in the image", "set `command`, or check with --registry"),
    Rule("source-unknown", NOTE, "a ConfigMap or Secret with variables is in none of the files", "add its file, or check with --cluster"),
    Rule("image-never-pulled", ERROR, "the entry point is in an image that is only on the node", "set `command` in the container, or the annotation entrypoint"),
    Rule("variable", ERROR, "a variable of the launcher has a value that it cannot start with", "write the accepted form, docs/vault-env.md"),
    Rule("source-missing", WARNING, "a ConfigMap, Secret or file that a container has variables from does not exist yet, and may have references", "create it before the pod"),
    Rule("csi-parameter", ERROR, "a parameter of a SecretProviderClass for Vault is missing or wrong, or contradicts another one", "write the accepted form, docs/csi.md"),
    Rule("csi-unknown", ERROR, "a SecretProviderClass for Vault has a parameter that provider vault does not know", "correct the name, or remove it"),
    Rule("csi-objects", ERROR, "`objects` of a SecretProviderClass for Vault cannot be used", "as the message says: docs/csi.md"),
    Rule("csi-secret", ERROR, "`secretObjects` of a SecretProviderClass for Vault names a file that `objects` does not have: the driver makes no Secret", "correct the name, or add the object"),
    Rule("sync-kind", ERROR, "a kind of secrets.hashicorp.com that `vault-webhook sync` does not have", "docs/sync-resources.md has the kinds; leave the object to the Vault Secrets Operator, or replace it"),
    Rule("sync-field", ERROR, "a field of a VaultStaticSecret or another object of secrets.hashicorp.com is missing or wrong", "write the accepted form, docs/sync-resources.md"),
    Rule("sync-unknown", ERROR, "an object of secrets.hashicorp.com has a field that is not known, which kubectl refuses", "correct the name, or remove it"),
    Rule("sync-reference", ERROR, "an object of secrets.hashicorp.com refers to one that it may not use, or that lacks a field it needs", "as the message says: docs/sync-resources.md"),
    Rule("sync-reference-unknown", NOTE, "an object of secrets.hashicorp.com refers to one that is in none of the files", "add its file, or check that the cluster has it"),
    Rule("sync-destination", ERROR, "two objects of secrets.hashicorp.com write the same Secret", "give one of them another destination"),
    Rule("refused", ERROR, "the webhook would refuse the object", "as the message says"),
    Rule("warned", WARNING, "the webhook would warn", "as the message says"),
)  # fmt: skip

MIGRATION = (
    Rule("was-false", ERROR, "Bank-Vaults reads this text as false; here it is refused", "write false, or true if that was meant"),
    Rule("was-ignored", ERROR, "Bank-Vaults falls back to a default here; here the value is refused", "write the accepted form, or remove the annotation"),
    Rule("bare-number", WARNING, "a number without unit is zero for Bank-Vaults, and seconds here", "write the unit, e.g. 30s"),
    Rule("address-list", NOTE, "an annotated address must be the operator's or on a list", "the operator sets VAULT_ADDR_ALLOWLIST, as with Bank-Vaults since 1.23.1"),
    Rule("registry-verify", WARNING, "registry-skip-verify needs the operator's consent here", "the operator sets REGISTRY_CA_FILE, or REGISTRY_ALLOW_SKIP_VERIFY"),
    Rule("cloud-registry", WARNING, "Bank-Vaults reads images of ECR, Google and Azure with an identity in the cloud; here only pull secrets are used", "set `command`, or have the operator set DEFAULT_IMAGE_PULL_SECRET: docs/registry.md; nothing for a public image"),
    Rule("private-registry", WARNING, "Bank-Vaults reads images of any registry that its pods reach; here those of the cluster and with private addresses must be on a list", "set `command`, or have the operator set REGISTRY_PRIVATE_HOSTS, and REGISTRY_PLAIN_HTTP_HOSTS for one without TLS: docs/registry.md"),
    Rule("identity-of-webhook", ERROR, "Bank-Vaults reads these values with the webhook's own login; here it is never used", "add the annotation vault.security.banzaicloud.io/vault-serviceaccount"),
    Rule("config-map-annotation", WARNING, "references in a ConfigMap are resolved only if it has one of our annotations", "add the annotation vault.security.banzaicloud.io/vault-serviceaccount"),
    Rule("custom-object", WARNING, "a reference in an object of another kind stays as it is: the kind is not registered or Kubernetes' own, or the reference is in the metadata", "as the message says: docs/custom-objects.md"),
    Rule("skip-label", WARNING, "this label of Bank-Vaults' successor does not keep an object from the webhook", "use the label security.banzaicloud.io/mutate: skip"),
    Rule("escape", WARNING, "a backslash before a reference makes it text here; Bank-Vaults keeps it and resolves the reference", "remove the backslash"),
    Rule("precedence", NOTE, "a key of vault-env-from-path does not replace a variable of the container; with Bank-Vaults both are there", "rename one of them where they collide"),
    Rule("daemon-environment", NOTE, "with vault-env-daemon the program no longer sees the launcher's own variables", "name those that it needs in vault-env-passthrough"),
    Rule("token-mount", NOTE, "the token file is read where the volume is mounted, /vault-token, and is no longer copied to /vault/.vault-token", "have the program read VAULT_TOKEN_FILE, if it does"),
    Rule("missing-secrets", NOTE, "vault-ignore-missing-secrets works for Secrets and ConfigMaps too", "remove it if a missing key shall be an error"),
    Rule("agent-login", NOTE, "vault-agent is vault-env, which makes no ConfigMap, needs no added capability, and writes the token with mode 0644", "nothing, unless something reads the ConfigMap …-vault-agent-config"),
    Rule("helper-user", NOTE, "the helper's program runs as user 100 or as the pod's, without added capabilities", "run-as-non-root: \"false\", if it shall begin as root with them"),
    Rule("init-container", NOTE, "copy-vault-env runs without a shell, not as root, with a read-only root file system; its volume is read-only for the other containers", "set run-as-non-root or readonly-root-fs to false if that is not wanted"),
)  # fmt: skip
"""The rules that `--from bank-vaults` adds: differences for a manifest that works with Bank-Vaults."""

CSI_MIGRATION = (
    Rule("csi-whole-answer", NOTE, "a file without secretKey has an empty request_id, so that it changes only with its content", "nothing, unless the program reads request_id"),
    Rule("csi-kept", NOTE, "the answer to POST or PUT is cached until it or the pod's token expires; vault-csi-provider requests a new one at each mount", "nothing, unless each mount shall have a new one"),
    Rule("csi-arguments", NOTE, "two objects of one path with different secretArgs are two requests; vault-csi-provider gives both the first one's answer", "nothing, unless both shall have the same answer"),
)  # fmt: skip
"""The rules that `--from vault-csi-provider` adds: differences for a class that works with vault-csi-provider."""

FROM_INJECTOR = (
    Rule("agent-program", NOTE, "the agent is vault-env, in an image without a shell, and reads VAULT_ENV_AGENT in the place of VAULT_CONFIG", "nothing, unless a program or a tool looks into the agent's container"),
    Rule("agent-patch", WARNING, "a JSON Patch was written for the injector's container, which has other command, args and variables", "compare it with what `vault-webhook mutate` shows"),
    Rule("agent-role", NOTE, "HashiCorp's injector refuses a pod without role; here it is the name of the pod's ServiceAccount", "write the annotation role"),
    Rule("agent-requests", NOTE, "the agent requests 10m and 32Mi in each container in the place of 250m and 64Mi", "agent-requests-cpu and agent-requests-mem, if it shall request more"),
    Rule("service-list", NOTE, "an annotated address of Vault must be the operator's or on a list", "the operator sets VAULT_ADDR_ALLOWLIST"),
    Rule("files-read-only", NOTE, "the containers mount the files read-only", "the annotation vault-agent-secrets-writable, if a program writes there"),
    Rule("init-files", WARNING, "an init container that runs before the agent no longer mounts the volume of the files", "agent-init-first: \"true\" if it needs the files, else nothing; agent-inject-containers names it too if it writes there"),
    Rule("native-agent", NOTE, "the agent of a pod that ends by itself is a native sidecar, which does not keep it alive", "the annotation vault-agent-sidecar: container, if it shall be a container"),
    Rule("revoke-pause", NOTE, "the kubelet waits for agent-revoke-grace and the agent then revokes its token, where HashiCorp's runs a shell", "Kubernetes 1.30 or newer"),
)  # fmt: skip
"""The rules that `--from vault-k8s` adds: differences for a manifest that works with HashiCorp's injector."""

ORIGINS = {"bank-vaults": MIGRATION, "vault-k8s": FROM_INJECTOR, "vault-csi-provider": CSI_MIGRATION}
"""The rules that `--from` adds, by its argument."""

BY_ID = {rule.id: rule for rule in (*RULES, *MIGRATION, *FROM_INJECTOR, *CSI_MIGRATION)}
