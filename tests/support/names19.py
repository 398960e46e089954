# SPDX-License-Identifier: Apache-2.0
"""What the Kubernetes end-to-end suite asks of a cluster's DNS, the way it asks: through search lists, over UDP and TCP,
again and again while a service changes. [names 19]

The objects are those of names19_cluster.yaml. How they get to the server is the caller's: a class with
    service(name, spec)     makes or changes a Service of namespace dns-1
    querier(ready)          makes the pod dns-querier-1, 10.244.7.11, or changes whether it is ready
    services(count)         makes so many services, in namespaces perf-0 and perf-1: [(name, namespace, address)]
    place                   a directory to write in
"""
import os

from running_server import wait_for
from tap import Tap

OBJECTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "names19_cluster.yaml")
SEARCH = ["dns-1.svc.cluster.local", "svc.cluster.local", "cluster.local"]
ZONE = "dns-1.svc.cluster.local"

tap = Tap()


def search(server, name, *words, domains=None, ndots=5):
    """What a resolver with a search list does: the next name only after NXDOMAIN, and the names it asked."""
    domains = SEARCH if domains is None else domains
    bare = name + "."
    tries = [f"{name}.{domain}." if domain != "." else bare for domain in domains]
    names = [bare] + tries if name.count(".") >= ndots else tries + [bare]
    asked = []
    for full in names:
        status, answer = server.rcode(full, *words)
        asked.append((full, status))
        if status != "NXDOMAIN":
            return status, answer, asked
    return "NXDOMAIN", [], asked


def data(answer, rrtype):
    return [line.split(None, 4)[4] for line in answer if line.split()[3] == rrtype]


def addresses(server, name, rrtype="A", **options):
    return data(search(server, name, rrtype, **options)[1], rrtype)


def both(server, *words):
    """Over UDP and over TCP."""
    return [server.short("+notcp", *words), server.short("+tcp", *words)]


def test_cluster_names(server):
    tap.same(both(server, "kubernetes.default.svc.cluster.local.", "A"), [["10.96.0.1"]] * 2,
             "DNS for the cluster, over UDP and TCP")
    status, answer, asked = search(server, "kubernetes.default", "A")
    tap.same((status, data(answer, "A"), [rcode for _, rcode in asked]),
             ("NOERROR", ["10.96.0.1"], ["NXDOMAIN", "NOERROR"]), "partial name kubernetes.default")
    status, answer, asked = search(server, "kubernetes.default.svc", "A")
    tap.same((status, data(answer, "A"), [rcode for _, rcode in asked]),
             ("NOERROR", ["10.96.0.1"], ["NXDOMAIN", "NXDOMAIN", "NOERROR"]), "partial name kubernetes.default.svc")


def test_services(server, cluster):
    name = f"dns-test-service.{ZONE}."
    tap.same(server.rcode(name, "A")[0], "NXDOMAIN", "a headless service without a ready pod does not exist")
    cluster.querier(ready=True)
    wait_for(lambda: server.short(name, "A") == ["10.244.7.11"])
    tap.same(both(server, name, "A"), [["10.244.7.11"]] * 2, "a headless service with a ready pod answers its address")
    for transport in "+notcp", "+tcp":
        tap.same(server.short(transport, f"_http._tcp.{name}", "SRV"),
                 [f"0 100 80 dns-querier-1.{name}"], f"SRV of the headless service, {transport}")
        tap.same(server.short(transport, f"_http._tcp.test-service-2.{ZONE}.", "SRV"),
                 [f"0 50 80 test-service-2.{ZONE}."], f"SRV of the ClusterIP service, {transport}")
        tap.same(server.short(transport, "2.7.96.10.in-addr.arpa.", "PTR"), [f"test-service-2.{ZONE}."],
                 f"PTR of an IPv4 address, {transport}")
        tap.same(server.short(transport, "-x", "fd00:10:96::72"), [f"test-service-2.{ZONE}."],
                 f"PTR of an IPv6 address, {transport}")


def test_partial_service_names(server):
    for name in "dns-test-service", "dns-test-service.dns-1", "dns-test-service.dns-1.svc":
        tap.same(addresses(server, name), ["10.244.7.11"], f"partial name {name}")
    for name, target in ("dns-test-service", "dns-querier-1.dns-test-service"), ("test-service-2", "test-service-2"):
        _, answer, asked = search(server, f"_http._tcp.{name}.dns-1.svc", "SRV")
        found = [record.rpartition(" ")[2] for record in data(answer, "SRV")]
        tap.same((found, [rcode for _, rcode in asked]), ([f"{target}.{ZONE}."], ["NXDOMAIN", "NXDOMAIN", "NOERROR"]),
                 f"partial SRV name _http._tcp.{name}.dns-1.svc")


def test_subdomain(server):
    for name in f"dns-querier-2.dns-test-service-2.{ZONE}.", f"dns-test-service-2.{ZONE}.":
        tap.same(both(server, name, "A"), [["10.244.7.12"]] * 2, f"pod subdomain {name}")


