{{- define "aftershock.name" -}}
{{- if contains "aftershock" .Release.Name }}{{ .Release.Name | trunc 50 }}{{ else }}{{ printf "%s-aftershock" .Release.Name | trunc 50 }}{{ end }}-watch
{{- end }}

{{- define "aftershock.labels" -}}
app.kubernetes.io/name: aftershock-watch
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "aftershock.selector" -}}
app.kubernetes.io/name: aftershock-watch
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "aftershock.secret" -}}
{{ .Values.token.existingSecret | default (include "aftershock.name" .) }}
{{- end }}

{{- define "aftershock.chaosKinds" -}}
- podchaos
- networkchaos
- httpchaos
- iochaos
- stresschaos
- timechaos
- dnschaos
- jvmchaos
- kernelchaos
- blockchaos
- awschaos
- gcpchaos
- azurechaos
- physicalmachinechaos
- schedules
- workflows
{{- end }}

{{/* A role and its binding: in one namespace, or in the whole cluster. */}}
{{- define "aftershock.grant" -}}
{{- $root := .root -}}
{{- $scope := ternary "Role" "ClusterRole" (ne $root.Values.namespace "") -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ $scope }}
metadata:
  name: {{ .name }}
  {{- with $root.Values.namespace }}
  namespace: {{ . }}
  {{- end }}
  labels:
    {{- include "aftershock.labels" $root | nindent 4 }}
rules:
  {{- .rules | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ $scope }}Binding
metadata:
  name: {{ .name }}
  {{- with $root.Values.namespace }}
  namespace: {{ . }}
  {{- end }}
  labels:
    {{- include "aftershock.labels" $root | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ $scope }}
  name: {{ .name }}
subjects:
  - kind: ServiceAccount
    name: {{ include "aftershock.name" $root }}
    namespace: {{ $root.Release.Namespace }}
{{- end }}

{{- define "aftershock.readRules" }}
- apiGroups: [chaos-mesh.org]
  resources:
    {{- include "aftershock.chaosKinds" . | nindent 4 }}
    - podnetworkchaos
    - podhttpchaos
    - podiochaos
  verbs: [list, watch]
- apiGroups: [""]
  resources: [pods, events]
  verbs: [list, watch]
{{- end }}

{{- define "aftershock.annotateRules" }}
- apiGroups: [""]
  resources: [pods]
  verbs: [patch]
{{- end }}

{{- define "aftershock.orphanRules" }}
- apiGroups: [chaos-mesh.org]
  resources:
    {{- include "aftershock.chaosKinds" . | nindent 4 }}
  verbs: [get, delete]
{{- end }}
