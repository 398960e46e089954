#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The live page in a real browser: a headless Chromium in a network namespace that leads nowhere. It is driven over two
pipes (the DevTools protocol), so nothing listens for it. Screenshots stay in build/artefacts."""
import base64
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
from cluster import Cluster  # noqa: E402
from control import ask, control_socket  # noqa: E402
from datagrams import question  # noqa: E402
from running_server import ROOT, Server, free_port, wait_for  # noqa: E402
from tap import Tap  # noqa: E402

ARTEFACTS = os.path.join(os.environ.get("BUILD", os.path.join(ROOT, "build")), "artefacts")
HOSTILE = "\\<img\\ src\\=x\\ onerror\\=alert\\(1\\)\\>.default.svc.cluster.local"
LOAD = {"kubernetes.default.svc.cluster.local": 40, "etcd-1.etcd.etcd.svc.cluster.local": 25,
        "etcd.etcd.svc.cluster.local": 20, "api.github.com.default.svc.cluster.local": 12,
        "api.github.com.svc.cluster.local": 12, "api.github.com.cluster.local": 12, "www.example.com": 8, HOSTILE: 6,
        "s3.amazonaws.com.etcd.svc.cluster.local": 5, "nothere.default.svc.cluster.local": 3}
tap = Tap()


def own_namespace():
    """This very program once more, where only loopback is."""
    if os.environ.get("PAGE_TEST_INSIDE"):
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        return
    if os.geteuid() != 0:
        print("1..0 # SKIP network namespaces want root")
        sys.exit(0)
    os.execvpe("unshare", ["unshare", "-n", sys.executable, __file__], {**os.environ, "PAGE_TEST_INSIDE": "1"})


class Browser:
    def __init__(self, folder):
        self.number, self.said, self.rest = 0, [], b""
        from_us, self.to = os.pipe()
        self.come, to_us = os.pipe()
        program = shutil.which("chromium") or shutil.which("chromium-browser")
        command = [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe",
                   f"--user-data-dir={folder}", "--no-first-run", "--disable-background-networking", "--disable-sync",
                   "--disable-extensions", "--disable-dev-shm-usage", "--hide-scrollbars", "about:blank"]

        def hand_over():
            """It reads from 3 and writes to 4. Both are moved out of the way first, for they may be these."""
            reads, writes = os.dup(from_us), os.dup(to_us)
            os.dup2(reads, 3)
            os.dup2(writes, 4)

        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, close_fds=False,
                                        preexec_fn=hand_over)
        os.close(from_us)
        os.close(to_us)
        os.set_blocking(self.come, False)
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in "Page", "Runtime", "Network", "Log":
            self.page(domain + ".enable")

    def read(self, deadline):
        """The next message; None: none came in time."""
        while b"\0" not in self.rest:
            if time.monotonic() > deadline:
                return None
            try:
                got = os.read(self.come, 1 << 20)
            except BlockingIOError:
                time.sleep(0.01)
                continue
            if not got:
                raise RuntimeError("the browser has ended")
            self.rest += got
        message, _, self.rest = self.rest.partition(b"\0")
        return json.loads(message)

    def call(self, method, session=None, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + 60
        while True:
            answer = self.read(deadline)
            if answer is None:
                raise RuntimeError(f"{method}: no answer")
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self.said.append(answer)

    def page(self, method, **parameters):
        return self.call(method, self.session, **parameters)

    def value(self, expression):
        return self.page("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def text(self):
        return self.value("document.body.innerText") or ""

    def look(self, width, height, scheme):
        self.page("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500)
        self.page("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def shoot(self, name):
        os.makedirs(ARTEFACTS, exist_ok=True)
        tall = min(int(self.value("document.documentElement.scrollHeight")), 6000)
        wide = int(self.value("innerWidth"))
        shot = self.page("Page.captureScreenshot", format="png", captureBeyondViewport=True,
                         clip={"x": 0, "y": 0, "width": wide, "height": tall, "scale": 1})
        with open(os.path.join(ARTEFACTS, name + ".png"), "wb") as file:
            file.write(base64.b64decode(shot["data"]))

    def complaints(self):
        found = []
        for one in self.said:
            method, said = one.get("method"), one.get("params", {})
            if method == "Runtime.exceptionThrown" or method == "Log.entryAdded" and said["entry"]["level"] == "error":
                found.append(said)
            if method == "Runtime.consoleAPICalled" and said["type"] in ("error", "assert", "warning"):
                found.append(said)
        return found

    def requests(self):
        return [one["params"]["request"]["url"] for one in self.said if one.get("method") == "Network.requestWillBeSent"]

    def close(self):
        self.process.terminate()
        self.process.wait(30)


def send(server, names):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(10)
        udp.connect((server.address, server.port))
        for number, name in enumerate(names):
            udp.send(question(number, name))
            try:
                udp.recv(4096)
            except OSError:
                pass


def ask_for_a_while(server, seconds):
    names = [name for name, count in LOAD.items() for _ in range(count)]
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        send(server, names)
        time.sleep(0.2)


def corefile(folder, port):
    manifests, zones = os.path.join(ROOT, "deploy/sample/manifests"), os.path.join(ROOT, "zones/example.com.zone")
    with open(os.path.join(folder, "Corefile"), "w", encoding="ascii") as file:
        file.write(f""". {{
    bind 127.0.0.1
    admin 127.0.0.1:{port}
    kubernetes cluster.local in-addr.arpa ip6.arpa {{
        manifests {manifests}
    }}
    file {zones} example.com
    forward . 127.0.0.1:9 tls://127.0.0.1:853
    cache 30
}}
""")


def check_empty(browser, url):
    browser.look(1280, 900, "light")
    browser.page("Page.navigate", url=url)
    tap.ok(wait_for(lambda: "ready" in browser.text() and "UDP 0" in browser.text() and "None." in browser.text()),
           "a server that nobody asks says so", browser.text())
    browser.shoot("page-empty")


def check_numbers(browser, server):
    ask_for_a_while(server, 5)
    top = json.loads(ask(control_socket(server.process.pid), "/api/top")[2])
    tap.ok(wait_for(lambda: "kubernetes.default.svc.cluster.local." in browser.text()), "the hottest name is shown")
    first = browser.value("document.querySelector('#lists .rows .name').textContent")
    tap.same(first, top["names"][0]["name"], "at the top")
    shown = browser.value("document.querySelector('.tile .figure').textContent")
    state = json.loads(ask(control_socket(server.process.pid), "/api/state")[2])
    tap.ok(float(shown.replace("k", "")) > 0 and state["rates"]["qps"] > 0, "and how much is asked", shown, state["rates"])
    text = browser.text()
    tap.ok("<img\\032src=x\\032onerror=alert\\(1\\)>" in text, "a hostile name is shown as it is", text)
    tap.same(browser.value("document.images.length"), 0, "and is no markup")
    for words in "default", "etcd", "127.0.0.1:9", "NXDOMAIN", "files", "Objects come from files":
        tap.ok(words in text, f"it tells of {words}", text)


def check_looks(browser):
    for name, width, scheme in ("page-light", 1280, "light"), ("page-dark", 1280, "dark"), ("page-phone", 390, "light"), \
                               ("page-phone-dark", 390, "dark"):
        browser.look(width, 844 if width < 500 else 900, scheme)
        fits = f"innerWidth == {width} && document.documentElement.scrollWidth <= innerWidth"
        tap.ok(wait_for(lambda wanted=fits: browser.value(wanted)), f"{name} fits its width", browser.value("innerWidth"))
        browser.shoot(name)


def check_cluster(browser):
    """What is watched, beside a real API server, and when that is gone."""
    port = free_port()
    with Cluster(controllers=False) as cluster, cluster.knamed(more=f"admin 127.0.0.1:{port}") as server:
        browser.look(1280, 900, "light")
        browser.page("Page.navigate", url=f"http://127.0.0.1:{port}/")
        for words in "in step", "Service", "EndpointSlice":
            tap.ok(wait_for(lambda wanted=words: wanted in browser.text()), f"beside an API server it tells of {words}", browser.text())
        ask_for_a_while(server, 2)
        browser.shoot("page-cluster")
        cluster.apiserver.stop()
        tap.ok(wait_for(lambda: "in step" not in browser.text() and "no connection to the API server" in browser.text()),
               "and that it is gone", browser.text())
        browser.shoot("page-cluster-gone")


def main():
    own_namespace()
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="page-") as folder, tempfile.TemporaryDirectory(prefix="chromium-") as profile:
        corefile(folder, port)
        server = Server("Corefile", folder)
        browser = Browser(profile)
        try:
            check_empty(browser, f"http://127.0.0.1:{port}/")
            check_numbers(browser, server)
            check_looks(browser)
            tap.same(browser.complaints(), [], "the browser's console has no complaint")
            strangers = [url for url in browser.requests() if not url.startswith((f"http://127.0.0.1:{port}/", "data:", "about:"))]
            tap.same(strangers, [], "and nothing was asked for elsewhere")
            server.process.kill()
            server.process.wait()
            browser.look(1280, 900, "light")
            tap.ok(wait_for(lambda: "No answer since" in browser.text()), "when the server is gone it says since when")
            browser.shoot("page-gone")
            check_cluster(browser)
        finally:
            browser.close()
            server.stop()
    tap.done()


main()
