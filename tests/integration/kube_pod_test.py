#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""knamed as a pod: all it knows of its cluster are two variables and what the kubelet mounts. The files lie where they always
lie, on a tmpfs that this test alone sees; and the API server is at the first address of the services, in a network of one
interface."""
import fcntl
import hashlib
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
from fault_proxy import TcpProxy  # noqa: E402
from following import Follower, Poller, one_of, run_together  # noqa: E402
from kube_api import KubeApi, namespace, service, wait_watching  # noqa: E402
from reloading import reload  # noqa: E402
from running_server import PROGRAM, free_port, wait_for  # noqa: E402
from tunnel_proxy import TunnelProxy  # noqa: E402

MOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
TRUSTED = "/etc/ssl/certs"  # by the machine, for all the world
ADDRESS = "10.96.0.1"
INSIDE = "KNAMED_TEST_NAMESPACE"
ALWAYS = ("web.default.svc", "A", one_of(["10.0.0.1"]))


def enter_namespace():
    """Starts this test anew where a tmpfs hides what lies around MOUNT; says why not where that is forbidden."""
    hidden = "/var/run/secrets" if os.path.isdir("/var/run/secrets") else "/var/run"
    unshare = ["unshare", "-mn" if os.geteuid() == 0 else "-rmn"]
    mounts = " && ".join(f"mount -t tmpfs tmpfs {place}" for place in (hidden, TRUSTED) if os.path.isdir(place))
    try:
        tried = subprocess.run([*unshare, "sh", "-c", mounts], capture_output=True, text=True, check=False)
        reason = (tried.stderr.strip() or f"exit code {tried.returncode}") if tried.returncode != 0 else None
    except OSError as error:
        reason = str(error)
    if reason is not None:
        print("1..0 # SKIP no namespaces of our own:", " ".join(reason.split()))
        sys.exit(0)
    os.environ[INSIDE] = "1"
    os.execvp("unshare", [*unshare, "sh", "-c", mounts + ' && exec "$0"', os.path.abspath(__file__)])


def raise_network():
    """The loopback interface, with ADDRESS as a second one of its own."""
    up, set_flags, set_address = 1, 0x8914, 0x8916  # IFF_UP, SIOCSIFFLAGS, SIOCSIFADDR
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        fcntl.ioctl(sock, set_flags, struct.pack("16sh22x", b"lo", up))
        fcntl.ioctl(sock, set_address, struct.pack("16sH2x4s16x", b"lo:1", socket.AF_INET, socket.inet_aton(ADDRESS)))


class Mounted:
    """MOUNT, as the kubelet writes it: each file is a link through `..data`, which is swapped for a directory that holds
    them all; the one before goes."""

    def __init__(self, **files):
        shutil.rmtree(MOUNT, ignore_errors=True)
        os.makedirs(MOUNT)
        self.count, self.files = 0, {}
        self.write(**files)

    def write(self, **files):
        """ca.crt is `ca`; None: the file goes."""
        self.files.update({"ca.crt" if name == "ca" else name: text for name, text in files.items()})
        before = f"..2026_{self.count}"
        self.count += 1
        now = f"..2026_{self.count}"
        os.mkdir(os.path.join(MOUNT, now), 0o755)
        for name, text in self.files.items():
            if text is not None:
                with open(os.path.join(MOUNT, now, name), "w", encoding="ascii") as file:
                    file.write(text)
        os.symlink(now, os.path.join(MOUNT, "..data_tmp"))
        os.rename(os.path.join(MOUNT, "..data_tmp"), os.path.join(MOUNT, "..data"))
        for name, text in self.files.items():
            link = os.path.join(MOUNT, name)
            if text is None:
                os.unlink(link)
            elif not os.path.lexists(link):
                os.symlink(os.path.join("..data", name), link)
        self.files = {name: text for name, text in self.files.items() if text is not None}
        shutil.rmtree(os.path.join(MOUNT, before), ignore_errors=True)


def environment_of(port, **more):
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return {**kept, "KUBERNETES_SERVICE_HOST": ADDRESS, "KUBERNETES_SERVICE_PORT": str(port), **more}


def follow(api, port, **more):
    """A knamed whose Corefile says nothing about where objects come from."""
    server = Follower(source="", environment=environment_of(port, **more))
    server.says("web.default.svc", ["10.0.0.1"])
    wait_watching(api)
    return server


def bearers(api):
    return [entry.get("authorization") for entry in api.stats()["log"]]


def step(tap, api, server, address, name):
    """Cuts the connections: what happens then is seen by who gets in again."""
    api.do("close")
    api.put(service("step", address))
    tap.same(server.says("step.default.svc", [address]), [address], name)
    wait_watching(api)  # the others too, so that no request is under way when the next step begins


def check_token(tap, api, mounted, port):
    """It is read; the kubelet's new one is used as soon as it is there; and no one misses it for a while."""
    with follow(api, port) as server, Poller(server, ALWAYS) as poller:
        tap.same(set(bearers(api)), {"Bearer first"}, "the token is shown to the API server")
        before = len(bearers(api))
        mounted.write(token="second")
        api.set(tokens=["second"])
        step(tap, api, server, "10.0.4.1", "a token that was rotated is used")
        tap.same(set(bearers(api)[before:]), {"Bearer second"}, "and the old one never again")
        mounted.write(token=None)
        step(tap, api, server, "10.0.4.2", "without its file the token stays in force")
        tap.ok(server.logged("[WARNING]", f"open {MOUNT}/token: no such file or directory; what was read before stays in force"),
               "the log says so", server.text())
        mounted.write(token="third")
        api.set(tokens=["third"])
        step(tap, api, server, "10.0.4.3", "the file that is there again is used")
        tap.same(server.metric("knamed_kubernetes_watch_failures_total", 'reason="401"'), 0, "no request was refused")
    tap.ok(not poller.wrong, "answers went on", *poller.wrong[:10])


