# SPDX-License-Identifier: Apache-2.0
"""What dashboards and alerts of others ask Prometheus for about CoreDNS: facts that a drop-in has to live with. S stands for
the selector of a dashboard, R for its range."""
import itertools

RCODE = ',rcode="SERVFAIL"'
DURATION, REQUEST, RESPONSE = ("coredns_dns_request_duration_seconds", "coredns_dns_request_size_bytes",
                               "coredns_dns_response_size_bytes")


def quantile(share, metric, by):
    return f"histogram_quantile({share}, sum(rate({metric}_bucket{{S}}[R])) by ({by}))"


def ratio(metric):
    return f"sum(rate({metric}{{S{RCODE}}}[5m])) / sum(rate({metric}{{S}}[5m]))"


# ---- the mixin's alerts, each with the threshold above which it fires ----

MIXIN_ALERTS = {
    "CoreDNSDown": ("up{S} == 1", None),  # fires when this is absent
    "CoreDNSLatencyHigh": (f"histogram_quantile(0.99, sum(rate({DURATION}_bucket{{S}}[5m])) by(server, zone, le))", 4),
    "CoreDNSErrorsHigh": (ratio("coredns_dns_responses_total"), 0.03),
    "CoreDNSForwardLatencyHigh": (
        "histogram_quantile(0.99, sum(rate(coredns_forward_request_duration_seconds_bucket{S}[5m])) by(to, le))", 4),
    "CoreDNSForwardErrorsHigh": (ratio("coredns_forward_responses_total"), 0.03),
    "CoreDNSForwardHealthcheckFailureCount": ("sum(rate(coredns_forward_healthcheck_failures_total{S}[5m])) by (to)", 0),
    "CoreDNSForwardHealthcheckBrokenCount": ("sum(rate(coredns_forward_healthcheck_broken_total{S}[5m]))", 0),
}
# CoreDNS has had none of their series since 1.11: they have not fired since.
DEAD_ALERTS = ("CoreDNSForwardLatencyHigh", "CoreDNSForwardErrorsHigh", "CoreDNSForwardHealthcheckFailureCount")

# ---- the mixin's dashboard ----

MIXIN = [
    "sum(up{S})", "sum(coredns_panics_total{S})",
    "sum(rate(coredns_dns_responses_total{S}[R])) by (rcode)", "sum(rate(coredns_forward_responses_total{S}[R])) by (rcode)",
    quantile(0.99, DURATION, "server, zone, le"), quantile(0.99, "coredns_forward_request_duration_seconds", "to, le"),
    "sum(rate(coredns_dns_requests_total{S}[R])) by (type)", "sum(rate(coredns_dns_requests_total{S}[R])) by (zone)",
    "sum(rate(coredns_forward_requests_total{S}[R])) by (to)",
    *(quantile(share, "coredns_kubernetes_dns_programming_duration_seconds", "service_kind, le") for share in (0.99, 0.5)),
    "count(sum(coredns_plugin_enabled{S}) by (name))",
    *(quantile(share, metric, "server, zone, proto, le") for metric in (REQUEST, RESPONSE) for share in (0.99, 0.5)),
    "sum(coredns_cache_hits_total{S}) / (sum(coredns_cache_misses_total{S}) + sum(coredns_cache_hits_total{S}))",
    "sum(rate(coredns_cache_hits_total{S}[R])) by (type)", "sum(rate(coredns_cache_misses_total{S}[R]))",
    "sum(coredns_cache_entries{S}) by (type)",
    "process_resident_memory_bytes{S}", "rate(process_cpu_seconds_total{S}[R])", "go_goroutines{S}",
]

# ---- Grafana's 12539, also of kube-prometheus-stack: names before CoreDNS 1.7, or those since; its halves ----

