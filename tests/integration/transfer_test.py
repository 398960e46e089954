#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`transfer`: zones as other name servers get them, loaded by their tools, and compared with what the server answers."""
import contextlib
import os
import queue
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
from datagrams import metric  # noqa: E402
from running_server import DEADLINE_S, ROOT, Server, free_port, metrics_page, wait_for  # noqa: E402
from tap import Tap  # noqa: E402

tap = Tap()
AXFR, IXFR, REFUSED = 252, 251, 5
OBJECTS = """
apiVersion: v1
kind: Service
metadata: {name: web, namespace: default}
spec: {type: LoadBalancer, clusterIP: 10.96.0.80, clusterIPs: [10.96.0.80, "fd00::80"], externalIPs: [192.0.2.80],
  ports: [{name: http, port: 80}, {name: dns, port: 53, protocol: UDP}, {name: x, port: 1}]}
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: default}
spec: {clusterIP: None, ports: [{name: sql, port: 5432}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: db-a, namespace: default, labels: {kubernetes.io/service-name: db}}
addressType: IPv4
ports: [{name: sql, port: 5432}]
endpoints: [{addresses: [10.1.0.5], hostname: db-0, conditions: {ready: true}}, {addresses: [10.1.0.6], conditions: {ready: true}}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: db-b, namespace: default, labels: {kubernetes.io/service-name: db}}
addressType: IPv6
endpoints: [{addresses: ["fd00::7"], conditions: {ready: true}}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-a, namespace: default, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
ports: [{name: http, port: 8080}]
endpoints: [{addresses: [10.1.0.9], hostname: hidden, conditions: {ready: true}}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: none-a, namespace: default, labels: {kubernetes.io/service-name: none}}
addressType: IPv4
ports: null
endpoints: null
---
apiVersion: v1
kind: Service
metadata: {name: none, namespace: default}
spec: {clusterIP: None}
---
apiVersion: v1
kind: Service
metadata: {name: far, namespace: default}
spec: {type: ExternalName, externalName: Host.Example.com}
---
apiVersion: v1
kind: Pod
metadata: {name: pod, namespace: default}
status: {podIP: 10.1.0.5}
"""
ZONE = """$TTL 300
@ IN SOA ns host {serial} 3600 600 86400 60
@ IN NS ns
@ IN MX 10 www
ns IN A 10.70.0.1
www IN A 10.70.0.2
www IN AAAA fd00:70::2
*.wild IN TXT "one" "two"
deep.empty IN CNAME www
sub IN NS ns.sub
ns.sub IN A 10.70.0.5
gone IN DNAME other.example.
"""


class Place(tempfile.TemporaryDirectory):
    def __init__(self, corefile, **files):
        super().__init__(prefix="transfer-")
        os.mkdir(os.path.join(self.name, "objects"))
        self.write("objects/all.yaml", OBJECTS)
        self.write("Corefile", corefile)
        for name, text in files.items():
            self.write(name, text)

    def write(self, name, text):
        path = os.path.join(self.name, name)
        with open(path + ".new", "w", encoding="ascii") as file:
            file.write(text)
        os.rename(path + ".new", path)

    def serve(self):
        return Server("Corefile", self.name)


def copy_of(server, zone, *words):
    """The lines of a zone as it was transferred; the SOA once, at the start."""
    text = server.dig(*words, "+onesoa", "+nocmd", "+nocomments", "+nostats", "+noquestion", zone, "AXFR")
    return [line for line in text.splitlines() if line and line[0] != ";"]


def fields(line):
    """Owner, type, data."""
    owner, _, _, rtype, data = line.split(None, 4)
    return owner, rtype, data


def loads(zone, lines, place):
    """Whether other servers' tools take it as a zone."""
    place.write("copy", "\n".join(lines) + "\n")
    path = os.path.join(place.name, "copy")
    os.environ["PATH"] += ":/usr/sbin"
    for program in ["ldns-read-zone", path], ["nsd-checkzone", zone, path], ["named-checkzone", zone, path]:
        if shutil.which(program[0]):
            done = subprocess.run(program, capture_output=True, text=True, check=False)
            tap.ok(done.returncode == 0, f"{program[0]} loads {zone}", done.stdout + done.stderr)


