#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Port 53 as a container has it: user 65532, no_new_privs, no ambient capability, the program with a capability in its
file or without, NET_BIND_SERVICE in the bounding set or not. And a root file system that cannot be written to. The network
is the test's own; the programs are copies in a place of their own."""
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile

from network import enter_own_namespace, ip

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support"))
from running_server import PROGRAM, answers, printed, wait_for  # noqa: E402
from tap import Tap  # noqa: E402

USER = 65532
BIND = 1 << 10  # CAP_NET_BIND_SERVICE
SET_KEEPCAPS, CAPBSET_DROP, SET_NO_NEW_PRIVS = 8, 24, 38  # options of prctl()
PERMITTED, IN_EFFECT = 0x02000000, 0x02000001
START = "/proc/sys/net/ipv4/ip_unprivileged_port_start"
libc = ctypes.CDLL(None, use_errno=True)


def become_container(has_capability):
    """What a runtime does between fork and exec: the user, his capabilities, no_new_privs."""
    if not has_capability:
        libc.prctl(CAPBSET_DROP, 10, 0, 0, 0)
    libc.prctl(SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setresgid(USER, USER, USER)
    os.setresuid(USER, USER, USER)
    kept = BIND if has_capability else 0
    head, sets = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)(kept, kept, 0, 0, 0, 0)
    if libc.capset(head, sets) != 0:
        raise OSError(ctypes.get_errno(), "capset")
    libc.prctl(SET_NO_NEW_PRIVS, 1, 0, 0, 0)


class Container:
    """A program that runs so; code is its exit code once it has ended."""

    def __init__(self, program, port, has_capability, wrapper=()):
        self.output = tempfile.TemporaryFile(mode="a+")
        self.process, self.refused = None, None
        words = [*wrapper, program, "-conf", "Corefile", "-dns.port", str(port)]
        try:
            self.process = subprocess.Popen(words, stdout=self.output, stderr=subprocess.STDOUT, cwd=os.path.dirname(program),
                                            preexec_fn=lambda: become_container(has_capability))
        except OSError as error:
            self.refused = error.strerror
            return
        wait_for(lambda: self.process.poll() is not None or answers("127.0.0.1", port))

    @property
    def serves(self):
        return self.process is not None and self.process.poll() is None

    def text(self):
        return self.refused or printed(self.output)

    def capabilities(self):
        """(permitted, in effect) of each thread, the main one first."""
        sets = []
        for task in sorted(os.listdir(f"/proc/{self.process.pid}/task"), key=int):
            with open(f"/proc/{self.process.pid}/task/{task}/status", encoding="ascii") as file:
                fields = dict(line.split(":\t", 1) for line in file if line.startswith("Cap"))
            sets.append((int(fields["CapPrm"], 16), int(fields["CapEff"], 16)))
        return sets

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(40)
        self.output.close()


def program_with(place, name, flags):
    """A copy of knamed; flags: the first word of its file's capability (NET_BIND_SERVICE), None: it has none."""
    path = os.path.join(place, name)
    shutil.copy(PROGRAM, path)
    os.chmod(path, 0o755)
    if flags is not None:
        os.setxattr(path, "security.capability", b"".join(word.to_bytes(4, "little") for word in (flags, BIND, 0, 0, 0)))
    return path


def set_port_start(port):
    with open(START, "w", encoding="ascii") as file:
        file.write(str(port))


