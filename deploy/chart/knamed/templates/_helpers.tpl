{{/* The first three are also for templates in values: they have the names that such values use already. */}}
{{- define "coredns.name" -}}
{{- .Values.nameOverride | default "coredns" | trunc 63 | trimSuffix "-" -}}
{{- end }}

{{- define "coredns.fullname" -}}
{{- $name := include "coredns.name" . -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end }}

{{- define "coredns.k8sapplabel" -}}
{{- .Values.k8sAppLabelOverride | default (include "coredns.name" .) | trunc 63 | trimSuffix "-" -}}
{{- end }}

{{/* What selects the pods of this release. */}}
{{- define "knamed.selector" -}}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/name: {{ include "coredns.name" . | quote }}
{{- if .Values.isClusterService }}
k8s-app: {{ include "coredns.k8sapplabel" . | quote }}
{{- end }}
{{- end }}

{{/* Metadata of an object. (dict "root" $ "name" ... "suffix" ... "labels" {...} "annotations" {...}) */}}
{{- define "knamed.metadata" -}}
{{- $root := .root -}}
{{- $own := dict
  "app.kubernetes.io/managed-by" $root.Release.Service
  "app.kubernetes.io/instance" $root.Release.Name
  "app.kubernetes.io/name" (printf "%s%s" (include "coredns.name" $root) (.suffix | default ""))
  "helm.sh/chart" (printf "%s-%s" $root.Chart.Name ($root.Chart.Version | replace "+" "_")) -}}
{{- if $root.Values.isClusterService -}}
{{- $own = merge $own (dict
  "k8s-app" (printf "%s%s" (include "coredns.k8sapplabel" $root) (.suffix | default ""))
  "kubernetes.io/cluster-service" "true"
  "kubernetes.io/name" "CoreDNS") -}}
{{- end -}}
name: {{ .name | default (printf "%s%s" (include "coredns.fullname" $root) (.suffix | default "")) }}
{{- if not .global }}
namespace: {{ .namespace | default $root.Release.Namespace }}
{{- end }}
labels:
  {{- merge (dict) (.labels | default dict) ($root.Values.customLabels | default dict) $own | toYaml | nindent 2 }}
{{- with merge (dict) (.annotations | default dict) ($root.Values.customAnnotations | default dict) }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "knamed.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "coredns.fullname" .) -}}
{{- else -}}
{{- .Values.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end }}

{{- define "knamed.clusterRoleName" -}}
{{- (.Values.clusterRole).nameOverride | default (include "coredns.fullname" .) -}}
{{- end }}

{{- define "knamed.deploymentName" -}}
{{- .Values.deployment.name | default (include "coredns.fullname" .) -}}
{{- end }}

{{/* "port: {udp: true, tcp: true, servicePort: ..., nodePort: ..., hostPort: ...}" of all blocks together. */}}
{{- define "knamed.ports" -}}
{{- $ports := dict -}}
{{- range .Values.servers -}}
{{- $port := toString (.port | default 53) -}}
{{- $entry := get $ports $port | default (dict "tcp" false) -}}
{{- range .zones -}}
{{- if not (has (.scheme | default "") (list "" "dns://")) -}}
{{- fail (printf "zone %s: knamed answers DNS over UDP and TCP, not %s" (.zone | default ".") .scheme) -}}
{{- end -}}
{{- if dig "use_tcp" (not .scheme) . }}{{ $_ := set $entry "tcp" true }}{{ end -}}
{{- end -}}
{{- if not .zones }}{{ $_ := set $entry "tcp" true }}{{ end -}}
{{- $server := . -}}
{{- range list "servicePort" "nodePort" "hostPort" -}}
{{- $value := get $server . -}}
{{- if $value }}{{ $_ := set $entry . $value }}{{ end -}}
{{- end -}}
{{- $_ := set $ports $port $entry -}}
{{- end -}}
{{- toYaml $ports -}}
{{- end }}

{{/* The last number of each `prometheus`. */}}
{{- define "knamed.metricsPorts" -}}
{{- $ports := list -}}
{{- range .Values.servers }}{{ range .plugins -}}
{{- if eq .name "prometheus" -}}
{{- $ports = append $ports (splitList ":" (toString (.parameters | default "localhost:9153")) | last) -}}
{{- end -}}
{{- end }}{{ end -}}
{{- $ports | uniq | sortAlpha | toYaml -}}
{{- end }}

{{/* Whether the servers read a changed Corefile by themselves. */}}
{{- define "knamed.reloads" -}}
{{- range .Values.servers }}{{ range .plugins }}{{ if eq .name "reload" }}yes{{ end }}{{ end }}{{ end -}}
{{- end }}

{{- define "knamed.corefile" -}}
{{- range $name, $line := .Values.extraConfig }}
{{ $name }}{{ with ($line).parameters }} {{ . }}{{ end }}
{{- end }}
{{- range $server := .Values.servers }}
{{ range $i, $zone := ($server.zones | default (list dict)) }}
{{- if $i }} {{ end }}{{ $zone.scheme }}{{ $zone.zone | default "." }}{{ with $server.port }}:{{ . }}{{ end }}
{{- end }} {
{{- range $server.plugins }}
    {{ .name }}{{ if not (kindIs "invalid" .parameters) }} {{ .parameters }}{{ end }}{{ with .configBlock }} {
{{ . | indent 8 }}
    }{{ end }}
{{- end }}
}
{{- end }}
{{- end }}