def check_authority(tap, api, mounted, port):
    """First as clusters do it, by a time in which both are trusted; then all at once."""
    old = api.place["ca"]
    with follow(api, port) as server, Poller(server, ALWAYS) as poller:
        api.rotate(authority=True)
        mounted.write(ca=old + api.place["ca"])
        step(tap, api, server, "10.0.5.1", "the second of two authorities is trusted")
        tap.same(server.metric("knamed_kubernetes_watch_failures_total", 'reason="tls"'), 0, "none was distrusted")
        api.rotate(authority=True)
        api.do("close")
        tap.ok(server.logged("[WARNING]", "TLS with the API server fails"), "an authority of no file is not", server.text())
        before = api.stats()["requests"]
        api.put(service("step", "10.0.5.2"))
        tap.same(api.stats()["requests"], before, "and is asked nothing")
        mounted.write(ca=api.place["ca"])
        tap.same(server.says("step.default.svc", ["10.0.5.2"]), ["10.0.5.2"], "until ca.crt says it")
    tap.ok(not poller.wrong, "answers went on", *poller.wrong[:10])


def subject_hash(name):
    """As OpenSSL calls a certificate's file: over the subject's one part, CN, in small letters."""
    text = bytes([0x0c, len(name)]) + name.encode()
    pair = bytes.fromhex("0603550403") + text
    digest = hashlib.sha1(bytes([0x31, len(pair) + 2, 0x30, len(pair)]) + pair).digest()
    return f"{struct.unpack('<I', digest[:4])[0]:08x}"


def check_trust(tap, api, mounted, port):
    """What the machine trusts is not what the cluster's authority signed."""
    machine = api.place["ca"]
    with open(os.path.join(TRUSTED, subject_hash("test authority") + ".0"), "w", encoding="ascii") as file:
        file.write(machine)
    mounted.write(ca=api.place["certificate"])  # of another name: who finds one here looks no further
    with Follower(source="", options="startup_timeout 200ms", environment=environment_of(port)) as server:
        tap.ok(wait_for(lambda: server.metric("knamed_kubernetes_watch_failures_total", 'reason="tls"') > 0),
               "an authority of the machine is none of the cluster", server.text())
        tap.same(api.stats()["requests"], 0, "and is asked nothing")
        mounted.write(ca=machine)
        tap.same(server.says("web.default.svc", ["10.0.0.1"]), ["10.0.0.1"], "until ca.crt says it")


def check_proxy(tap, api, mounted, port):
    """The environment may name a proxy, as for any client of the cluster; it is one only for what it is named for."""
    del mounted
    with TunnelProxy({f"{ADDRESS}:{port}": api.port}) as proxy:
        url = f"http://127.0.0.1:{proxy.port}"
        with follow(api, port, HTTPS_PROXY=url, NO_PROXY="10.96.0.2,.svc") as server:
            tap.same(proxy.asked, [f"{ADDRESS}:{port}"], "HTTPS_PROXY is gone through")
            tap.ok(server.logged(f"through the proxy {url}"), "the log says so", server.text())
        proxy.asked.clear()
        for more in ({"HTTPS_PROXY": url, "NO_PROXY": "example.com,10.96.0.0/12"}, {"HTTPS_PROXY": url, "no_proxy": ADDRESS},
                     {"HTTP_PROXY": url, "ALL_PROXY": url, "all_proxy": url}):
            with follow(api, port, **more) as server:
                tap.ok("proxy" not in server.text(), f"there is no proxy for us in {' '.join(more)}", server.text())
        tap.same(proxy.asked, [], "none was asked")


def refused(tap, environment, line, name):
    """It does not start, and says why in a line that names the place in the Corefile."""
    try:
        with Follower(source="", environment=environment) as server:
            tap.ok(False, name, server.text())
    except RuntimeError as error:
        tap.ok(line in str(error) and "Corefile" in str(error), name, error)


def check_start(tap, api, mounted, port):
    del api
    environment = environment_of(port)
    for name, file in ("token", "token"), ("ca", "ca.crt"):
        text = mounted.files[file]
        mounted.write(**{name: None})
        refused(tap, environment, f"open {MOUNT}/{file}: no such file or directory", f"without {file} it does not start, and says so")
        mounted.write(**{name: text})
    mounted.write(token="\n")
    refused(tap, environment, f"{MOUNT}/token: expected a token", "nor with an empty token")
    mounted.write(ca="nothing")
    refused(tap, environment, f"{MOUNT}/ca.crt: ", "nor with an authority that is none")
    del environment["KUBERNETES_SERVICE_HOST"]
    refused(tap, environment, "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined", "nor outside of a pod")


