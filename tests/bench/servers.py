# SPDX-License-Identifier: Apache-2.0
"""The servers of the bench: how each is configured, started, found ready and stopped.

Every server runs as a plain foreground process on a loopback port of its own, with one process or thread
that answers, bound to one CPU; its files live in a folder that goes when the bench ends.
"""

import ctypes
import glob
import os
import random
import shutil
import signal
import socket
import struct
import subprocess
import time

READY_WITHIN_S = 180
HOST = "127.0.0.1"


def cpu_seconds(pid):
    """CPU time of all threads of a process, to the nanosecond; 0 when it is gone."""
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:
        return 0.0


def free_port():
    """A port that is free for UDP and TCP now, below those that the kernel hands out by itself: a client that
    asked a port of that range while nobody listens could be given the very same and hear its own question."""
    for port in random.sample(range(20000, 32000), 100):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp, socket.socket(
            socket.AF_INET, socket.SOCK_DGRAM
        ) as udp:
            try:
                tcp.bind((HOST, port))
                udp.bind((HOST, port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port")


def children_of(root):
    """The process and all its descendants."""
    parents = {}
    for path in glob.glob("/proc/[0-9]*/stat"):
        try:
            with open(path, encoding="ascii", errors="replace") as stat:
                fields = stat.read().rpartition(")")[2].split()
        except OSError:
            continue
        parents.setdefault(int(fields[1]), []).append(int(path.split("/")[2]))
    found, queue = [], [root]
    while queue:
        pid = queue.pop()
        found.append(pid)
        queue.extend(parents.get(pid, []))
    return found


def memory_kb(pid, name):
    path = f"/proc/{pid}/smaps_rollup" if name == "Pss" else f"/proc/{pid}/status"
    try:
        with open(path, encoding="ascii") as lines:
            for line in lines:
                if line.startswith(name + ":"):
                    return int(line.split()[1])
    except OSError:
        pass
    return 0


def ask(port, name, qtype=1):
    """The rcode of one answer over UDP, None when there is none soon."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    query = struct.pack(">6H", 4711, 0x100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", qtype, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(0.3)
        try:
            udp.connect((HOST, port))
            udp.send(query)
            answer = udp.recv(4096)
            return answer[3] & 15 if answer[2] & 0x80 else None
        except OSError:
            return None


PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)


def prepare_child(cpu):
    """In the child, before it becomes the server: its CPU, and an end with us however we end."""
    os.sched_setaffinity(0, {cpu})
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Server:
    """One server with the names of one cluster. Subclasses say what it is called and how it is started."""

    name = ""
    package = ""  # Debian's
    clusters = ("cluster", "million", "budget")
    program = ""
    is_echo = False
    farewell = signal.SIGTERM

    def __init__(self, data, folder, programs, variant=""):
        self.data, self.variant, self.title = data, variant, f"{self.name} {variant}".strip()
        self.folder = os.path.join(folder, self.title.replace(" ", "-"))
        self.program = programs.get(self.name, self.program)
        self.port, self.process = 0, None
        self.wrapper, self.environment = [], {}  # a command that runs the server, and variables for it
        os.makedirs(self.folder, exist_ok=True)

    @classmethod
    def available(cls, programs):
        return shutil.which(programs.get(cls.name, cls.program)) is not None

    def zones(self):
        """(zone name, file) of every zone of the cluster."""
        files = sorted(glob.glob(f"{self.data}/zones/*.zone"))
        return [(os.path.basename(path)[: -len(".zone")], path) for path in files]

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="ascii") as out:
            out.write(text)
        return path

    def command(self):
        raise NotImplementedError

    def start(self, cpu, probe):
        """Starts the server on a CPU and waits until it answers the probe with NOERROR."""
        self.port = free_port()
        with open(os.path.join(self.folder, "log"), "wb") as log:
            self.process = subprocess.Popen(
                [*self.wrapper, *self.command()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env=os.environ | self.environment,
                preexec_fn=lambda: prepare_child(cpu),
            )
        began = time.monotonic()
        while ask(self.port, probe) != 0:
            if self.process.poll() is not None or time.monotonic() - began > READY_WITHIN_S:
                with open(os.path.join(self.folder, "log"), encoding="utf-8", errors="replace") as log:
                    tail = log.read()[-2000:]
                self.stop()
                raise RuntimeError(f"{self.name} does not answer {probe}:\n{tail}")
            time.sleep(0.02)
        return time.monotonic() - began

    def pids(self):
        return children_of(self.process.pid)

    def cpu_seconds(self):
        return sum(cpu_seconds(pid) for pid in self.pids())

    def rss_mb(self):
        """RSS; of a server made of several processes the sum of their proportional shares."""
        pids = self.pids()
        if len(pids) == 1:
            return memory_kb(pids[0], "VmRSS") / 1024
        return sum(memory_kb(pid, "Pss") for pid in pids) / 1024

    def stop(self):
        if self.process is None:
            return
        if self.wrapper:  # it ends with the server, not the other way round
            for pid in self.pids()[1:]:
                os.kill(pid, self.farewell)
        else:
            self.process.send_signal(self.farewell)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None


class Echo(Server):
    """The floor, bound like the others. `grow` is what its replies are longer than the queries; it answers every probe."""

    name = "echo"
    is_echo = True
    grow = 0
    listens = HOST

    def command(self):
        return [self.program, "--grow", str(self.grow), f"{self.listens}:{self.port}"]


class EchoAgain(Echo):
    """The same once more: what differs between the two is the noise of the machine."""

    name = "echo again"


# What kubeadm installs, but for the port, and for objects, zones and resolvers, which are files of the bench.
KUBEADM = """.:{port} {{
    errors
    health {{
       lameduck 5s
    }}
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {{
       manifests {manifests}
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }}
    prometheus :9153
    forward . {resolvers} {{
       max_concurrent 1000
    }}
    cache 30 {{
       disable success cluster.local
       disable denial cluster.local
    }}
    loop
    reload
    loadbalance
    bind {host}
    {files}
}}
"""


class Knamed(Server):
    """From manifests; with the variant "zone file", the cluster zone as a static zone; with "kubeadm", by its Corefile."""

    name = "knamed"
    rules = ()  # more directives
    farewell = signal.SIGINT  # SIGTERM would wait until nobody asks any more

    def kubeadm_command(self):
        files = "\n    ".join(f"file {path} {zone}" for zone, path in self.zones() if zone == "example.com")
        resolvers = self.write("resolv.conf", f"nameserver {HOST}\n")
        text = KUBEADM.format(
            port=self.port, manifests=f"{self.data}/manifests", resolvers=resolvers, host=HOST, files=files
        )
        corefile = self.write("Corefile", text)
        return [self.program, "-conf", corefile, "-dns.port", str(self.port)]

    def command(self):
        if self.variant == "kubeadm":
            return self.kubeadm_command()
        directives = ["bind " + HOST, *self.rules]
        for zone, path in self.zones():
            if self.variant or zone == "example.com":
                directives.append(f"file {path} {zone}")
        if not self.variant:
            directives.append(
                f"kubernetes cluster.local in-addr.arpa ip6.arpa {{\n        manifests {self.data}/manifests\n    }}"
            )
        corefile = self.write("Corefile", ". {\n    " + "\n    ".join(directives) + "\n}\n")
        return [self.program, "-conf", corefile, "-dns.port", str(self.port)]


class Nsd(Server):
    name = "nsd"
    package = "nsd"
    program = "nsd"

    def command(self):
        text = f"""server:
    server-count: 1
    ip-address: {HOST}@{self.port}
    do-ip6: no
    username: ""
    zonesdir: "{self.folder}"
    database: ""
    pidfile: ""
    xfrdfile: "{self.folder}/xfrd.state"
    zonelistfile: "{self.folder}/zone.list"
    xfrdir: "{self.folder}"
    rrl-ratelimit: 0
    minimal-responses: yes
    round-robin: yes
    tcp-count: 12000
    tcp-timeout: 120
    ipv4-edns-size: 1232
remote-control:
    control-enable: no
"""
        for zone, path in self.zones():
            text += f'zone:\n    name: "{zone}"\n    zonefile: "{path}"\n'
        return [self.program, "-d", "-c", self.write("nsd.conf", text)]


class Knot(Server):
    name = "knot"
    package = "knot"
    program = "knotd"

    def command(self):
        text = f"""server:
    rundir: "{self.folder}"
    listen: [ "{HOST}@{self.port}" ]
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
    tcp-max-clients: 12000
    tcp-idle-timeout: 120
    tcp-io-timeout: 0
    udp-max-payload: 1232
    answer-rotation: on
database:
    storage: "{self.folder}"
log:
  - target: stderr
    any: warning
template:
  - id: default
    zonefile-sync: -1
    zonefile-load: whole
    journal-content: none
    semantic-checks: off
zone:
"""
        for zone, path in self.zones():
            text += f'  - domain: "{zone}"\n    file: "{path}"\n'
        return [self.program, "-c", self.write("knot.conf", text)]


class Unbound(Server):
    """As an authoritative server (auth-zone); it must not ask anybody."""

    name = "unbound"
    package = "unbound"
    program = "unbound"

    def command(self):
        text = f"""server:
    interface: {HOST}
    port: {self.port}
    num-threads: 1
    so-reuseport: yes
    username: ""
    chroot: ""
    directory: "{self.folder}"
    pidfile: ""
    use-syslog: no
    module-config: "iterator"
    access-control: 127.0.0.0/8 allow
    do-not-query-address: 0.0.0.0/0
    do-not-query-address: ::0/0
    edns-buffer-size: 1232
    minimal-responses: yes
    rrset-roundrobin: yes
    incoming-num-tcp: 1000
    tcp-idle-timeout: 120000
    local-zone: "10.in-addr.arpa." nodefault
remote-control:
    control-enable: no
"""
        for zone, path in self.zones():
            text += (
                f'auth-zone:\n    name: "{zone}"\n    zonefile: "{path}"\n'
                "    for-downstream: yes\n    for-upstream: no\n    fallback-enabled: no\n"
            )
        return [self.program, "-d", "-c", self.write("unbound.conf", text)]


class CoreDns(Server):
    """Reads no manifests, so it gets the zone files too, behind its cache."""

    name = "coredns"
    clusters = ("cluster", "budget")

    @classmethod
    def available(cls, programs):
        return programs.get(cls.name) is not None

    def command(self):
        directives = [f"bind {HOST}", "loadbalance", "cache 30"]
        directives += [f"file {path} {zone}" for zone, path in self.zones()]
        corefile = self.write("Corefile", f".:{self.port} {{\n    " + "\n    ".join(directives) + "\n}\n")
        return [self.program, "-conf", corefile]


ALL = {server.name: server for server in (Echo, EchoAgain, Knamed, Nsd, Knot, Unbound, CoreDns)}


def missing_packages():
    """Debian packages of peers that are not installed."""
    return [server.package for server in ALL.values() if server.package and not server.available({})]
