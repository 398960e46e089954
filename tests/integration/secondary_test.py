#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`secondary`: a zone taken from primaries, good ones, wrong ones and dead ones, kept up to date and given up in time."""
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
from reloading import reload  # noqa: E402
from running_server import Server, free_port, wait_for  # noqa: E402
from stub_primary import NOTIFY, StubPrimary  # noqa: E402
from stub_upstream import StubUpstream, record  # noqa: E402
from tap import Tap  # noqa: E402
import wire  # noqa: E402

tap = Tap()
ZONE = "away.test."
RECORDS = [record(ZONE, "NS", "ns.away.test."), record("ns.away.test.", "A", "10.0.0.5"),
           record("www.away.test.", "A", "10.0.0.1"), record("alias.away.test.", "CNAME", "www.away.test."),
           record("*.wild.away.test.", "TXT", "anything"), record("sub.away.test.", "NS", "ns.sub.away.test."),
           record("ns.sub.away.test.", "A", "10.0.0.6"), record("mail.away.test.", "MX", "10 www.away.test."),
           record("elsewhere.test.", "A", "10.0.0.66")]
QUICK = (1, 1, 1)  # refresh, retry, expire: what is too small becomes 5, 2 and 7 seconds


class Secondary(Server):
    def __init__(self, *primaries, more="", beside="", zone=ZONE):
        self.directory = tempfile.TemporaryDirectory(prefix="secondary-")
        self.place = self.directory.name
        self.write(self.corefile(*primaries, more=more, beside=beside, zone=zone))
        super().__init__("Corefile", self.place)

    def write(self, corefile):
        with open(os.path.join(self.place, "Corefile"), "w", encoding="ascii") as file:
            file.write(corefile)

    @staticmethod
    def corefile(*primaries, more="", beside="", zone=ZONE):
        where = " ".join(getattr(primary, "where", primary) for primary in primaries)
        return (f". {{\nbind 127.0.0.1\nerrors\nsecondary {zone} {{\ntransfer from {where}\n{more}\n}}\n{beside}\n}}\n")

    def www(self):
        return self.short("www.away.test", "A")

    def serial(self):
        return [line.split()[2] for line in self.short("away.test", "SOA")]

    def has(self, address="10.0.0.1"):
        return wait_for(lambda: self.www() == [address])


def zone_with(address):
    return [record("www.away.test.", "A", address) if item.owner[0] == b"www" else item for item in RECORDS]


def check_zone():
    """All kinds of answers that a zone file gives."""
    with StubPrimary(ZONE, RECORDS) as primary, Secondary(primary) as server:
        tap.ok(server.has(), "the zone is there", server.text())
        tap.same(primary.asked, ["AXFR"], "one transfer was enough")
        tap.same(server.short("alias.away.test", "A"), ["www.away.test.", "10.0.0.1"], "an alias is followed")
        tap.same(server.short("x.wild.away.test", "TXT"), ['"anything"'], "a wildcard stands for names below it")
        tap.same(server.short("mail.away.test", "MX"), ["10 www.away.test."], "names in data are whole")
        tap.same(server.rcode("no.away.test", "A"), ("NXDOMAIN", []), "what is not there is denied")
        tap.ok("ns.sub.away.test.\t60\tIN\tA\t10.0.0.6" in server.dig("x.sub.away.test", "A").replace(" ", "\t"),
               "a delegation has its glue", server.dig("x.sub.away.test", "A"))
        tap.same(server.rcode("elsewhere.test", "A")[0], "REFUSED", "records of others were left out")
        tap.ok(" aa" in server.dig("www.away.test", "A"), "the answer is authoritative")
        tap.ok(server.logged(f"Transferred: away.test. from {primary.where}"), "the log tells whose it is", server.text())
    tap.same(server.stop(), 0, "it ends in peace")


