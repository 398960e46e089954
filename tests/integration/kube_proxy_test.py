#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An API server that only a proxy reaches. Its name does not resolve: whoever goes past the proxy does not get there."""
import base64
import json
import os
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
from following import Follower, run_together  # noqa: E402
from kube_api import KubeApi, service, wait_watching, write_whole  # noqa: E402
from running_server import wait_for  # noqa: E402
from tunnel_proxy import TunnelProxy  # noqa: E402

PLACE = "api.test:6443"


def kubeconfig(api, place, proxy_url, **cluster):
    """One that names the proxy, unless that is None."""
    path = api.kubeconfig(os.path.join(place, "config"), server=f"https://{PLACE}", token="secret")
    with open(path, encoding="utf-8") as file:
        config = json.load(file)
    config["clusters"][0]["cluster"].update(cluster)
    if proxy_url is not None:
        config["clusters"][0]["cluster"]["proxy-url"] = proxy_url
    write_whole(path, json.dumps(config))
    return "kubeconfig " + path


def follow(api, place, proxy_url, **environment):
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    api.put(service("web", "10.0.0.1"))
    return Follower(source=kubeconfig(api, place, proxy_url), options="startup_timeout 200ms", environment={**kept, **environment})


def check(tap, api, server, proxy, how):
    """In step and following, all of it through the proxy, which is told nothing but the place."""
    tap.same(server.says("web.default.svc", ["10.0.0.1"]), ["10.0.0.1"], f"{how}: what is there is served")
    wait_watching(api)
    api.put(service("step", "10.0.1.1"))
    tap.same(server.says("step.default.svc", ["10.0.1.1"]), ["10.0.1.1"], f"{how}: changes follow")
    tap.same(set(proxy.asked), {PLACE}, f"{how}: the proxy leads to the API server")
    log = api.stats()["log"]
    tap.ok(all(entry["http2"] and entry["authorization"] == "Bearer secret" for entry in log), f"{how}: in HTTP/2, with our token",
           log)
    tap.ok("secret" not in "".join(proxy.heads), f"{how}: which the proxy does not see", *proxy.heads)
    tap.ok(server.logged("through the proxy"), f"{how}: the log says that there is a proxy", server.text())


def by_kubeconfig(tap):
    """Whatever the environment says. Its password is the proxy's alone."""
    with KubeApi(tls=True) as api, TunnelProxy({PLACE: api.port}) as proxy, tempfile.TemporaryDirectory() as place:
        proxy.wants = "Basic " + base64.b64encode(b"us:pa ss").decode()
        url = f"http://us:pa%20ss@127.0.0.1:{proxy.port}"
        with follow(api, place, url, HTTPS_PROXY="http://127.0.0.1:1", NO_PROXY="*") as server:
            check(tap, api, server, proxy, "proxy-url")
            tap.same(len(proxy.asked), 1, "one tunnel is enough")
            tap.ok("pa ss" not in server.text() and "pa%20ss" not in server.text(), "the log has no password", server.text())


def by_environment(tap):
    for name in "HTTPS_PROXY", "https_proxy":
        with KubeApi(tls=True) as api, TunnelProxy({PLACE: api.port}) as proxy, tempfile.TemporaryDirectory() as place:
            with follow(api, place, None, **{name: f"127.0.0.1:{proxy.port}", "NO_PROXY": "api.test:443,10.0.0.0/8"}) as server:
                check(tap, api, server, proxy, name)


def by_tls(tap):
    """The proxy has a certificate of its own, of the cluster's authority; of another one it is not spoken with."""
    with KubeApi(tls=True) as api, KubeApi(tls=True) as stranger, tempfile.TemporaryDirectory() as place:
        for whose, good in (api, True), (stranger, False):
            files = [whose.keep_file(os.path.join(place, which), which) for which in ("certificate", "key")]
            with TunnelProxy({PLACE: api.port}, *files) as proxy:
                with follow(api, place, f"https://127.0.0.1:{proxy.port}") as server:
                    if good:
                        check(tap, api, server, proxy, "https://")
                    else:
                        tap.ok(server.logged("[WARNING]", "TLS with the API server fails"), "a stranger as proxy is refused",
                               server.text())
                        tap.same(proxy.asked, [], "and told nothing")


def by_another_name(tap):
    """The certificate's name is not the server's: the proxy is asked for the server."""
    with KubeApi(tls=True) as api, TunnelProxy({"other.test:6443": api.port}) as proxy, tempfile.TemporaryDirectory() as place:
        api.put(service("web", "10.0.0.1"))
        names = {"server": "https://other.test:6443", "tls-server-name": "api.test"}
        with Follower(source=kubeconfig(api, place, f"http://127.0.0.1:{proxy.port}", **names)) as server:
            tap.same(server.says("web.default.svc", ["10.0.0.1"]), ["10.0.0.1"], "tls-server-name: what is there is served")
            tap.same(set(proxy.asked), {"other.test:6443"}, "tls-server-name: the proxy leads to the API server")


def by_socks(tap):
    with KubeApi(tls=True) as api, TunnelProxy({PLACE: api.port}) as proxy, tempfile.TemporaryDirectory() as place:
        with follow(api, place, f"socks5://127.0.0.1:{proxy.port}") as server:
            check(tap, api, server, proxy, "socks5://")


def leads_elsewhere(tap):
    """To somebody else who calls himself by that name."""
    with KubeApi(tls=True) as api, KubeApi(tls=True) as stranger, tempfile.TemporaryDirectory() as place:
        with TunnelProxy({PLACE: stranger.port}) as proxy, follow(api, place, f"http://127.0.0.1:{proxy.port}") as server:
            tap.ok(server.logged("[WARNING]", "TLS with the API server fails"), "who is behind the proxy is checked", server.text())
            tap.same(stranger.stats()["requests"], 0, "and a stranger asked nothing")


def refuses(tap):
    with KubeApi(tls=True) as api, TunnelProxy({PLACE: api.port}) as proxy, tempfile.TemporaryDirectory() as place:
        proxy.refuses = 403
        with follow(api, place, f"http://127.0.0.1:{proxy.port}") as server:
            tap.ok(server.logged("[WARNING]", f"through the proxy http://127.0.0.1:{proxy.port}", "403"), "what the proxy says is told",
                   server.text())
            tap.same(server.ask("web.default.svc").rcode, "SERVFAIL", "nothing is known")
            tap.ok(wait_for(lambda: "403" in server.ready("readyz")[1]), "/readyz says why", server.ready("readyz"))
            tap.ok(server.metric("knamed_kubernetes_watch_failures_total", 'reason="403"') == 0,
                   "it is not taken for an answer of the API server", server.metrics())
            proxy.refuses = None
            check(tap, api, server, proxy, "then")


def is_away(tap):
    with KubeApi(tls=True) as api, tempfile.TemporaryDirectory() as place:
        proxy = TunnelProxy({PLACE: api.port})
        proxy.stop()
        with follow(api, place, f"http://127.0.0.1:{proxy.port}") as server:
            tap.ok(server.logged("[WARNING]", f"through the proxy http://127.0.0.1:{proxy.port}", "no connection"),
                   "a proxy that is not there is told", server.text())


run_together([by_kubeconfig, by_environment, by_tls, by_another_name, by_socks, leads_elsewhere, refuses, is_away])
