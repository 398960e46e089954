# SPDX-License-Identifier: Apache-2.0
"""What Prometheus sees when two replicas are well, and what must change for each alert of deploy/monitoring/rules.yaml to fire;
as test cases for `promtool test rules`."""
import json

MINUTES = 60
REPLICAS = "a:9153", "b:9153"
REASONS = "401", "403", "410", "connect", "timeout"
BUCKETS = "0.00025", "0.064", "4.096", "+Inf"


def series(name, instance=REPLICAS[0], **labels):
    """"name{...}" of a replica; le stands last, as in pages."""
    pairs = {"instance": instance, "job": "kube-dns", **labels}
    return name + "{" + ",".join(f'{label}="{value}"' for label, value in pairs.items()) + "}"


def still(value):
    return f"{value}+0x{MINUTES}"


def grows(by):
    return f"0+{by}x{MINUTES}"


def histogram(name, slow, instance=REPLICAS[0], **labels):
    """A thousand a minute, `slow` of them slower than the second bound but faster than the third."""
    counts = dict(zip(BUCKETS, (995 - slow, 1000 - slow, 1000, 1000)))
    return {series(name + "_bucket", instance, **labels, le=bound): grows(count) for bound, count in counts.items()}


def healthy():
    """Of both replicas every series that rules look at."""
    found = {}
    for instance in REPLICAS:
        found |= {series(name, instance): still(value) for name, value in
                  {"up": 1, "knamed_config_built_in": 0, "knamed_config_refused": 0, "process_start_time_seconds": 1e9, "process_open_fds": 50,
                   "process_max_fds": 1000}.items()}
        found |= {series(name, instance): still(0) for name in (
            "knamed_udp_requests_missed_total", "knamed_tcp_connections_refused_total", "knamed_tcp_connections_cut_total",
            "knamed_log_lines_dropped_total", "knamed_regex_given_up_total", "coredns_forward_healthcheck_broken_total",
            "coredns_forward_max_concurrent_rejects_total")}
        for source in "cluster", "external":
            found[series("knamed_responses_total", instance, rcode="NOERROR", source=source)] = grows(1000)
            found[series("knamed_responses_total", instance, rcode="SERVFAIL", source=source)] = grows(1)
            found |= histogram("knamed_response_duration_seconds", 1, instance, source=source)
        found |= histogram("coredns_proxy_request_duration_seconds", 1, instance, to="192.0.2.1:53")
        found |= histogram("coredns_kubernetes_dns_programming_duration_seconds", 5, instance, service_kind="cluster_ip")
        for kind in "Service", "EndpointSlice":
            place = {"kind": kind, "zone": "cluster.local."}
            found[series("knamed_kubernetes_in_step", instance, **place)] = still(1)
            found[series("knamed_kubernetes_watch_age_seconds", instance, **place)] = still(40)
            found[series("knamed_kubernetes_objects", instance, **place)] = still(1000)
            found[series("knamed_kubernetes_audit_repairs_total", instance, kind=kind)] = still(0)
            found |= {series("knamed_kubernetes_watch_failures_total", instance, kind=kind, reason=reason): still(0)
                      for reason in REASONS}
        found |= {series("knamed_sandbox", instance, part=part): still(1) for part in ("capability", "landlock", "seccomp")}
        found[series("knamed_kubernetes_stale", instance, zone="cluster.local.")] = still(0)
        found |= {series(name, instance, to="192.0.2.1:53"): still(0) for name in ("knamed_forward_down", "knamed_forward_quarantined")}
        found[series("coredns_reload_version_info", instance, value="one")] = still(1)
    return found


def at(name, values, /, **labels):
    return {series(name, **labels): values}


CLUSTER = {"kind": "Service", "zone": "cluster.local."}
SLOW_PROGRAMMING = {series("coredns_kubernetes_dns_programming_duration_seconds_bucket", service_kind="cluster_ip", le=bound): grows(by)
                    for bound, by in (("65.536", 1000), ("32.768", 100), *((bound, 0) for bound in BUCKETS[:3]), ("+Inf", 1000))}