def the_table(place):
    """Each line: the file's capability, from which port on everybody may bind, whether the container may, the port, and
    what comes of it."""
    plain, permitted = program_with(place, "plain", None), program_with(place, "permitted", PERMITTED)
    in_effect = program_with(place, "in-effect", IN_EFFECT)
    lost = "the program's file has no capability, or lost it when it was copied"
    dropped = "NET_BIND_SERVICE is dropped: let the container have it"
    for name, program, start, has, port, wanted in (
            ("=ep, allowed", in_effect, 1024, True, 53, None),
            ("=ep, dropped: the kernel does not even start it", in_effect, 1024, False, 5353, "Operation not permitted"),
            ("none, allowed", plain, 1024, True, 53, lost),
            ("none, dropped", plain, 1024, False, 53, dropped),
            ("=p, allowed", permitted, 1024, True, 53, None),
            ("=p, dropped", permitted, 1024, False, 53, dropped),
            ("=p, dropped, a high port", permitted, 1024, False, 5353, None),
            ("=p, dropped, everybody may", permitted, 0, False, 53, None),
            ("none, dropped, everybody may", plain, 53, False, 53, None)):
        set_port_start(start)
        with Container(program, port, has) as container:
            if wanted is None:
                if tap.ok(container.serves, f"{name}: serves on port {port}", container.text()):
                    sets = container.capabilities()
                    tap.ok(all(effect == 0 for _, effect in sets) and {permitted for permitted, _ in sets[1:]} == {0},
                           f"{name}: no thread has it in use", sets)
                continue
            tap.ok(not container.serves and wanted in container.text(), f"{name}: {wanted}", container.text())
            if container.process is not None:
                lines = [line for line in container.text().splitlines() if "listen" in line]
                tap.ok(container.process.returncode == 1 and len(lines) == 1 and "ip_unprivileged_port_start" in lines[0],
                       f"{name}: exit code 1, one line, and what else helps", container.text())
    set_port_start(1024)


def reload_to_a_new_address(place):
    """The capability is there when a reload needs it."""
    with Container(os.path.join(place, "permitted"), 53, True) as container:
        write_corefile(place, "127.0.0.1 127.0.0.2")
        container.process.send_signal(signal.SIGUSR1)
        tap.ok(wait_for(lambda: answers("127.0.0.2", 53)), "a reload opens port 53 of another address", container.text())
        tap.same({effect for _, effect in container.capabilities()}, {0}, "and has the capability in use no more")
    write_corefile(place, "127.0.0.1")


def read_only(place):
    """All that is there is a root that nobody can write to: no /proc that can be, no /tmp, no /dev."""
    root = os.path.join(place, "root")
    libraries = subprocess.run(["ldd", PROGRAM], capture_output=True, text=True, check=True).stdout.split()
    for path in {word for word in libraries if word.startswith("/")}:
        os.makedirs(root + os.path.dirname(path), exist_ok=True)
        shutil.copy(path, root + path)
    program_with(root, "knamed", PERMITTED)
    shutil.copy(os.path.join(place, "Corefile"), root)
    script = f'mount --bind "{root}" "{root}" && mount -o remount,bind,ro "{root}" && exec "$@"'
    enter = ["unshare", "--mount", "sh", "-c", script, "sh", sys.executable, os.path.abspath(__file__), "inside", root]
    output = tempfile.TemporaryFile(mode="a+")
    with subprocess.Popen(enter, stdout=output, stderr=subprocess.STDOUT) as process:
        served = wait_for(lambda: process.poll() is not None or answers("127.0.0.1", 53)) and process.poll() is None
        tap.ok(served, "on a root that cannot be written to it serves", printed(output))
        tap.ok("[ERROR]" not in printed(output) and "[WARNING]" not in printed(output), "and misses nothing", printed(output))
        process.send_signal(signal.SIGINT)
        tap.same(process.wait(40), 0, "and ends well")


def run_inside(root):
    """Becomes knamed with that root."""
    os.chroot(root)
    os.chdir("/")
    become_container(True)
    os.execve("/knamed", ["/knamed", "-conf", "/Corefile"], {})


def write_corefile(place, addresses):
    with open(os.path.join(place, "Corefile"), "w", encoding="ascii") as file:
        file.write(f". {{\n bind {addresses}\n whoami\n}}\n")


if sys.argv[1:2] == ["inside"]:
    run_inside(sys.argv[2])
tap = Tap()
enter_own_namespace(tap)
if os.getuid() != 0 or subprocess.run(["setpriv", "--reuid", str(USER), "true"], capture_output=True, check=False).returncode != 0:
    tap.ok(True, "capabilities # SKIP only root can give them")
    tap.done()
ip("link", "set", "lo", "up")
with tempfile.TemporaryDirectory(prefix="knamed-capability-") as the_place:
    os.chmod(the_place, 0o755)
    write_corefile(the_place, "127.0.0.1")
    the_table(the_place)
    reload_to_a_new_address(the_place)
    read_only(the_place)
tap.done()
