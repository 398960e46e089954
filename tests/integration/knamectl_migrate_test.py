#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What kube-dns was told becomes a Corefile, and a server that reads it asks whom kube-dns asked."""
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
from running_server import KNAMECTL, Server, free_port  # noqa: E402
from stub_upstream import StubUpstream, record  # noqa: E402
from tap import Tap  # noqa: E402

tap = Tap()
MAP = """
apiVersion: v1
kind: ConfigMap
metadata: {name: kube-dns, namespace: kube-system}
data:
  stubDomains: |
    {"acme.local": ["%(stub)s"], "Other.Local.": ["192.0.2.9", "2001:db8::9"]}
  upstreamNameservers: |
    ["%(upstream)s"]
  federations: |
    {"a": "b"}
"""


def migrate(*words, text=None):
    done = subprocess.run([KNAMECTL, "migrate", *words], capture_output=True, text=True, check=False, input=text, timeout=30)
    return done.returncode, done.stdout, done.stderr


def block(corefile, zone):
    """The lines of a block, without indentation."""
    return [line.strip() for line in corefile.partition(f"{zone} {{\n")[2].partition("\n}\n")[0].splitlines()]


def test_map():
    code, corefile, err = migrate("-", text=MAP % {"stub": "192.0.2.1:5353", "upstream": "192.0.2.2"})
    tap.same((code, err), (0, ""), "a ConfigMap is read")
    tap.same(block(corefile, "acme.local.:53"),
             ["errors", "cache 30", "loop", "forward . 192.0.2.1:5353 {", "max_concurrent 1000", "}"], "a stub domain is a block")
    tap.ok("forward . 192.0.2.9 2001:db8::9 {" in block(corefile, "other.local.:53"), "with all its servers", corefile)
    tap.ok("forward . 192.0.2.2 {" in block(corefile, ".:53"), "upstream servers take the place of resolv.conf", corefile)
    tap.ok(corefile.startswith("# federations: "), "what has no meaning any more is said", corefile)
    code, corefile, err = migrate("-", text="kind: ConfigMap\nmetadata: {name: kube-dns}\n")
    tap.same((code, err), (0, ""), "an empty ConfigMap is read")
    tap.ok("forward . /etc/resolv.conf {" in block(corefile, ".:53"), "and leaves resolv.conf", corefile)
    tap.same(corefile.count(":53 {"), 1, "and no stub domain")


def test_flags():
    code, corefile, err = migrate("--", "--server=/cluster.test/127.0.0.1#10053", "--server=/in-addr.arpa/127.0.0.1#10053",
                                  "--server=/acme.local/192.0.2.1#5353", "--server=192.0.2.2", "--cache-size=1000", "--no-negcache",
                                  "--address=/fixed.test/192.0.2.7", "--host-record=one.test,192.0.2.8", "--domain=cluster.test",
                                  "-k", "--log-facility=-", "--dns-forward-max=300", "--strict-order", "--log-queries")
    tap.same((code, err), (0, ""), "flags of dnsmasq are read")
    main = block(corefile, ".:53")
    for line in ("kubernetes cluster.test. in-addr.arpa ip6.arpa {", "forward . 192.0.2.2 {", "max_concurrent 300", "policy sequential",
                 "success 1000 30", "disable denial", "log", "192.0.2.8 one.test.", "template IN A fixed.test. {"):
        tap.ok(line in main, f"the main block says {line!r}", corefile)
    tap.ok("cluster.test.:53" not in corefile, "kubedns' own zone is no stub domain", corefile)
    tap.ok("forward . 192.0.2.1:5353 {" in block(corefile, "acme.local.:53"), "a server of a domain is", corefile)


def test_faults():
    for words, text, fault in (
            (("-",), "data: {stubDomains: '{\"a\": 1}'}", "stdin: stubDomains: a: expected a list of addresses"),
            (("-",), "data: {stubDomains: '{\"a\": [\"x\"]}'}", "'x' is no address of a server"),
            (("-",), "data: {stubDomains: '{'}", "stdin: stubDomains: line 1: "),
            (("-",), "data: {upstreamNameservers: '[\"1.1.1.1\",\"1.1.1.2\",\"1.1.1.3\",\"1.1.1.4\"]'}", "more than 3"),
            (("-",), "data: {stubDomains: '{\"a..b\": [\"1.1.1.1\"]}'}", "'a..b' is no domain name"),
            (("-",), "data: [1]", "expected a ConfigMap"),
            (("/nonexistent",), None, "/nonexistent"),
            (("--", "--no-such-flag"), None, "--no-such-flag cannot be migrated"),
            (("--", "--server=1.2.3.4#x"), None, "'1.2.3.4#x' is no server"),
            (("--", "--cache-size=many"), None, "cache-size: expected a number")):
        code, out, err = migrate(*words, text=text)
        tap.ok(code == 1 and out == "" and fault in err and err.count("\n") == 1, f"told: {fault}", code, out, err)


def test_served():
    """Ports of the blocks are replaced by one that is free, health and metrics by others; the rest is as printed."""
    with StubUpstream([record("a.acme.local.", "A", "192.0.2.1")]) as stub, \
            StubUpstream([record("a.example.", "A", "192.0.2.2")]) as upstream, tempfile.TemporaryDirectory() as directory:
        code, corefile, err = migrate("-", "--", "--address=/fixed.test/192.0.2.7", "--host-record=one.test,192.0.2.8",
                                      text=MAP % {"stub": stub.where, "upstream": upstream.where})
        tap.same((code, err), (0, ""), "both are read together")
        os.mkdir(os.path.join(directory, "m"))
        for old, new in ((":53 {", " {"), ("    health {", f"    health 127.0.0.1:{free_port()} {{"),
                         ("    ready\n", f"    ready 127.0.0.1:{free_port()}\n"),
                         ("prometheus :9153", f"prometheus 127.0.0.1:{free_port()}"),
                         ("pods insecure", "pods insecure\n        manifests m"), ("lameduck 5s", "lameduck 0s")):
            corefile = corefile.replace(old, new)
        with open(os.path.join(directory, "Corefile"), "w", encoding="ascii") as file:
            file.write(corefile)
        with Server("Corefile", directory) as server:
            for name, address in (("a.acme.local", "192.0.2.1"), ("a.example", "192.0.2.2"), ("fixed.test", "192.0.2.7"),
                                  ("below.fixed.test", "192.0.2.7"), ("one.test", "192.0.2.8")):
                tap.same(server.short(name, "A"), [address], f"the server answers {name}")
            tap.same(server.rcode("fixed.test", "AAAA"), ("NOERROR", []), "a fixed address has no other family")
        tap.same((stub.count("a.example."), upstream.count("a.acme.local.")), (0, 0), "each was asked for its own alone")


test_map()
test_flags()
test_faults()
test_served()
tap.done()
