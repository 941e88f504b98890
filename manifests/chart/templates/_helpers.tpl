{{- define "vault-webhook.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* The release's name, with the chart's behind it if it is not in it; room is left for the longest suffix. A Service's name has no dots, as a release's may, and begins with a letter. */}}
{{- define "vault-webhook.fullname" -}}
{{- $name := include "vault-webhook.name" . -}}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- $found := .Values.fullnameOverride | default $full | replace "." "-" | trunc 50 | trimSuffix "-" -}}
{{- if not (regexMatch "^[a-z]" $found) }}
{{- fail (printf "a Service cannot be called %s, as its name must begin with a letter: give fullnameOverride, or install the release by another name" $found) }}
{{- end }}
{{- $found -}}
{{- end -}}

{{/* The nodeSelector of pods: Linux, unless the given one says otherwise. */}}
{{- define "vault-webhook.nodes" -}}
{{- mergeOverwrite (dict "kubernetes.io/os" "linux") (. | default dict) | toYaml -}}
{{- end -}}

{{/* How pods spread: (list constraints labels). A constraint without a labelSelector is for the pods with those labels. */}}
{{- define "vault-webhook.spread" -}}
{{- with index . 0 -}}
topologySpreadConstraints:
  {{- range . }}
  - {{- toYaml . | nindent 4 }}
    {{- if not (hasKey . "labelSelector") }}
    labelSelector:
      matchLabels: {{- index $ 1 | nindent 8 }}
    {{- end }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* Whether there is a PodDisruptionBudget: one that allows no eviction would only stop the nodes' maintenance. */}}
{{- define "vault-webhook.hasBudget" -}}
{{- $budget := .Values.podDisruptionBudget -}}
{{- $least := $budget.minAvailable -}}
{{- $none := and (not (hasKey $budget "maxUnavailable")) (not (kindIs "string" $least)) (ge (int $least) (int .Values.replicaCount)) -}}
{{- if and $budget.enabled (not $none) }}true{{ end -}}
{{- end -}}

{{- define "vault-webhook.labels" -}}
{{ include "vault-webhook.selector" . }}
{{ include "vault-webhook.origin" . }}
{{- end -}}

{{- define "vault-webhook.origin" -}}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "vault-webhook.selector" -}}
app.kubernetes.io/name: {{ include "vault-webhook.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "vault-webhook.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "vault-webhook.fullname" .) -}}
{{- else -}}
{{- required "serviceAccount.name is needed where serviceAccount.create is false" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* An image: (list root image). A tag that begins with sha256: is a digest. */}}
{{- define "vault-webhook.image" -}}
{{- $root := index . 0 -}}{{- $image := index . 1 -}}
{{- $tag := $image.tag | default $root.Chart.AppVersion -}}
{{- printf "%s%s%s" $image.repository (ternary "@" ":" (hasPrefix "sha256:" $tag)) $tag -}}
{{- end -}}

{{- define "vault-webhook.tlsSecret" -}}
{{- .Values.certificate.secretName | default (printf "%s-tls" (include "vault-webhook.fullname" .)) -}}
{{- end -}}

{{/* Expressions that every webhook, and the guard, select namespaces by. */}}
{{- define "vault-webhook.namespaces" -}}
- key: kubernetes.io/metadata.name
  operator: NotIn
  values: {{ append (.Values.excludedNamespaces | default list) .Release.Namespace | uniq | toJson }}
{{- with (.Values.namespaceSelector).matchExpressions }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "vault-webhook.objects" -}}
- key: security.banzaicloud.io/mutate
  operator: NotIn
  values: [skip]
{{- with (.Values.objectSelector).matchExpressions }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Both selectors of a webhook or of the guard: (list root part), with the part's own conditions behind those of all. */}}
{{- define "vault-webhook.selectors" -}}
{{- $root := index . 0 -}}{{- $part := index . 1 -}}
namespaceSelector:
  matchExpressions:
    {{- include "vault-webhook.namespaces" $root | nindent 4 }}
    {{- with ($part.namespaceSelector).matchExpressions }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with merge (dict) (($part.namespaceSelector).matchLabels | default dict) (($root.Values.namespaceSelector).matchLabels | default dict) }}
  matchLabels: {{- toYaml . | nindent 4 }}
  {{- end }}