OLD_OR_NEW = [
    *((f"sum(rate(coredns_dns_request_count_total{{S}}[5m])) by ({by})", f"sum(rate(coredns_dns_requests_total{{S}}[5m])) by ({by})")
      for by in ("proto", "zone")),
    ("sum(rate(coredns_dns_request_type_count_total{S}[5m])) by (type)", "sum(rate(coredns_dns_requests_total{S}[5m])) by (type)"),
    ("sum(rate(coredns_dns_request_do_count_total{S}[5m]))", "sum(rate(coredns_dns_do_requests_total{S}[5m]))"),
    ("sum(rate(coredns_dns_request_count_total{S}[5m]))", "sum(rate(coredns_dns_requests_total{S}[5m]))"),
    ("sum(rate(coredns_dns_response_rcode_count_total{S}[5m])) by (rcode)", "sum(rate(coredns_dns_responses_total{S}[5m])) by (rcode)"),
    ("sum(coredns_cache_size{S}) by (type)", "sum(coredns_cache_entries{S}) by (type)"),
]


def sizes(metric, proto, share):
    return f'histogram_quantile({share}, (sum(rate({metric}{{S,proto="{proto}"}}[5m])) by (proto)) or ' \
           f'(sum(rate({metric}_bucket{{S,proto="{proto}"}}[5m])) by (le,proto)))'


GRAFANA_12539 = [
    *(f"{old} or {new}" for old, new in OLD_OR_NEW),
    *itertools.starmap(sizes, itertools.product((REQUEST, RESPONSE), ("udp", "tcp"), (0.99, 0.9, 0.5))),
    *(f"histogram_quantile({share}, (sum(rate({DURATION}{{S}}[5m])) by ({by})) or (sum(rate({DURATION}_bucket{{S}}[5m])) by (le{more})))"
      for share, by, more in ((0.99, "job", ", job"), (0.9, "", ""), (0.5, "", ""))),
    "sum(rate(coredns_cache_hits_total{S}[5m])) by (type)", "sum(rate(coredns_cache_misses_total{S}[5m])) by (type)",
]

# ---- Grafana's 7279: the old names alone ----

GRAFANA_7279 = [
    *(old for old, _ in OLD_OR_NEW),
    *(f"histogram_quantile({share}, sum(rate({DURATION}_bucket{{S}}[5m])) by (le, job))" for share in (0.99, 0.9, 0.5)),
    *(f'histogram_quantile({share}, sum(rate({metric}_bucket{{S,proto="{proto}"}}[5m])) by (le, proto))'
      for metric in (REQUEST, RESPONSE) for proto in ("udp", "tcp") for share in (0.99, 0.5)),
    "sum(rate(coredns_cache_hits_total{S}[5m])) by (type)", "sum(rate(coredns_cache_misses_total{S}[5m])) by (type)",
]

# ---- Grafana's 15762 ----

FORWARDED = 'coredns_proxy_request_duration_seconds_count{S,proxy_name="forward"'
GRAFANA_15762 = [
    "up{S}", "rate(process_cpu_seconds_total{S}[R])", "process_resident_memory_bytes{S}",
    *(query for proto in ("udp", "tcp") for query in (
        f'sum(rate(coredns_dns_requests_total{{S,proto="{proto}"}}[R]))',
        f'sum(rate({REQUEST}_sum{{S,proto="{proto}"}}[R])) by (proto) / sum(rate({REQUEST}_count{{S,proto="{proto}"}}[R])) by (proto)')),
    "sum(rate(coredns_dns_requests_total{S}[R])) by (type)", "sum(rate(coredns_dns_responses_total{S}[R])) by (rcode)",
    f"sum(rate({FORWARDED}}}[R]))", f'sum(rate({FORWARDED},rcode=~"SERVFAIL|REFUSED"}}[R])) by (rcode)',
    "sum(rate(coredns_cache_hits_total{S}[R])) by (type)", "sum(rate(coredns_cache_misses_total{S}[R])) by (type)",
    "sum(coredns_cache_entries{S}) by (type)", f"sum(increase({DURATION}_bucket{{S}}[R])) by (le)",
    *(f'sum(increase({metric}_bucket{{S,le!="0"}}[R])) by (le)' for metric in (REQUEST, RESPONSE)),
]

DASHBOARDS = {"the mixin": MIXIN, "Grafana's 12539": GRAFANA_12539, "Grafana's 7279": GRAFANA_7279, "Grafana's 15762": GRAFANA_15762}


def asked(query, selector, window):
    """As Prometheus is asked."""
    return query.replace("{S", "{" + selector).replace("[R]", f"[{window}]")