def check_bad_transfers():
    """A transfer that is not whole changes nothing, the next primary is tried, and so is the first one later."""
    for mood in "id", "question", "first", "last", "cut", "garbage", "class", "empty", "tc", "refused":
        with StubPrimary(ZONE, RECORDS) as bad, StubPrimary(ZONE, zone_with("10.0.0.2")) as good:
            bad.mood = mood
            with Secondary(bad, good) as server:
                tap.ok(server.has("10.0.0.2"), f"{mood}: the second primary's zone is taken", server.text())
                tap.ok(server.logged(f"Failed to transfer `away.test.' from \"{bad.where}\": "), f"{mood}: this is logged", server.text())
    with StubPrimary(ZONE, RECORDS) as primary:
        primary.mood = "cut"
        with Secondary(primary) as server:
            wait_for(lambda: "All 'away.test.' masters failed" in server.text())
            tap.same(server.rcode("www.away.test", "A")[0], "SERVFAIL", "without a zone there is no answer")
            primary.mood = "well"
            tap.ok(server.has(), "it is tried again", server.text())
            primary.records = zone_with("10.0.0.3")
            for mood, serial in ("lies", 1), ("cut", 2):
                before = len(primary.asked)
                primary.mood, primary.serial = mood, serial
                primary.notify(server.port)
                wait_for(lambda: "AXFR" in primary.asked[before:])
                tap.same(server.www(), ["10.0.0.1"], f"{mood}: what was there stays")
            tap.ok(server.logged("the connection ended too early"), "this is logged", server.text())


def check_dead_primaries():
    with StubPrimary(ZONE, RECORDS) as silent, StubPrimary(ZONE, RECORDS) as good:
        silent.mood = "silent"
        dead = f"127.0.0.1:{free_port()}"
        with Secondary(dead, good) as server:
            tap.ok(server.has(), "a dead primary is passed over")
        with Secondary(silent, good, dead) as server:
            tap.ok(server.has(), "one that says nothing too, after a while", server.text())
            tap.ok(server.logged(f"read tcp {silent.where}: i/o timeout"), "it was waited for in vain", server.text())


def check_notify():
    with StubPrimary(ZONE, RECORDS, serial=0xfffffffe) as primary, Secondary(primary) as server:
        server.has()
        primary.serial, primary.records = 3, zone_with("10.0.0.9")
        reply = primary.notify(server.port)
        tap.same(reply and (wire.decode(reply).id, wire.decode(reply).flags, wire.decode(reply).counts),
                 (0x4e4f, wire.QR | NOTIFY | wire.AA, (1, 0, 0, 0)), "a NOTIFY is answered")
        tap.ok(server.has("10.0.0.9"), "what it tells of is taken, though serials have wrapped", server.text())
        tap.same(primary.asked, ["AXFR", "SOA", "AXFR"], "it was checked first")
        tap.ok(server.logged("Notify from 127.0.0.1 for away.test.: checking transfer"), "the log says so", server.text())
        primary.notify(server.port, transport="tcp")
        wait_for(lambda: primary.asked.count("SOA") == 2)
        primary.serial, primary.records = 2, zone_with("10.0.0.8")
        tap.same(primary.notify(server.port) is not None, True, "one of an older zone is answered too")
        wait_for(lambda: primary.asked.count("SOA") == 3)
        tap.same((server.serial(), server.www()), (["3"], ["10.0.0.9"]), "but an older zone is not taken")
        asked = len(primary.asked)
        tap.same(primary.notify(server.port, source="127.0.0.9"), None, "a stranger is not answered")
        tap.ok(server.logged("NOTIFY from an address that is no primary of the zone"), "this is logged", server.text())
        for zone, qtype in ("www.away.test.", wire.SOA), ("else.test.", wire.SOA), (ZONE, wire.A):
            reply = primary.notify(server.port, zone=zone, qtype=qtype)
            tap.same(reply and len(reply) == 12 and reply[3] & 15, 4, f"{zone} {qtype}: NOTIMP")
        began = time.monotonic()
        for _ in range(200):
            primary.notify(server.port)
        tap.ok(wait_for(lambda: len(primary.asked) > asked), "they are heeded", server.text())
        time.sleep(0.5)  # more would come
        count, took = len(primary.asked) - asked, time.monotonic() - began
        tap.ok(count <= 2 + took, "many of them do not mean many questions: one a second", count, took)


def check_notify_of_second():
    """Who notifies is asked first."""
    with StubPrimary(ZONE, RECORDS) as first, StubPrimary(ZONE, RECORDS) as second, Secondary(first, second) as server:
        server.has()
        second.serial, second.records = 2, zone_with("10.0.0.9")
        second.notify(server.port)
        tap.ok(server.has("10.0.0.9"), "the one that has the newer zone is asked for it", server.text())
        tap.same(second.asked[-1:], ["AXFR"], "and for nothing else")