def at_start(place, environment):
    """(exit code, what it says) of a start that ends by itself."""
    ended = subprocess.run([PROGRAM, "-conf", "Corefile", "-dns.port", "1"], cwd=place, env=environment, timeout=30, check=False,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return ended.returncode, ended.stdout.strip()


def check_built_in(tap, api, mounted, port):
    """A Corefile that cannot be used does not leave a cluster without names."""
    del mounted
    environment, directory = environment_of(port), tempfile.TemporaryDirectory(prefix="built-in-")
    place, dns, ready, metrics = directory.name, free_port(), free_port(), free_port()
    api.put(namespace("odd"), service("web", "10.0.0.1", "odd"))
    good = (f".:{dns} {{\n bind 127.0.0.1\n ready 127.0.0.1:{ready}\n prometheus 127.0.0.1:{metrics}\n"
            " kubernetes odd.zone in-addr.arpa {\n ttl 7\n }\n reload 1h\n}\n")

    def write(text):
        with open(os.path.join(place, "Corefile"), "w", encoding="ascii") as file:
            file.write(text)

    write(good.replace("ttl 7", "ttl x"))
    line = "plugin/kubernetes: Corefile:6 - Error during parsing: ttl must be in range [0, 3600]: x"
    with Follower(source="", place=place, has_corefile=True, port=dns, environment=environment) as server:
        server.ready_port, server.metrics_port = ready, metrics
        tap.same(server.says("web.odd.svc.odd.zone.", ["10.0.0.1"]), ["10.0.0.1"], "cluster names are answered by built-in defaults")
        tap.ok(server.logged("[ERROR]", line) and server.logged("built-in defaults serve zone odd.zone. on port", str(dns)),
               "the log says why, and what is kept of the text", server.text())
        tap.ok(wait_for(lambda: server.ready()[0] == 200), "it is ready", server.ready("readyz"))
        tap.same(server.readyz()["config"], {"built_in": True, "trouble": line}, "readyz says why")
        tap.same([server.metric(name) for name in ("knamed_config_built_in", "knamed_config_refused", "coredns_reload_failed_total")],
                 [1, 1, 1], "metrics tell")
        tap.same((server.ask("version.bind.", "A") is not None, server.process.poll()), (True, None), "other names get an answer")
        tap.ok("Restart failed" in reload(server), "told again it says so again", server.text())
        tap.ok("complete" in reload(server, good), "a Corefile that is mended takes effect", server.text())
        tap.same(server.says("web.odd.svc.odd.zone.", ["10.0.0.1"]), ["10.0.0.1"], "and answers")
        tap.same((server.readyz()["config"], server.metric("knamed_config_built_in"), server.metric("knamed_config_refused")),
                 ({"built_in": False, "trouble": ""}, 0, 0),
                 "nothing is wrong any more")
    for what, text in {"an acl": " acl {\n block net 10.0.0.0/8\n }\n", "a view": " view inside {\n expr true\n }\n",
                       "an imported acl": " import more\n"}.items():
        with open(os.path.join(place, "more"), "w", encoding="ascii") as file:
            file.write("acl {\n block net 10.0.0.0/8\n}\n")
        write(good.replace("ttl 7", "ttl x").replace(" reload 1h\n", text))
        code, said = at_start(place, environment)
        tap.ok(code == 1 and "Corefile:6 " in said and "built-in" not in said, f"a text with {what} is not made less strict", said)
    write(good.replace("ttl 7", "ttl x").replace("127.0.0.1\n ready", "nowhere\n ready"))
    code, said = at_start(place, environment)
    tap.ok(code == 1 and "built-in" not in said, "addresses that cannot be read are not made all addresses", said)
    write(good.replace("ttl 7", "ttl x"))
    outside = {name: value for name, value in environment.items() if not name.startswith("KUBERNETES_")}
    tap.same(at_start(place, outside), (1, line), "outside of a cluster it does not start")
    os.unlink(os.path.join(place, "Corefile"))
    with Follower(source="", place=place, has_corefile=True, port=dns, environment=environment) as server:
        server.ready_port, server.metrics_port = 8181, 9153
        tap.same(server.says("web.odd.svc", ["10.0.0.1"]), ["10.0.0.1"], "a Corefile that is missing is a bad one")
    directory.cleanup()


def pod(tap):
    """One after the other: there is one MOUNT."""
    for check in check_token, check_authority, check_trust, check_proxy, check_start, check_built_in:
        with KubeApi(tls=True) as api, TcpProxy(api.port, (ADDRESS, 0)) as front:
            api.set(tokens=["first"])
            api.put(service("web", "10.0.0.1"))
            check(tap, api, Mounted(ca=api.place["ca"], token="first", namespace="kube-system"), front.port)


if INSIDE not in os.environ:
    enter_namespace()
raise_network()
run_together([pod])
