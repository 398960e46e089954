#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The clusters of the bench and the questions asked about them, all from one model.

Every server gets the same names: knamed as manifests, the others as zone files written from the same
objects. Three clusters: `cluster` (10,000 services, headless sets, an outside zone), `million`
(1,048,576 names of five hexadecimal digits) and `budget` (10,000 services with 150,000 endpoints).
"""

import argparse
import ipaddress
import itertools
import json
import os
import random
import sys

ZONE = "cluster.local"
TTL = 5
SERVICES = 10_000
NAMESPACES = 100
SETS = (3, 50, 1000)
BIG_SET = 5_000
OUTSIDE_HOSTS = 1_000
MILLION = 16**5
BUDGET_ENDPOINTS = 15  # of each of the 10,000 services
SLICE_MAX = 100  # endpoints in an EndpointSlice, as the controller makes them
SERVICE_NET = int(ipaddress.IPv4Address("10.96.0.0"))
POD_NET = int(ipaddress.IPv4Address("10.128.0.0"))
OUTSIDE_NET = int(ipaddress.IPv4Address("198.18.0.0"))


def address(number):
    return f"{number >> 24}.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


class Service:
    """A ClusterIP service, or a headless one when `cluster_ip` is None."""

    def __init__(self, namespace, name, cluster_ip, port=None):
        self.namespace, self.name, self.cluster_ip, self.port = namespace, name, cluster_ip, port
        self.endpoints = []  # (address, hostname or None, pod name)

    @property
    def domain(self):
        return f"{self.name}.{self.namespace}.svc.{ZONE}"

    def host(self, endpoint):
        return f"{endpoint[1] or endpoint[0].replace('.', '-')}.{self.domain}"


def clusterip_services():
    for i in range(SERVICES):
        yield Service(f"ns-{i % NAMESPACES:03}", f"svc-{i:04}", address(SERVICE_NET + 10 + i), ("http", 80))


def headless_sets():
    pods = itertools.count(POD_NET + 1)
    for size, name in [(size, f"set-{size}") for size in SETS] + [(BIG_SET, "big")]:
        service = Service("sets", name, None, ("peer", 2380))
        service.endpoints = [(address(next(pods)), f"{name}-{i}", f"{name}-{i}") for i in range(size)]
        yield service


def budget_services():
    pods = itertools.count(POD_NET + 1)
    for service in clusterip_services():
        service.endpoints = [
            (address(next(pods)), None, f"{service.name}-7d9c6b5f4-{i:05x}") for i in range(BUDGET_ENDPOINTS)
        ]
        yield service


def million_services():
    for i in range(MILLION):
        yield Service("bulk", f"s{i:05x}", address(SERVICE_NET + i))


def outside_hosts():
    for i in range(OUTSIDE_HOSTS):
        yield f"h{i:04}.example.com", address(OUTSIDE_NET + i)


# -- what knamed reads ---------------------------------------------------------------------------


def service_object(service):
    spec = {
        "type": "ClusterIP",
        "clusterIP": service.cluster_ip or "None",
        "clusterIPs": [service.cluster_ip or "None"],
    }
    if service.port:
        spec["ports"] = [{"name": service.port[0], "port": service.port[1], "protocol": "TCP"}]
    metadata = {"name": service.name, "namespace": service.namespace}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}


def slice_objects(service):
    for start in range(0, len(service.endpoints), SLICE_MAX):
        endpoints = []
        for pod_address, hostname, pod in service.endpoints[start : start + SLICE_MAX]:
            endpoint = {"addresses": [pod_address], "conditions": {"ready": True}}
            if hostname:
                endpoint["hostname"] = hostname
            endpoint["targetRef"] = {"kind": "Pod", "name": pod, "namespace": service.namespace}
            endpoints.append(endpoint)
        yield {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {
                "name": f"{service.name}-{start // SLICE_MAX:05}",
                "namespace": service.namespace,
                "labels": {"kubernetes.io/service-name": service.name},
            },
            "addressType": "IPv4",
            "ports": [{"name": service.port[0], "port": service.port[1], "protocol": "TCP"}],
            "endpoints": endpoints,
        }


def write_list(path, objects):
    """A List with an object to a line: small to write, and no reader needs it whole."""
    with open(path, "w", encoding="ascii") as out:
        out.write('{"apiVersion":"v1","kind":"List","items":[\n')
        first = True
        for item in objects:
            out.write(("" if first else ",\n") + json.dumps(item, separators=(",", ":")))
            first = False
        out.write("\n]}\n")


def write_documents(path, objects):
    """Several documents in one YAML file (JSON is YAML)."""
    with open(path, "w", encoding="ascii") as out:
        for item in objects:
            out.write("---\n" + json.dumps(item) + "\n")


# -- what the others read ------------------------------------------------------------------------


def zone_head(zone):
    return (
        f"$ORIGIN {zone}.\n$TTL {TTL}\n"
        f"@ SOA ns.dns.{ZONE}. hostmaster.{ZONE}. 1 7200 1800 86400 {TTL}\n@ NS ns.dns.{ZONE}.\n"
    )


def srv_lines(service):
    label, port = service.port
    if service.cluster_ip:
        targets = [service.domain]
    else:
        targets = [service.host(endpoint) for endpoint in service.endpoints]
    weight = max(1, 100 // max(1, len(targets)))
    for owner in (service.domain, f"_{label}._tcp.{service.domain}"):
        for target in targets:
            yield f"{owner}. SRV 0 {weight} {port} {target}.\n"


def forward_lines(service):
    if service.cluster_ip:
        yield f"{service.domain}. A {service.cluster_ip}\n"
    for endpoint in service.endpoints:
        if not service.cluster_ip:
            yield f"{service.domain}. A {endpoint[0]}\n"
        yield f"{service.host(endpoint)}. A {endpoint[0]}\n"
    if service.port:
        yield from srv_lines(service)


def reverse_lines(service):
    if service.cluster_ip:
        yield f"{reverse_name(service.cluster_ip)}. PTR {service.domain}.\n"
    for endpoint in service.endpoints:
        yield f"{reverse_name(endpoint[0])}. PTR {service.host(endpoint)}.\n"


def reverse_name(text):
    return ".".join(reversed(text.split("."))) + ".in-addr.arpa"


def write_zones(folder, services, reverse=True):
    with open(f"{folder}/{ZONE}.zone", "w", encoding="ascii") as out:
        out.write(zone_head(ZONE) + 'ns.dns A 127.0.0.1\ndns-version 28800 TXT "1.1.0"\n')
        for service in services:
            out.writelines(forward_lines(service))
    if not reverse:
        return
    with open(f"{folder}/10.in-addr.arpa.zone", "w", encoding="ascii") as out:
        out.write(zone_head("10.in-addr.arpa"))
        for service in services:
            out.writelines(reverse_lines(service))


def write_outside_zone(folder):
    with open(f"{folder}/example.com.zone", "w", encoding="ascii") as out:
        out.write(zone_head("example.com"))
        for name, host_address in outside_hosts():
            out.write(f"{name}. 300 A {host_address}\n")


# -- what is asked -------------------------------------------------------------------------------


def write_questions(folder, name, lines):
    with open(f"{folder}/{name}.txt", "w", encoding="ascii") as out:
        out.write("# name type rcode answers [rdata,...]\n")
        out.writelines(line + "\n" for line in lines)


def hit(service):
    return f"{service.domain} A NOERROR 1 {service.cluster_ip}"


def denied(name, qtype="A"):
    return f"{name} {qtype} NXDOMAIN 0"


def mix_denials(services, count, chance):
    """Search-list misses of a pod with ndots:5: 240 of 380 from outside names, 50 from service.namespace, 90
    from full cluster names without the last dot."""
    hosts = [name for name, _ in outside_hosts()]
    for _ in range(count):
        service, own = chance.choice(services), f"ns-{chance.randrange(NAMESPACES):03}.svc.{ZONE}"
        kind = chance.randrange(380)
        if kind < 240:
            name = f"{chance.choice(hosts)}.{chance.choice((own, f'svc.{ZONE}', ZONE))}"
        elif kind < 290:
            name = f"{service.name}.{service.namespace}.{own}"
        else:
            name = f"{service.domain}.{chance.choice((own, f'svc.{ZONE}', ZONE))}"
        yield denied(name, chance.choice(("A", "AAAA")))


def mix_questions(services, count=20_000):
    """k8s-mix-v1: 65 % NXDOMAIN, 10 % AAAA without data, 10 % A, 14 % outside names, 1 % SRV and PTR. The
    outside names are A records of a static zone here, so that authoritative servers can take part."""
    chance = random.Random(1)
    hosts = list(outside_hosts())
    lines = list(mix_denials(services, count * 65 // 100, chance))
    for _ in range(count * 10 // 100):
        lines.append(hit(chance.choice(services)))
        lines.append(f"{chance.choice(services).domain} AAAA NOERROR 0")
    for _ in range(count * 14 // 100):
        name, host_address = chance.choice(hosts)
        lines.append(f"{name} A NOERROR 1 {host_address}")
    for _ in range(count // 200):
        service = chance.choice(services)
        lines.append(f"_http._tcp.{service.domain} SRV NOERROR 1 80:{service.domain}")
        lines.append(f"{reverse_name(service.cluster_ip)} PTR NOERROR 1 {service.domain}")
    chance.shuffle(lines)
    return lines


def set_questions(folder, sets):
    for service in sets:
        count, addresses = len(service.endpoints), ",".join(endpoint[0] for endpoint in service.endpoints)
        if service.name == "big":
            write_questions(
                folder,
                "pods",
                (f"{service.host(endpoint)} A NOERROR 1 {endpoint[0]}" for endpoint in service.endpoints),
            )
            continue
        write_questions(folder, f"a-{count}", [f"{service.domain} A NOERROR {count} {addresses}"])
        if count > 50:
            continue
        targets = ",".join(f"2380:{service.host(endpoint)}" for endpoint in service.endpoints)
        write_questions(folder, f"srv-{count}", [f"_peer._tcp.{service.domain} SRV NOERROR {count} {targets}"])


def make_cluster(folder):
    services, sets = list(clusterip_services()), list(headless_sets())
    write_list(f"{folder}/manifests/services.json", map(service_object, services))
    write_documents(
        f"{folder}/manifests/sets.yaml",
        itertools.chain.from_iterable([service_object(service), *slice_objects(service)] for service in sets),
    )
    write_zones(f"{folder}/zones", services + sets)
    write_outside_zone(f"{folder}/zones")
    questions = f"{folder}/questions"
    write_questions(questions, "services", map(hit, services))
    write_questions(
        questions, "unique", (denied(f"q############.ns-{i:03}.svc.{ZONE}") for i in range(NAMESPACES))
    )
    write_questions(questions, "mix", mix_questions(services))
    set_questions(questions, sets)


def make_million(folder):
    write_list(f"{folder}/manifests/services.json", map(service_object, million_services()))
    write_zones(f"{folder}/zones", million_services(), reverse=False)
    write_questions(f"{folder}/questions", "million", [f"s#####.bulk.svc.{ZONE} A NOERROR 1"])
    write_questions(
        f"{folder}/questions",
        "sample",
        (hit(service) for service in itertools.islice(million_services(), 0, None, 997)),
    )


def make_budget(folder):
    services = list(budget_services())
    write_list(f"{folder}/manifests/services.json", map(service_object, services))
    write_list(f"{folder}/manifests/slices.json", itertools.chain.from_iterable(map(slice_objects, services)))
    write_zones(f"{folder}/zones", services)
    write_questions(f"{folder}/questions", "services", map(hit, services))


CLUSTERS = {"cluster": make_cluster, "million": make_million, "budget": make_budget}


def make(cluster, root):
    """The folder of a cluster's data under `root`; written once, and again when this file changes."""
    folder = os.path.join(root, cluster)
    stamp, wanted = os.path.join(folder, "made"), str(os.stat(__file__).st_mtime_ns)
    if os.path.exists(stamp):
        with open(stamp, encoding="ascii") as made:
            if made.read() == wanted:
                return folder
    for part in ("manifests", "zones", "questions"):
        os.makedirs(os.path.join(folder, part), exist_ok=True)
    CLUSTERS[cluster](folder)
    with open(stamp, "w", encoding="ascii") as made:
        made.write(wanted)
    return folder


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clusters", nargs="*", default=[], help=", ".join(CLUSTERS))
    parser.add_argument("--to", default="build/bench/data", help="where to write")
    options = parser.parse_args()
    for cluster in options.clusters or CLUSTERS:
        if cluster not in CLUSTERS:
            sys.exit(f"no cluster {cluster}: {', '.join(CLUSTERS)}")
        print(make(cluster, options.to))


if __name__ == "__main__":
    main()