def check_refresh_and_expiry():
    with StubPrimary(ZONE, RECORDS, numbers=QUICK) as primary, Secondary(primary) as server:
        server.has()
        began = time.monotonic()
        primary.serial, primary.records = 2, zone_with("10.0.0.2")
        tap.ok(server.has("10.0.0.2"), "the zone is refreshed", server.text())
        took = time.monotonic() - began
        tap.ok(took > 4, "but not as often as a SOA of no seconds asks for", took)
        primary.mood = "refused"
        tap.ok(wait_for(lambda: server.rcode("www.away.test", "A")[0] == "SERVFAIL"), "it expires")
        tap.ok(server.logged("Zone away.test. is expired"), "the log says so", server.text())
        tap.ok(server.logged("Failed to refresh 'away.test.'"), "and why", server.text())
        primary.mood = "well"
        tap.ok(server.has("10.0.0.2"), "and comes back with its primary", server.text())


def check_fallthrough():
    with StubPrimary(ZONE, RECORDS) as primary, StubUpstream([record("no.away.test.", "A", "192.0.2.1")]) as upstream:
        with Secondary(primary, more="fallthrough", beside=f"forward . {upstream.where}") as server:
            server.has()
            tap.same(server.short("no.away.test", "A"), ["192.0.2.1"], "what is denied falls through")
            tap.same(server.www(), ["10.0.0.1"], "what is there does not")


def check_reload():
    with StubPrimary(ZONE, RECORDS) as primary, StubPrimary(ZONE, zone_with("10.0.0.2"), serial=7) as other, \
            Secondary(primary) as server:
        server.has()
        tap.ok("complete" in reload(server, server.corefile(primary, beside="whoami")), "the Corefile changes beside it")
        tap.same((server.www(), primary.asked), (["10.0.0.1"], ["AXFR"]), "the zone stays as it was")
        primary.serial, primary.records = 2, zone_with("10.0.0.3")
        primary.notify(server.port)
        tap.ok(server.has("10.0.0.3"), "and goes on to be looked after")
        rcodes = set()
        server.write(server.corefile(other))
        server.process.send_signal(signal.SIGUSR1)
        wait_for(lambda: rcodes.add(server.rcode("www.away.test", "A")[0]) or server.www() == ["10.0.0.2"])
        tap.same(rcodes, {"NOERROR"}, "another primary's zone takes its place without a gap")
        primary.notify(server.port)
        tap.ok("complete" in reload(server, ". {\nbind 127.0.0.1\nwhoami\n}\n"), "it is gone")
        tap.same(server.rcode("away.test", "SOA")[1], [], "and with it its zone")
    with Secondary(f"127.0.0.1:{free_port()}") as server:
        tap.ok("complete" in reload(server, server.corefile(f"127.0.0.1:{free_port()}")),
               "a primary that is dead does not stop a reload", server.text())


def check_nsd():
    """A server that others wrote, and a zone of several messages."""
    nsd = shutil.which("nsd") or "/usr/sbin/nsd"
    if not os.path.exists(nsd):
        tap.ok(True, "nsd # SKIP it is not here")
        return
    with tempfile.TemporaryDirectory(prefix="nsd-") as place:
        port = free_port()
        with open(os.path.join(place, "zone"), "w", encoding="ascii") as file:
            file.write("@ 60 SOA ns host 5 3600 600 86400 60\n@ NS ns\nns A 10.0.0.5\nwww A 10.0.0.1\n")
            file.writelines(f"name{i} TXT \"{'x' * 200}\"\n" for i in range(2000))
        with open(os.path.join(place, "conf"), "w", encoding="ascii") as file:
            file.write(f"server:\n ip-address: 127.0.0.1@{port}\n username: \"\"\n chroot: \"\"\n zonesdir: {place}\n"
                       f" pidfile: {place}/pid\n database: \"\"\n zonelistfile: {place}/list\n xfrdfile: {place}/xfrd\n xfrdir: {place}\n"
                       " server-count: 1\nremote-control:\n control-enable: no\n"
                       "zone:\n name: away.test\n zonefile: zone\n provide-xfr: 127.0.0.1 NOKEY\n")
        with open(os.path.join(place, "output"), "w+", encoding="utf-8") as output:
            process = subprocess.Popen([nsd, "-d", "-c", os.path.join(place, "conf")], stdout=output, stderr=output)
            try:
                with Secondary(f"127.0.0.1:{port}") as server:
                    output.seek(0)
                    tap.ok(server.has(), "NSD's zone is there", server.text(), output.read())
                    tap.same(server.short("name1999.away.test", "TXT"), [f'"{"x" * 200}"'], "all of it")
            finally:
                process.terminate()
                process.wait()


check_zone()
check_bad_transfers()
check_dead_primaries()
check_notify()
check_notify_of_second()
check_refresh_and_expiry()
check_fallthrough()
check_reload()
check_nsd()
tap.done()