def test_external_name(server, cluster):
    name = f"dns-test-service-3.{ZONE}."
    cluster.service("dns-test-service-3", "type: ExternalName, externalName: foo.example.com")
    wait_for(lambda: server.short(name, "CNAME"))
    tap.same(server.short(name, "CNAME"), ["foo.example.com."], "ExternalName")
    cluster.service("dns-test-service-3", "type: ExternalName, externalName: bar.example.com")
    wait_for(lambda: server.short(name, "CNAME") != ["foo.example.com."])
    tap.same(server.short(name, "CNAME"), ["bar.example.com."], "ExternalName after its target changed")
    cluster.service("dns-test-service-3", 'type: ClusterIP, clusterIP: 10.96.7.3, clusterIPs: [10.96.7.3, "fd00:10:96::73"], '
                    'ipFamilyPolicy: RequireDualStack, ports: [{port: 80}]')
    wait_for(lambda: server.short(name, "A") == ["10.96.7.3"])
    tap.same(server.short(name, "A"), ["10.96.7.3"], "ExternalName became ClusterIP: A")
    tap.same(server.short(name, "AAAA"), ["fd00:10:96::73"], "ExternalName became ClusterIP: AAAA")
    tap.same(server.short(name, "CNAME"), [], "ExternalName became ClusterIP: no CNAME is left")


def test_type_changes(server, cluster):
    for kind, service, before, after in (("ClusterIP", "clusterip-service", "10.96.7.21", "10.96.7.22"),
                                         ("NodePort", "nodeport-service", "10.96.7.23", "10.96.7.24")):
        name = f"{service}.{ZONE}."
        cluster.service(service, f"type: {kind}, clusterIP: {before}, ports: [{{port: 80}}]")
        wait_for(lambda: server.short(name, "A") == [before])
        tap.same(addresses(server, service), [before], f"{kind} by its one-label name")
        cluster.service(service, f"type: ExternalName, externalName: externalsvc.{ZONE}")
        wait_for(lambda: server.short(name, "CNAME"))
        status, answer = server.rcode(name, "A")
        tap.same((status, data(answer, "CNAME"), data(answer, "A")),
                 ("NOERROR", [f"externalsvc.{ZONE}."], ["10.96.7.20"]), f"{kind} became ExternalName: A")
        status, answer = server.rcode(name, "AAAA")
        tap.same((status, data(answer, "CNAME")), ("NOERROR", [f"externalsvc.{ZONE}."]),
                 f"{kind} became ExternalName: AAAA without data is NOERROR")
        authority = server.dig("+noall", "+authority", name, "AAAA").split()
        tap.same(authority[0::4][:1] + authority[3:4], ["cluster.local.", "SOA"],
                 f"{kind} became ExternalName: AAAA ends in the SOA")
        cluster.service(service, f"type: {kind}, clusterIP: {after}, ports: [{{port: 80}}]")
        wait_for(lambda: server.short(name, "A") == [after])
        tap.same((addresses(server, service), server.rcode(name, "AAAA")[0]), ([after], "NOERROR"),
                 f"ExternalName became {kind}")


def test_search_lists(server):
    long_paths = [f"{letter * 24}.search.example.com.test" for letter in "abcdef"]
    tap.ok(len(" ".join(SEARCH + long_paths)) > 256, "a search list of more than 256 characters")
    dotted = [".", "_sip._tcp.abc_d.example.com"]
    for extra in long_paths, dotted:
        for name in "kubernetes.default", "kubernetes.default.svc":
            tap.same(addresses(server, name, domains=SEARCH + extra), ["10.96.0.1"],
                     f"{name} with {len(SEARCH + extra)} search paths")


def test_other_names(server):
    tap.same(addresses(server, "1kubernetes.dns-1"), ["10.96.7.30"], "a service whose name starts with a digit")
    for name in "dns-backend.dnsexample0", "dns-backend.dnsexample0.svc.cluster.local":
        tap.same(addresses(server, name), ["10.96.7.40"], f"{name}")
    name = "s-x-a.x.svc.cluster.local."
    tap.same((server.short(name, "A"), server.rcode(name, "AAAA")), (["10.96.7.50"], ("NOERROR", [])),
             "the network policy suites: A has data, AAAA is answered at once")
    for service, target in ("test", "dns.google."), ("local", "foo.example.com."):
        for rrtype in "A", "AAAA":
            lines = server.short(f"dns-externalname-upstream-{service}.{ZONE}.", rrtype)
            tap.same(lines[:1], [target], f"the alias to {target} comes first, {rrtype}")


def test_unready_endpoints(server, cluster):
    for publish in "true", "false", "true":
        cluster.service("tolerate-unready", "clusterIP: 10.96.7.60, ports: [{port: 80}], "
                        f"publishNotReadyAddresses: {publish}, selector: {{dns-test: nobody}}")
        wait_for(lambda: server.short(f"tolerate-unready.{ZONE}.", "A"))
        tap.same(server.short(f"tolerate-unready.{ZONE}.", "A"), ["10.96.7.60"],
                 f"a ClusterIP service keeps its address, publishNotReadyAddresses {publish}")


def test_performance(server, cluster):
    services = cluster.services(10000)
    last = services[-1]
    wait_for(lambda: server.short(f"{last[0]}.{last[1]}.svc.cluster.local.", "A"))
    sample = services[::20]
    batch = os.path.join(cluster.place, "batch")
    with open(batch, "w", encoding="ascii") as file:
        file.writelines(f"{name}.{namespace}.svc.cluster.local. A\n" for name, namespace, _ in sample)
    tap.same(server.short("-f", batch), [address for _, _, address in sample],
             "5 % of 10,000 services answer exactly one line")


def ask_all(server, cluster):
    """The querier exists and is not ready."""
    test_cluster_names(server)
    test_services(server, cluster)
    test_partial_service_names(server)
    test_subdomain(server)
    test_external_name(server, cluster)
    test_type_changes(server, cluster)
    test_search_lists(server)
    test_other_names(server)
    test_unready_endpoints(server, cluster)
    test_performance(server, cluster)
