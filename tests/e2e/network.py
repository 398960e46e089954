# SPDX-License-Identifier: Apache-2.0
"""Hosts in network namespaces, on one bridge, each with its resolv.conf. The test runs in a namespace of its own, which
has the bridge: nothing of it is seen outside, and port 53 is free.

    enter_own_namespace(tap)
    with Network("10.244.0.1") as network:
        host = network.host("10.244.9.10", "nameserver 10.244.0.1")
        host.run("busybox", "nslookup", "etcd-0.etcd.etcd.svc.cluster.local")
"""
import os
import subprocess
import sys
import tempfile

INSIDE = "E2E_OWN_NAMESPACE"
BRIDGE = "bridge"
# Prints a line when its resolv.conf is in place, then only holds the namespaces, as long as the test lives.
HOLD = 'mount --bind "$0" /etc/resolv.conf && ip link set lo up && echo && exec cat'


def enter_own_namespace(tap):
    """Starts the test again in new namespaces; where that is not allowed, the whole test is skipped."""
    if os.environ.get(INSIDE):
        return
    unshare = ["unshare", *([] if os.getuid() == 0 else ["--map-root-user"]), "--net", "--mount"]
    tried = subprocess.run([*unshare, "ip", "link", "set", "lo", "up"], capture_output=True, text=True, check=False)
    if tried.returncode == 0:
        sys.stdout.flush()
        os.execvpe(unshare[0], [*unshare, sys.executable, *sys.argv], {**os.environ, INSIDE: "yes"})
    tap.ok(True, "hosts in network namespaces # SKIP not allowed here: " + tried.stderr.strip().replace("\n", "; "))
    tap.done()


def ip(*words):
    subprocess.run(["ip", *words], check=True)


class Network:
    """The bridge, with an address for this namespace; ends its hosts."""

    def __init__(self, address):
        self.hosts, self.files = [], tempfile.TemporaryDirectory(prefix="knamed-e2e-hosts-")
        ip("link", "set", "lo", "up")
        ip("link", "add", BRIDGE, "type", "bridge")
        ip("address", "add", address + "/32", "dev", BRIDGE)
        ip("link", "set", BRIDGE, "up")
        ip("route", "add", "10.0.0.0/8", "dev", BRIDGE, "src", address)

    def host(self, address, resolv_conf):
        host = Host(os.path.join(self.files.name, f"resolv-{len(self.hosts)}.conf"), resolv_conf)
        self.hosts.append(host)
        host.join(address, f"host{len(self.hosts)}")
        return host

    def remove_hosts(self):
        """Their addresses are free again; what still runs on them must end by itself."""
        for host in self.hosts:
            host.leave()
        self.hosts.clear()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.remove_hosts()
        ip("link", "delete", BRIDGE)
        self.files.cleanup()


class Host:
    """Namespaces that a process holds. Whatever address is asked for is looked for on the bridge."""

    def __init__(self, path, resolv_conf):
        with open(path, "w", encoding="ascii") as file:
            file.write(resolv_conf)
        self.resolv_conf = path
        self.holder = subprocess.Popen(["unshare", "--net", "--mount", "sh", "-c", HOLD, path],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if not self.holder.stdout.readline():
            raise RuntimeError("no namespaces for a host")
        self.inside = ["nsenter", "--target", str(self.holder.pid), "--net", "--mount"]

    def join(self, address, name):
        self.address, self.link = address, name
        ip("link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", str(self.holder.pid))
        ip("link", "set", name, "master", BRIDGE, "up")
        for words in (("address", "add", address + "/32", "dev", "eth0"), ("link", "set", "eth0", "up"),
                      ("route", "add", "default", "dev", "eth0", "src", address)):
            self.run("ip", *words, check=True)

    def leave(self):
        subprocess.run(["ip", "link", "delete", self.link], check=False)  # here again at once, for the next host
        self.holder.stdin.close()
        self.holder.wait()

    def run(self, *words, check=False, **environment):
        """A finished process: its returncode, stdout, stderr."""
        return subprocess.run([*self.inside, *words], capture_output=True, text=True, check=check,
                              env={**os.environ, **environment})

    def start(self, *words, log, **environment):
        """A running process, whose output goes to the file `log`. It is the caller's to end."""
        with open(log, "a", encoding="utf-8") as output:
            return subprocess.Popen([*self.inside, *words], stdout=output, stderr=subprocess.STDOUT,
                                    env={**os.environ, **environment})
