# SPDX-License-Identifier: Apache-2.0
"""A knamed of this build on a loopback port of its own, for tests that ask it over sockets.

The programs are $KNAMED and $KNAMECTL, or those in build/."""
import contextlib
import errno
import fcntl
import os
import random
import resource
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.environ.get("KNAMED", os.path.join(ROOT, "build/knamed"))
KNAMECTL = os.environ.get("KNAMECTL", os.path.join(ROOT, "build/knamectl"))
DEADLINE_S = float(os.environ.get("TEST_DEADLINE_S", "30"))


def is_instrumented(program=PROGRAM, sanitizers=("asan", "tsan")):
    """Whether one of these is built in: it is slow then, and keeps for a while what it freed."""
    with open(program, "rb") as file:
        text = file.read()
    return any(f"__{name}_init".encode() in text for name in sanitizers)


# Programs of the tests run side by side, and a knamed shares its port with whoever wants it: who picked a port keeps it
# to itself by a lock on that byte of a file, and within a program by a set.
PORTS = open(os.path.join(tempfile.gettempdir(), f"knamed-test-ports-{os.getuid()}"), "ab")
PORTS_TAKEN, PORTS_LOCK = set(), threading.Lock()


def claim_port(port):
    """Whether it is this program's from now on."""
    with PORTS_LOCK:
        if port in PORTS_TAKEN:
            return False
        try:
            fcntl.lockf(PORTS, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
        except OSError:
            return False
        PORTS_TAKEN.add(port)
        return True


def ports_in_use():
    """Those of all sockets in our network namespace. To try a port would leave a copy of the socket, for a moment, in a child
    that another thread is starting, and who wants the port then would not get it."""
    used = set()
    for table in "tcp", "tcp6", "udp", "udp6":
        with contextlib.suppress(FileNotFoundError), open(f"/proc/thread-self/net/{table}", encoding="ascii") as sockets:
            next(sockets)
            used.update(int(line.split()[1].rpartition(":")[2], 16) for line in sockets)
    return used


def free_port():
    """A port that UDP and TCP both have free at this moment, below those that Linux gives to clients."""
    while True:
        port = random.randrange(12000, 32768)
        if claim_port(port) and port not in ports_in_use():
            return port


class Patience:
    """A deadline that tells hung from slow. A machine that stood still for a while has taken the time from the server, too:
    a step that took long counts as STEP_S."""
    STEP_S = 5

    def __init__(self, seconds=DEADLINE_S):
        self.left, self.asked = seconds, time.monotonic()

    def is_over(self):
        now = time.monotonic()
        self.left -= min(now - self.asked, self.STEP_S)
        self.asked = now
        return self.left <= 0


def once_free(open_it):
    """What that returns, which opens a port again. For a moment a child that another thread is starting may have a copy of
    the socket that was there before."""
    patience = Patience()
    while True:
        try:
            return open_it()
        except OSError as error:
            if error.errno != errno.EADDRINUSE or patience.is_over():
                raise
            time.sleep(0.01)


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as udp:
            udp.bind(("::1", 0))
            return True
    except OSError:
        return False


def wait_for(condition, deadline_s=DEADLINE_S):
    """Asks the condition until it is true; what it said last."""
    patience = Patience(deadline_s)
    while True:
        value = condition()
        if value or patience.is_over():
            return value
        time.sleep(0.02)


def printed(output):
    """What a process that runs has written to a file: its place in the file is ours as well, and must not be moved."""
    descriptor = output.fileno()
    return os.pread(descriptor, os.fstat(descriptor).st_size, 0).decode(errors="replace")


def answers(address, port):
    """Whether anything answers there."""
    query = struct.pack(">HHHHHH", 1, 0, 1, 0, 0, 0) + b"\0\0\6\0\1"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(0.2)
        try:
            udp.connect((address, port))
            udp.send(query)
            return bool(udp.recv(4096))
        except OSError:
            return False


def metrics_page(port):
    """The text of /metrics."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=DEADLINE_S) as reply:
        return reply.read().decode()


def write(place, name, text):
    """As a whole: nobody reads half of it."""
    path = os.path.join(place, name)
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(text)
    os.rename(path + ".new", path)


def write_program(path, text):
    """A script that can be run at once. A child writes it: while it is open to be written it is not run, and what we open has
    a copy, for a moment, in a child that another thread is starting."""
    subprocess.run(["install", "-m", "700", "/dev/stdin", path], input=text, text=True, check=True)


class Server:
    """Runs from construction to stop(); `with` stops it. Paths of the Corefile start in `place`. It is asked at
    `address`, on a port of its own unless one is given. environment: variables in place of the test's own; files: how many it
    may have open; program: another one that takes the same flags."""

    def __init__(self, corefile, place=ROOT, address="127.0.0.1", port=None, environment=None, files=None,
                 program=PROGRAM):
        self.address = address
        self.port = port or free_port()
        self.output = tempfile.TemporaryFile(mode="a+")  # it writes at the end, wherever we read
        self.process = subprocess.Popen(
            [program, "-conf", corefile, "-dns.port", str(self.port)],
            stdout=self.output, stderr=subprocess.STDOUT, cwd=place, env=environment,
            preexec_fn=files and (lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))))
        serves = wait_for(lambda: self.process.poll() is not None or answers(address, self.port))
        if self.process.poll() is not None or not serves:
            self.stop()
            raise RuntimeError(f"{program} -conf {corefile} does not serve:\n{self.text()}")

    def text(self):
        """What it has printed so far."""
        return printed(self.output)

    def logged(self, *texts):
        """Waits for a line with all these texts; whether it came. Lines come some time after what they tell."""
        return wait_for(lambda: any(all(text in line for text in texts) for line in self.text().splitlines()))

    def stop(self, number=signal.SIGINT):
        """Ends it; its exit code. SIGTERM would wait until nobody asks any more."""
        if self.process.poll() is None:
            self.process.send_signal(number)
            try:
                self.process.wait(DEADLINE_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.process.returncode

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.stop()

    def dig(self, *words):
        """What dig prints, asked without the user's ~/.digrc."""
        done = subprocess.run(
            ["dig", "-r", "@" + self.address, "-p", str(self.port), "+tries=2", "+timeout=5", *words],
            capture_output=True, text=True, check=False)
        return done.stdout

    def short(self, *words):
        """The lines of `dig +short`; what dig says of its own troubles is none."""
        return [line for line in self.dig("+short", *words).splitlines() if not line.startswith(";")]

    def rcode(self, *words):
        """The rcode, as dig spells it, and the lines of the answer section."""
        text = self.dig("+noall", "+comments", "+answer", *words)
        status = text.partition("status: ")[2].partition(",")[0]
        return status, [line for line in text.splitlines() if line and line[0] != ";"]


class Place:
    """A directory with a Corefile, manifests in its `objects`, and other files by their names: there as long as it is, or a
    server of it."""

    def __init__(self, corefile=None, objects=None, **files):
        self.directory = tempfile.TemporaryDirectory(prefix="knamed-test-")
        self.path = self.directory.name
        os.mkdir(os.path.join(self.path, "objects"))
        for name, text in {"Corefile": corefile, "objects/all.yaml": objects, **files}.items():
            if text is not None:
                self.write(name, text)

    def write(self, name, text):
        write(self.path, name, text)

    def serve(self, corefile="Corefile", **where):
        server = Server(corefile, self.path, **where)
        server.home = self
        return server
