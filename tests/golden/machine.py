# SPDX-License-Identifier: Apache-2.0
"""A network and a file tree that one server has for itself, like a container: port 53 is free, /etc/resolv.conf and
/etc/coredns are what a case says, and so Corefiles run as they are in the field. Sockets of the test itself reach it with
`inside()`, for a socket stays in the network where it was made."""
import contextlib
import ctypes
import os
import shutil
import subprocess
import tempfile

CLONE_NEWNET = 0x40000000
libc = ctypes.CDLL(None, use_errno=True)

# A network with addresses that a machine reaches, for resolvers: on the machine itself they would take port 53 from the server.
OUTSIDE = "ip link set lo up && echo && exec cat"
# $0: the process that holds it; $1, $2: the addresses of a machine, and those outside.
CONNECT = """set -e
out() { nsenter --target "$0" --net "$@"; }
ip link add wire type veth peer name wire netns "$0"
ip address add 10.0.0.1/32 dev wire
ip address add fd00:53::1/128 dev wire nodad
ip link set wire addrgenmode none up
ip address add fe80::53/64 dev wire nodad
for address in $2; do out ip address add "$address" dev wire $(case $address in *:*) echo nodad; esac); done
out ip link set wire up
out sh -c 'echo 0 >/proc/sys/net/ipv4/icmp_ratelimit' # refusals are told each time
for address in $2; do ip route add "${address%/*}" dev wire; done
for address in $1 10.0.0.1/32 fd00:53::1/128; do out ip route add "${address%/*}" dev wire; done
"""

# Prints a line when all is in place, then only holds the namespaces, as long as the test lives. $0: the new root; $1: its
# addresses; further ones: programs.
BUILD = """set -e
mount -t tmpfs tmpfs "$0"
for place in /usr /bin /sbin /lib*; do
    if [ -L "$place" ]; then cp -P "$place" "$0$place"; else mkdir "$0$place" && mount --rbind "$place" "$0$place"; fi
done
for place in /dev /proc; do mkdir "$0$place" && mount --rbind "$place" "$0$place"; done
mkdir -p "$0/etc" "$0/run" "$0/var" "$0/tmp"
ln -s ../run "$0/var/run"
ip link set lo up
for address in $1; do ip address add "$address" dev lo; done
shift
for program; do touch "$0/${program##*/}" && mount --bind "$program" "$0/${program##*/}"; done
echo
exec cat
"""


def can_be_made():
    """None, or why not."""
    tried = subprocess.run(["unshare", "--net", "--mount", "ip", "link", "set", "lo", "up"], capture_output=True, text=True,
                           check=False)
    return None if tried.returncode == 0 else " ".join(tried.stderr.split())


def hold(*words):
    """A process that holds what it has made, until its input ends."""
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    if not process.stdout.readline():
        raise RuntimeError("no machine of our own")
    return process


def enter(namespace):
    if libc.setns(namespace, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


class Machine:
    """`with` ends it, and with it what runs there."""

    def __init__(self, addresses, outer_addresses, programs):
        self.directory = tempfile.mkdtemp(prefix="golden-")
        self.outer_holder = hold("unshare", "--net", "sh", "-c", OUTSIDE)
        self.holder = hold("unshare", "--net", "--mount", "sh", "-c", BUILD, self.directory, " ".join(addresses), *programs)
        subprocess.run(["nsenter", "--target", str(self.holder.pid), "--net", "sh", "-c", CONNECT, str(self.outer_holder.pid),
                        " ".join(addresses), " ".join(outer_addresses)], check=True)
        self.network, self.outer = [os.open(f"/proc/{holder.pid}/ns/net", os.O_RDONLY)
                                    for holder in (self.holder, self.outer_holder)]
        self.root = f"/proc/{self.holder.pid}/root{self.directory}"

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        for network, holder in (self.network, self.holder), (self.outer, self.outer_holder):
            os.close(network)
            holder.stdin.close()
            holder.wait()
        os.rmdir(self.directory)

    @contextlib.contextmanager
    def inside(self, network=None):
        """What this thread opens or starts meanwhile is in the network of the machine, or in its outer one."""
        own = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        enter(network or self.network)
        try:
            yield
        finally:
            enter(own)
            os.close(own)

    def path(self, name):
        return self.root + "/" + name.lstrip("/")

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name) + ".new", "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(self.path(name) + ".new", self.path(name))

    def clear(self, *places):
        for place in places:
            shutil.rmtree(self.path(place), ignore_errors=True)
            os.makedirs(self.path(place))

    def start(self, program, *words, environment, output, stdin=None):
        """The process; it is the caller's to end."""
        return subprocess.Popen(["nsenter", "--target", str(self.holder.pid), "--net", "--mount", "chroot", self.directory,
                                 "/" + program, *words], stdin=stdin or subprocess.DEVNULL, stdout=output,
                                stderr=subprocess.STDOUT, env=environment)

    def listens(self, port):
        """Whether UDP and TCP of a port are open, without asking anything."""
        found = set()
        for table in "udp", "udp6", "tcp", "tcp6":
            with open(f"/proc/{self.holder.pid}/net/{table}", encoding="ascii") as lines:
                for line in list(lines)[1:]:
                    words = line.split()
                    if words[1].endswith(f":{port:04X}") and (table[0] == "u" or words[3] == "0A"):
                        found.add(table[:3])
        return found == {"udp", "tcp"}
