#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""knamectl from the outside: what it prints and how it ends."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
from running_server import KNAMECTL, ROOT, Server, free_port  # noqa: E402
from tap import Tap  # noqa: E402

SAMPLE = "deploy/sample/Corefile"
tap = Tap()


def run(*words, cwd=ROOT):
    done = subprocess.run([KNAMECTL, *words], capture_output=True, text=True, check=False, cwd=cwd)
    return done.returncode, done.stdout, done.stderr


def query(server, *words):
    return run("query", f"@127.0.0.1:{server.port}", *words)


def test_query(server):
    code, out, _ = query(server, "kubernetes.default.svc.cluster.local")
    tap.ok(code == 0 and re.search(r"^kubernetes\.default\.svc\.cluster\.local\.\s5\sIN\sA\s10\.0\.0\.1$", out, re.M)
           and "status: NOERROR" in out and "(UDP)" in out and "flags: qr aa rd;" in out
           and "EDNS: version: 0, flags:; udp: 1232" in out, "query prints the reply as dig does", out)
    tap.same(query(server, "--short", "elastic.default.svc.cluster.local."), (0, "10.0.50.1\n", ""), "query --short")
    tap.same(query(server, "-x", "10.0.0.1", "--short"), (0, "kubernetes.default.svc.cluster.local.\n", ""), "query -x")
    code, out, _ = query(server, "etcd.etcd.svc.cluster.local", "srv", "--tcp")
    tap.ok(code == 0 and "(TCP)" in out and out.count(" SRV") + out.count("\tSRV") >= 6, "query --tcp", out)
    code, out, _ = query(server, "nope.default.svc.cluster.local", "--no-edns")
    tap.ok(code == 0 and "status: NXDOMAIN" in out and "\tSOA\t" in out and "EDNS" not in out,
           "query --no-edns, and a denial is a reply", out)
    code, out, _ = query(server, "kubernetes.default.svc.cluster.local", "--dnssec", "--no-recurse")
    tap.ok("flags: do; udp" in out and "flags: qr aa;" in out, "query --dnssec --no-recurse", out)
    code, out, _ = query(server, "kubernetes.default.svc.cluster.local", "--class", "CH")
    tap.ok(code == 0 and "status: REFUSED" in out, "query --class CH", out)


def test_truncation(server):
    name = "_etcd-client._tcp.etcd.etcd.svc.cluster.local"
    code, out, _ = query(server, name, "SRV", "--no-edns")
    tap.ok(code == 0 and "Truncated" not in out, "a reply that fits is not asked for again", out)
    code, out, _ = query(server, "many.default.svc.cluster.local", "--no-edns")
    tap.ok(code == 0 and "Truncated, retrying in TCP mode" in out and "ANSWER: 60," in out,
           "a cut reply is asked for again over TCP", out)
    code, out, _ = query(server, "many.default.svc.cluster.local", "--no-edns", "--ignore")
    tap.ok(code == 0 and " tc " in out and "(UDP)" in out, "query --ignore keeps the cut reply", out)


def test_query_faults():
    for words, complaint in ((["a.example", "FOO"], "no type 'FOO'"), (["@nowhere", "a.example"], "expected an address"),
                             (["--edns", "many", "a.example"], "expected a size"), (["-x", "1.2.3"], "expected an address"),
                             (["--frob", "a.example"], "no option '--frob'"), (["@127.0.0.1"], "expected a name"),
                             (["@127.0.0.1:99999", "a.example"], "expected a port")):
        code, out, err = run("query", *(words if words[0][0] == "@" else ["@127.0.0.1", *words]))
        tap.ok(code == 1 and out == "" and complaint in err, f"query {' '.join(words)}: {complaint}", code, out, err)
    code, _, err = run("query", f"@127.0.0.1:{free_port()}", "a.example", "--tries", "1", "--timeout", "500ms")
    tap.ok(code == 9 and "no reply from 127.0.0.1" in err, "no server: exit 9", code, err)


def test_usage():
    code, out, _ = run("help")
    tap.ok(code == 0 and out.startswith("usage: knamectl COMMAND"), "help")
    code, out, err = run("frob")
    tap.ok(code == 1 and out == "" and "no command 'frob'" in err, "an unknown command: exit 1")
    tap.ok(run()[0] == 1, "no command: exit 1")
    tap.ok(run("query", "--help")[0] == 0, "query --help: exit 0")


