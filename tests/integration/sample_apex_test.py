#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The apex NS of the sample cluster: the service in front of the addresses that this server has, on the port that it
listens on. Runs in a network namespace of its own, where it can have any address and port 53. [names 9] [D31] [D32]"""
import fcntl
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
from running_server import ROOT, Server  # noqa: E402
from tap import Tap  # noqa: E402

POD, STRANGER = "10.12.0.3", "10.99.0.1"  # a pod behind kube-dns, and an address of no one
SIOCSIFFLAGS, SIOCSIFADDR, IFF_UP = 0x8914, 0x8916, 1
KUBE_DNS, NS_DNS = "kube-dns.kube-system.svc.cluster.local.", "ns.dns.cluster.local."
COREFILE = """
. {{
    {bind}
    kubernetes cluster.local in-addr.arpa {{
        manifests deploy/sample/manifests
    }}
}}
"""
tap = Tap()


def enter_namespace():
    """Starts this program again, in a namespace, or says that it cannot be had."""
    if os.environ.get("SAMPLE_APEX_INSIDE"):
        return
    for words in ["unshare", "-n"], ["unshare", "-rn"]:
        if subprocess.run([*words, "true"], capture_output=True, check=False).returncode == 0:
            os.environ["SAMPLE_APEX_INSIDE"] = "1"
            os.execvp(words[0], [*words, sys.executable, os.path.abspath(__file__)])
    print("1..0 # SKIP no network namespace can be made here")
    sys.exit(0)


def set_address(name, address):
    """`ifconfig NAME ADDRESS up`; lo:1 is another address of lo."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        packed = struct.pack("16sHH4s8x", name.encode(), socket.AF_INET, 0, socket.inet_aton(address))
        fcntl.ioctl(control, SIOCSIFADDR, packed)
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sH14x", name.encode(), IFF_UP))


def check(name, bind, address, port, expected):
    """expected: (NS target, its address) as the apex has them."""
    with tempfile.NamedTemporaryFile("w", prefix="corefile-") as corefile:
        corefile.write(COREFILE.format(bind=bind))
        corefile.flush()
        with Server(corefile.name, ROOT, address, port) as server:
            target, glue = expected
            for zone in "cluster.local", "in-addr.arpa":
                tap.same(server.short(zone, "NS"), [target], f"{name}: NS of {zone}")
                extra = server.dig("+noall", "+additional", zone, "NS").split()
                tap.same(extra[0:1] + extra[4:], [target, glue], f"{name}: glue of {zone}")
            tap.same(server.short("ns.dns.cluster.local", "A"), [glue], f"{name}: ns.dns has the address of the glue")
            tap.same(server.short("+tcp", "kubernetes.default.svc.cluster.local"), ["10.0.0.1"],
                     f"{name}: TCP answers too")


def main():
    enter_namespace()
    if shutil.which("dig") is None:
        tap.ok(False, "dig is installed")
        tap.done()
    set_address("lo", "127.0.0.1")
    set_address("lo:1", POD)
    check("a pod of kube-dns", "", POD, 53, (KUBE_DNS, "10.0.0.10"))
    check("the same by its loopback address", "", "127.0.0.1", 53, (KUBE_DNS, "10.0.0.10"))
    check("a pod of kube-dns, bound", f"bind {POD}", POD, 53, (KUBE_DNS, "10.0.0.10"))
    check("a port that the service does not have", "", POD, 5353, (NS_DNS, POD))
    set_address("lo:1", STRANGER)
    check("an address behind no service", "", STRANGER, 53, (NS_DNS, STRANGER))
    check("an address behind no service, bound", f"bind {STRANGER}", STRANGER, 53, (NS_DNS, STRANGER))
    tap.done()


main()