# (alert, minutes that it waits, what is otherwise; None: gone, further alerts that must fire as well)
CASES = [
    ("KnamedAbsent", 5, {series("knamed_config_built_in", instance): None for instance in REPLICAS}),
    ("KnamedReplicaDown", 5, at("up", still(0)) | at("knamed_config_built_in", "0 0 _x60")),
    ("KnamedRestarting", 0, at("process_start_time_seconds", f"1+60x{MINUTES}")),
    ("KnamedClusterNamesFailing", 5, at("knamed_responses_total", grows(100), rcode="SERVFAIL", source="cluster")),
    ("KnamedExternalNamesFailing", 10, at("knamed_responses_total", grows(300), rcode="SERVFAIL", source="external")),
    ("KnamedClusterNamesSlow", 10, histogram("knamed_response_duration_seconds", 100, source="cluster")),
    ("KnamedExternalNamesSlow", 10, histogram("knamed_response_duration_seconds", 500, source="external")),
    ("KnamedOverloaded", 5, at("knamed_udp_requests_missed_total", grows(120))),
    ("KnamedTcpRefused", 10, at("knamed_tcp_connections_cut_total", grows(12))),
    ("KnamedFilesRunOut", 10, at("process_open_fds", still(900))),
    ("KnamedLogLinesDropped", 10, at("knamed_log_lines_dropped_total", grows(5))),
    ("KnamedSandboxOpen", 10, at("knamed_sandbox", still(0), part="landlock")),
    ("KnamedNotInStep", 5, at("knamed_kubernetes_in_step", still(0), **CLUSTER)),
    ("KnamedWatchSilent", 5, at("knamed_kubernetes_watch_age_seconds", still(400), **CLUSTER)),
    ("KnamedWatchFailing", 5, at("knamed_kubernetes_watch_failures_total", grows(2), kind="Service", reason="403")),
    ("KnamedServesSnapshot", 10, at("knamed_kubernetes_stale", still(1), zone="cluster.local.")),
    ("KnamedEventsMissed", 0, at("knamed_kubernetes_audit_repairs_total", "0x20 1x60", kind="EndpointSlice")),
    ("KnamedReplicasDiffer", 10, at("knamed_kubernetes_objects", still(900), **CLUSTER)),
    ("KnamedProgrammingSlow", 15, SLOW_PROGRAMMING),
    ("KnamedUpstreamDown", 5, at("knamed_forward_down", still(1), to="192.0.2.1:53")),
    ("KnamedAllUpstreamsDown", 5, at("coredns_forward_healthcheck_broken_total", grows(1))),
    ("KnamedUpstreamLoops", 2, at("knamed_forward_quarantined", still(1), to="192.0.2.1:53")),
    ("KnamedTooManyForwarded", 5, at("coredns_forward_max_concurrent_rejects_total", grows(3))),
    ("KnamedBuiltInDefaults", 1, at("knamed_config_built_in", still(1)) | at("knamed_config_refused", still(1))),
    ("KnamedConfigRefused", 2, at("knamed_config_refused", still(1))),
    ("KnamedConfigsDiffer", 15, at("coredns_reload_version_info", None, value="one") |
     at("coredns_reload_version_info", still(1), value="two")),
    ("KnamedRegexGivenUp", 10, at("knamed_regex_given_up_total", grows(10))),
]
WELL = [  # what looks like trouble and is none
    ("a watch that ends now and then", at("knamed_kubernetes_watch_failures_total", grows(1), kind="Service", reason="410")),
    ("one restart", at("process_start_time_seconds", f"1x10 2x{MINUTES}")),
    ("a pod that was replaced", at("up", "1x10") | at("knamed_config_built_in", "0x10")),
    ("a CoreDNS beside it, down", {'up{instance="c:9153",job="coredns"}': still(0)}),
    ("two servers of a node, each with its job", {
        series(name, "n:1", **{**labels, "job": job}): still(value) for job in ("node-local-dns", "node-local-dns-second")
        for name, labels, value in (("knamed_config_built_in", {}, 0), ("coredns_reload_version_info", {"value": job}, 1))}),
    ("nothing asked", {series("knamed_responses_total", instance, rcode=rcode, source=source): still(7) for instance in REPLICAS
                       for rcode in ("NOERROR", "SERVFAIL") for source in ("cluster", "external")}),
]


def checks(alert, wait):
    """Soon it fires, alone; before its time it does not."""
    fired = f'count by (alertname) (ALERTS{{alertname="{alert}",alertstate="firing"}} > 0)'
    yes = [{"labels": f'{{alertname="{alert}"}}', "value": 1}]
    found = [{"expr": 'count by (alertname) (ALERTS{alertstate="firing"} > 0) * 0 + 1', "eval_time": "45m", "exp_samples": yes}]
    if wait:
        found.append({"expr": fired, "eval_time": f"{wait - 1}m", "exp_samples": []})
    return found


def case(changes, tests):
    seen = {name: values for name, values in (healthy() | changes).items() if values is not None}
    return {"interval": "1m", "input_series": [{"series": name, "values": values} for name, values in seen.items()],
            "promql_expr_test": tests}


def write(path, rules):
    """A file for promtool; JSON is YAML."""
    quiet = [{"expr": 'ALERTS{alertstate="firing"}', "eval_time": time, "exp_samples": []} for time in ("1m", "20m", "60m")]
    tests = [case({}, quiet), *(case(changes, quiet) for _, changes in WELL),
             *(case(changes, checks(alert, wait)) for alert, wait, changes in CASES)]
    with open(path, "w", encoding="ascii") as file:
        json.dump({"rule_files": [rules], "evaluation_interval": "1m", "tests": tests}, file)
    return len(tests)