def all_is_answered(server, zone, lines):
    """No record that the server does not answer under its name."""
    wrong, answered = [], {}
    for line in lines:
        owner, rtype, data = fields(line)
        if rtype in ("SOA", "DNAME") or owner.startswith(("sub.", "ns.sub.")):
            continue
        if (owner, rtype) not in answered:
            answered[owner, rtype] = [fields(found) for found in server.rcode("+tcp", owner, rtype)[1]]
        if (owner, rtype, data) not in answered[owner, rtype]:
            wrong.append(line)
    tap.same(wrong, [], f"each record of {zone} is one that is answered")
    missing = [found for (owner, rtype), all_found in answered.items() for found in all_found
               if found[1] == rtype and found not in [fields(line) for line in lines]]
    tap.same(missing, [], "and of these names all that is answered is in it")


def leads_somewhere(zone, lines):
    """Who has the copy alone can follow what is in it."""
    owners = {fields(line)[0] for line in lines}
    targets = {fields(line)[2].split()[-1] for line in lines if fields(line)[1] in ("SRV", "NS")}
    tap.same(sorted(target for target in targets - owners if target.endswith("." + zone + ".")), [], f"all targets in {zone} are there")


def over_udp(server, zone, rtype):
    """The rcode; the question has an SOA of serial 6."""
    name = b"".join(bytes([len(label)]) + label.encode() for label in zone.split(".")) + b"\0"
    soa = b"\xc0\x0c" + struct.pack(">HHIH", 6, 1, 0, 22) + b"\0\0" + struct.pack(">IIIII", 6, 0, 0, 0, 0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(5)
        udp.connect((server.address, server.port))
        udp.send(struct.pack(">HHHHHH", 7, 0, 1, 0, 1, 0) + name + struct.pack(">HH", rtype, 1) + soa)
        return udp.recv(4096)[3] & 15


def check_zones():
    port = free_port()
    place = Place(f""". {{
    transfer {{
        to *
    }}
    kubernetes cluster.local 10.in-addr.arpa d.f.ip6.arpa {{
        manifests objects
        pods verified
    }}
    k8s_external out.test
    file db.zone zone.test
    prometheus 127.0.0.1:{port}
}}
""", **{"db.zone": ZONE.format(serial=7)})
    with place, place.serve() as server:
        copies = {zone: copy_of(server, zone) for zone in
                  ("cluster.local", "10.in-addr.arpa", "d.f.ip6.arpa", "out.test", "zone.test")}
        for zone, lines in copies.items():
            tap.ok(len(lines) > 2 and fields(lines[0])[1] == "SOA", f"{zone} is transferred", *lines)
            loads(zone, lines, place)
            all_is_answered(server, zone, lines)
            leads_somewhere(zone, lines)
        names = {fields(line)[0].removesuffix(".default.svc.cluster.local.") for line in copies["cluster.local"]}
        tap.same(sorted(name for name in names if "cluster.local." not in name),
                 ["10-1-0-6.db", "_dns._udp.web", "_http._tcp.web", "_sql._tcp.db", "_x._tcp.web", "db", "db-0.db", "far",
                  "fd00--7.db", "web"],
                 "of services all names; of endpoints those of headless ones; no pods")
        tap.ok(any(line.startswith("sub.zone.test.") for line in copies["zone.test"]), "delegations are in the copy of a file")
        tap.ok(any(line.startswith("ns.sub.zone.test.") for line in copies["zone.test"]), "and so are the addresses they need")
        tap.same(metric(metrics_page(port), 'coredns_dns_responses_total{plugin="transfer",rcode="NOERROR"'), len(copies), "they are counted")
        tap.ok(server.logged('plugin/transfer: Outgoing transfer of 12 records of zone "zone.test." to 127.0.0.1 for 7 SOA serial'),
               "and told in the log", server.text())
        for question, lines in (("zone.test", "IXFR=7"), 1), (("zone.test", "IXFR=8"), 1), (("zone.test", "IXFR=6"), 12):
            tap.same(len(server.rcode("+tcp", *question)[1]), lines, f"{question[1]} has {lines} records")
        tap.ok(server.logged('Outgoing noop, incremental transfer for up to date zone "zone.test."'), "nothing new is told, too")
        place.write("db.zone", ZONE.format(serial=8) + "new IN A 10.70.0.9\n")
        wait_for(lambda: server.short("new.zone.test"))
        tap.same(len(server.rcode("+tcp", "zone.test", "IXFR=7")[1]), 13, "what changes is transferred as a whole")


def check_multicluster():
    place = Place(f""". {{
    transfer {{
        to *
    }}
    kubernetes cluster.local clusterset.local {{
        manifests {ROOT}/tests/cases/multicluster/manifests
        multicluster clusterset.local
    }}
}}
""")
    with place, place.serve() as server:
        lines = copy_of(server, "clusterset.local")
        loads("clusterset.local", lines, place)
        all_is_answered(server, "clusterset.local", lines)
        leads_somewhere("clusterset.local", lines)
        tap.ok(any(fields(line)[0] == "10-246-2-3.west.db.apps.svc.clusterset.local." for line in lines),
               "endpoints of all clusters are in it", *lines)


def check_who():
    place = Place("""zone.test {
    transfer test {
        to *
    }
    transfer zone.test {
        to 127.0.0.2 127.0.0.4
    }
    acl zone.test {
        block type AXFR net 127.0.0.4
    }
    file db.zone zone.test
}
open.test {
    transfer open.test {
        to *
    }
    file db.zone open.test
}
shut.test {
    file db.zone shut.test
}
. {
    kubernetes cluster.local {
        manifests objects
    }
}
""", **{"db.zone": ZONE.format(serial=7)})
    with place, place.serve() as server:
        tap.same(len(copy_of(server, "zone.test", "-b", "127.0.0.2")), 11, "who is named has the zone")
        for client in "127.0.0.1", "127.0.0.3":
            tap.same(copy_of(server, "zone.test", "-b", client), [], f"{client} has not, for the longer zone decides")
        tap.same(copy_of(server, "zone.test", "-b", "127.0.0.4"), [], "nor has whom acl blocks")
        tap.same(len(copy_of(server, "open.test", "-b", "127.0.0.3")), 11, "* is all")
        for zone in "shut.test", "cluster.local":
            tap.same(copy_of(server, zone), [], f"{zone} is nobody's, for nothing says so")
        tap.same(copy_of(server, "www.open.test"), [], "a name in a zone is no zone")
        for rtype in AXFR, IXFR:
            tap.same(over_udp(server, "open.test", rtype), REFUSED, f"over UDP type {rtype} is refused")
        tap.same(server.short("www.open.test", "A"), ["10.70.0.2"], "questions are answered as ever")


class Listener(threading.Thread):
    """Another name server that is told of changes, at a port of its own. It replies to all but the first `silences` notices."""

    def __init__(self, rcode=0, silences=0):
        super().__init__(daemon=True)
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", 0))
        self.where = "127.0.0.1:%d" % self.udp.getsockname()[1]
        self.rcode, self.silences = rcode, silences
        self.heard = queue.Queue()
        self.start()

    def run(self):
        times = 0
        while True:
            packet, sender = self.udp.recvfrom(4096)
            times += 1
            if times <= self.silences:
                continue
            ident, flags = struct.unpack(">HH", packet[:4])
            self.udp.sendto(struct.pack(">HH", ident ^ 1, flags | 0x8000 | 5) + packet[4:], sender)  # of another one
            self.udp.sendto(struct.pack(">HH", ident, flags | 0x8000 | self.rcode) + packet[4:], sender)
            self.heard.put((flags, packet[4:], sender[0], times))

    def hear(self):
        """The next notice that was replied to: its flags, its question, its sender, and how many there were so far."""
        try:
            return self.heard.get(timeout=DEADLINE_S)
        except queue.Empty:
            return None, None, None, 0


def notice(zone):
    name = b"".join(bytes([len(label)]) + label.encode() for label in zone.split(".")) + b"\0"
    return struct.pack(">HHHH", 1, 0, 0, 0) + name + struct.pack(">HH", 6, 1)


def check_notices():
    willing, unwilling, deaf = Listener(), Listener(rcode=4), Listener(silences=1)
    parent = Listener()
    corefile = f""". {{
    transfer test {{
        to * {parent.where}
    }}
    transfer zone.test {{
        to {willing.where} {unwilling.where} {deaf.where}
        source 127.0.0.9
    }}
    file db.zone zone.test {{
        reload 1s
    }}
    file db.other other.test
    auto auto.test {{
        directory zones (db\\.)(.*) {{2}}
    }}
}}
"""
    place = Place(corefile, **{"db.zone": ZONE.format(serial=7), "db.other": ZONE.format(serial=1)})
    os.mkdir(os.path.join(place.name, "zones"))
    opcode_and_aa = 4 << 11 | 1 << 10
    with place, place.serve() as server:
        for listener, times in (willing, 1), (unwilling, 1), (deaf, 2):
            tap.same(listener.hear(), (opcode_and_aa, notice("zone.test"), "127.0.0.9", times), "at the start all are told")
        tap.same(parent.hear()[1], notice("other.test"), "of each zone those of the longest zone alone")
        tap.ok(wait_for(lambda: f'notify for zone "zone.test." was not accepted by "{unwilling.where}": rcode was "NOTIMP"' in server.text()),
               "who does not want it is told of in the log")
        place.write("db.zone", ZONE.format(serial=8))
        for listener in willing, unwilling, deaf:
            tap.same(listener.hear()[1], notice("zone.test"), "and when the file has another serial")
        tap.same(server.short("zone.test", "SOA")[0].split()[2], "8", "which is answered then")
        place.write("zones/db.auto.test", ZONE.format(serial=3))
        tap.same(parent.hear()[1], notice("auto.test"), "a zone that comes to a directory is told of")
        place.write("Corefile", corefile.replace("other.test", "more.test"))
        server.process.send_signal(signal.SIGUSR1)
        tap.same({parent.hear()[1], parent.hear()[1]}, {notice("auto.test"), notice("more.test")}, "another Corefile tells all anew")
        tap.same(willing.hear()[1], notice("zone.test"), "and everybody")
        tap.ok("for zone \"zone.test.\" was not accepted by \"" + willing.where not in server.text(), "who accepts it is not in the log")


def check_way():
    """From a server to another one, and on to a third."""
    ports = [free_port() for _ in range(3)]
    zones = "zone.test cluster.local"
    first = Place(f""". {{
    transfer {{
        to 127.0.0.1:{ports[1]}
    }}
    kubernetes cluster.local {{
        manifests objects
    }}
    file db.zone zone.test
}}
""", **{"db.zone": ZONE.format(serial=7)})
    second = Place(f""". {{
    transfer {{
        to 127.0.0.1:{ports[2]}
    }}
    secondary {zones} {{
        transfer from 127.0.0.1:{ports[0]}
    }}
}}
""")
    third = Place(f""". {{
    secondary {zones} {{
        transfer from 127.0.0.1:{ports[1]}
    }}
}}
""")
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(Server("Corefile", stack.enter_context(place), port=port))
                   for place, port in zip((first, second, third), ports)]
        for name, rtype in ("www.zone.test", "A"), ("db.default.svc.cluster.local", "A"), ("x.wild.zone.test", "TXT"), \
                ("_http._tcp.web.default.svc.cluster.local", "SRV"), ("none.default.svc.cluster.local", "A"):
            expected = servers[0].rcode("+tcp", name, rtype)
            for server in servers[1:]:
                wait_for(lambda: server.rcode("+tcp", name, rtype)[0] == expected[0])
                got = server.rcode("+tcp", name, rtype)
                tap.same((got[0], sorted(map(fields, got[1]))), (expected[0], sorted(map(fields, expected[1]))),
                         f"{name} {rtype} is the same on the way")
        first.write("db.zone", ZONE.format(serial=8) + "new IN A 10.70.0.9\n")
        for server in servers:
            tap.same(wait_for(lambda: server.short("new.zone.test")), ["10.70.0.9"], "what changes goes all the way by notices")


check_zones()
check_multicluster()
check_who()
check_notices()
check_way()
tap.done()