def read_zone(text):
    """What ldns-read-zone makes of it."""
    with tempfile.NamedTemporaryFile("w", suffix=".zone") as file:
        file.write(text)
        file.flush()
        done = subprocess.run(["ldns-read-zone", file.name], capture_output=True, text=True, check=False)
        return done.returncode, [line.split() for line in done.stdout.splitlines()], done.stderr


def test_dump(server):
    code, out, err = run("dump", "-conf", SAMPLE)
    tap.ok(code == 0 and err == "" and out, "dump of the sample", err)
    status, records, err = read_zone(out)
    tap.ok(status == 0 and err == "", "ldns-read-zone takes the dump", err)
    written = {tuple(line.lower().split()) for line in out.splitlines() if line.split()[3] != "SOA"}
    read = {tuple(word.lower() for word in record) for record in records if record[3] != "SOA"}
    tap.ok(len(written) > 100 and written == read, "and reads the records that were written",
           *sorted(map(str, written ^ read))[:10])
    zones = sorted(line.split()[0] for line in out.splitlines() if line.split()[3] == "SOA")
    tap.same(zones, sorted(["cluster.local.", "in-addr.arpa.", "ip6.arpa.", "example.com.", "localhost.",
                            "127.in-addr.arpa."]), "one SOA for each zone")
    wrong = []
    for record in records:
        owner, ttl, _, rrtype, data = record[0], record[1], record[2], record[3], " ".join(record[4:])
        if rrtype in ("A", "AAAA", "PTR", "TXT", "CNAME") or (rrtype == "SRV" and owner.startswith("_")):
            if f"{owner} {ttl} {rrtype} {data}" not in server_records(server, owner, rrtype):
                wrong.append(record)
    tap.ok(not wrong, "the server answers every record of the dump", *wrong[:10])


known = {}


def server_records(server, owner, rrtype):
    """The server's answer, as records; asked once."""
    if (owner, rrtype) not in known:
        lines = server.dig("+noall", "+answer", "+tcp", owner, rrtype).splitlines()
        known[owner, rrtype] = {" ".join(w[:2] + w[3:]) for w in map(str.split, lines) if w}
    return known[owner, rrtype]


def test_dump_of_one():
    code, out, _ = run("dump", "--conf=" + SAMPLE, "etcd/etcd")
    owners = {line.split()[0] for line in out.splitlines()}
    etcd = "etcd.etcd.svc.cluster.local."
    tap.same((code, owners), (0, {etcd, f"etcd-0.{etcd}", f"etcd-1.{etcd}", f"etcd-2.{etcd}", f"_etcd-client._tcp.{etcd}",
                                  f"_etcd-server._tcp.{etcd}", *(f"21.{i}.12.10.in-addr.arpa." for i in range(3))}),
             "dump of one service has its names and those of its addresses, and no others")
    code, out, err = run("dump", "-conf", SAMPLE, "default/nope")
    tap.ok(code == 1 and out == "" and "no records of default/nope" in err, "dump of a service that is not: exit 1", err)
    code, out, err = run("dump", "-conf", "/nonexistent/Corefile")
    tap.ok(code == 1 and "/nonexistent/Corefile" in err, "dump without a Corefile: exit 1", err)
    tap.ok(run("dump", "--frob")[0] == 1, "dump with an unknown option: exit 1")
    tap.same(run("dump", "default/kubernetes", cwd="/")[0], 1, "dump without ./Corefile has nothing of a cluster")


MANY = "apiVersion: v1\nkind: Service\nmetadata: {name: many, namespace: default}\nspec: {clusterIP: None}\n---\n" \
    "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: many, namespace: default, " \
    "labels: {kubernetes.io/service-name: many}}\naddressType: IPv4\nendpoints:\n" + \
    "".join(f"- {{addresses: [10.9.0.{i}]}}\n" for i in range(60))


def main():
    place = tempfile.mkdtemp(prefix="knamectl-")
    try:
        for part in "deploy/sample", "zones":
            shutil.copytree(os.path.join(ROOT, part), os.path.join(place, part))
        with Server(SAMPLE, place) as server:
            test_dump(server)
        with open(os.path.join(place, "deploy/sample/manifests/many.yaml"), "w", encoding="ascii") as file:
            file.write(MANY)
        with Server(SAMPLE, place) as server:
            test_query(server)
            test_truncation(server)
        test_query_faults()
        test_usage()
        test_dump_of_one()
    finally:
        shutil.rmtree(place)
    tap.done()


main()