objectSelector:
  matchExpressions:
    {{- include "vault-webhook.objects" $root | nindent 4 }}
    {{- with ($part.objectSelector).matchExpressions }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with merge (dict) (($part.objectSelector).matchLabels | default dict) (($root.Values.objectSelector).matchLabels | default dict) }}
  matchLabels: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{/* The settings of the webhook. Text of `env` is taken as it is; a number or a boolean as Go writes it. */}}
{{- define "vault-webhook.settings" -}}
{{- $mode := .Values.certificate.mode }}
CERTIFICATE: {{ $mode }}
{{- if ne $mode "self-managed" }}
TLS_CERT_FILE: /tls/tls.crt
TLS_PRIVATE_KEY_FILE: /tls/tls.key
{{- end }}
{{- if eq $mode "files" }}
PATH_SEGMENTS_FILE: /tls/path-segments
{{- else }}
{{- $full := include "vault-webhook.fullname" . }}
{{- range $name, $value := dict "SERVICE" $full "WEBHOOK_CONFIGURATION" $full }}
{{- if ne $value "vault-webhook" }}
{{ $name }}: {{ $value }}
{{- end }}
{{- end }}
{{- if ne (include "vault-webhook.tlsSecret" .) "vault-webhook-tls" }}
CERTIFICATE_SECRET: {{ include "vault-webhook.tlsSecret" . }}
{{- end }}
{{- end }}
VAULT_ADDR: {{ .Values.vault.address | quote }}
VAULT_ADDR_ALLOWLIST: {{ .Values.vault.allowedAddresses | join "," | quote }}
VAULT_ENV_IMAGE: {{ include "vault-webhook.image" (list . .Values.vaultEnv) | quote }}
{{- range $name, $value := .Values.env }}
{{ $name }}: {{ include "vault-webhook.text" $value | quote }}
{{- end }}
{{- end -}}

{{/* A number of a values file is a float64: 8080 must not become 8.08e+06. */}}
{{- define "vault-webhook.text" -}}
{{- if kindIs "float64" . }}{{ if eq . (floor .) }}{{ int64 . }}{{ else }}{{ . }}{{ end }}{{ else }}{{ . }}{{ end -}}
{{- end -}}

{{/* What the Secret of an earlier run holds under a key, as text: (list root secret key). Helm cannot read it when it only renders. */}}
{{- define "vault-webhook.inCluster" -}}
{{- $root := index . 0 -}}
{{- $found := lookup "v1" "Secret" $root.Release.Namespace (index . 1) -}}
{{- index (($found).data | default dict) (index . 2) | default "" | b64dec -}}
{{- end -}}

{{/* The first of the segments that are answered: given, else that of the Secret. */}}
{{- define "vault-webhook.pathSegment" -}}
{{- $lines := include "vault-webhook.inCluster" (list . (include "vault-webhook.tlsSecret" .) "path-segments") | trim -}}
{{- .Values.certificate.pathSegment | default (splitList "\n" $lines | first) -}}
{{- end -}}

{{- define "vault-webhook.caBundle" -}}
{{- .Values.certificate.caBundle | default (include "vault-webhook.inCluster" (list . (include "vault-webhook.tlsSecret" .) "ca.crt")) -}}
{{- end -}}

{{/* The fields that all webhooks have: (list root path part segment caBundle). */}}
{{- define "vault-webhook.webhook" -}}
{{- $root := index . 0 -}}{{- $part := index . 2 -}}{{- $segment := index . 3 -}}
admissionReviewVersions: [v1]
clientConfig:
  service:
    name: {{ include "vault-webhook.fullname" $root }}
    namespace: {{ $root.Release.Namespace }}
    {{- with $segment }}
    path: /{{ . }}/{{ index $ 1 }}
    {{- end }}
  {{- with index . 4 }}
  caBundle: {{ . | b64enc }}
  {{- end }}
failurePolicy: {{ $part.failurePolicy }}
matchPolicy: Equivalent
reinvocationPolicy: IfNeeded
# Events about refusals.
sideEffects: NoneOnDryRun
timeoutSeconds: {{ $root.Values.timeoutSeconds }}
{{ include "vault-webhook.selectors" (list $root $part) }}
{{- end -}}

{{- define "vault-webhook.hasOurAnnotation" -}}
- name: has-our-annotation
  expression: 'has(object.metadata.annotations) && object.metadata.annotations.exists(key, key.startsWith("vault.security.banzaicloud.io/") || key.startsWith("secrets-webhook.security.bank-vaults.io/"))'
{{- end -}}

{{- define "vault-webhook.csi.selector" -}}
app.kubernetes.io/name: vault-csi-provider
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "vault-webhook.csi.labels" -}}
{{ include "vault-webhook.csi.selector" . }}
{{ include "vault-webhook.origin" . }}
{{- end -}}

{{- define "vault-webhook.csi.settings" -}}
VAULT_ADDR: {{ .Values.csi.vaultAddress | default .Values.vault.address | quote }}
{{- range $name, $value := .Values.csi.env }}
{{ $name }}: {{ include "vault-webhook.text" $value | quote }}
{{- end }}
{{- end -}}

{{- define "vault-webhook.sync.selector" -}}
app.kubernetes.io/name: vault-webhook-sync
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "vault-webhook.sync.labels" -}}
{{ include "vault-webhook.sync.selector" . }}
{{ include "vault-webhook.origin" . }}
{{- end -}}
