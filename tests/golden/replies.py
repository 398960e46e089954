# SPDX-License-Identifier: Apache-2.0
"""A question with the replies of both servers, and in which parts these differ."""
import struct
from collections import Counter
from dataclasses import dataclass

import wire

FLAGS = {"aa": wire.AA, "tc": wire.TC, "rd": wire.RD, "ra": wire.RA, "ad": wire.AD, "cd": wire.CD, "z": wire.Z}
SECTIONS = ("answer", "authority", "additional")
OPTION_NAMES = {3: "NSID", 10: "COOKIE", 15: "EDE"}
CLOCK_S = 2  # both are not asked at once, so what counts down may differ so much


def fold_rdata(value):
    """Names in it without case."""
    if isinstance(value, tuple):
        return tuple(fold_rdata(item) for item in value)
    return value.lower() if isinstance(value, bytes) else value


def key_of(item):
    """What makes records the same beside their TTL; serials are free."""
    record = item.record
    rdata = record.rdata
    if record.type == wire.SOA:
        rdata = rdata[:2] + rdata[3:]
    if record.type not in (wire.A, wire.AAAA, wire.TXT, wire.HINFO):
        rdata = fold_rdata(rdata)
    return wire.fold(record.owner), record.type, item.rclass, rdata


def options_of(message):
    """Options of the OPT: {name: data}."""
    data, found = message.opts[0].options if message.opts else b"", {}
    while len(data) >= 4:
        code, size = struct.unpack(">HH", data[:4])
        found[OPTION_NAMES.get(code, str(code))] = data[4:4 + size]
        data = data[4 + size:]
    return found


def ede_of(message):
    data = options_of(message).get("EDE")
    return (int.from_bytes(data[:2], "big"), data[2:].decode(errors="replace")) if data else None


@dataclass
class Pair:
    """`theirs` and `ours`: a decoded message, None (silence) or a text (no message)."""
    case: object
    step: object
    transport: str
    theirs: object
    ours: object
    went: tuple = ((), ())  # what resolvers were asked, CoreDNS' and ours

    @property
    def qname(self):
        return wire.fold(wire.name_from_text(self.step.words[0]))

    @property
    def name(self):
        return self.step.words[0].lower().rstrip(".") + "."

    @property
    def qtype(self):
        return self.step.words[1]

    @property
    def both(self):
        return self.theirs, self.ours

    @property
    def has_cache(self):
        return "cache" in self.case.corefile


def ttls(section, key):
    return sorted(item.record.ttl for item in section if key_of(item) == key)


def same_ttls(pair, theirs, ours):
    slack = CLOCK_S if pair.has_cache else 0
    return all(abs(a - b) <= slack for key in {key_of(item) for item in theirs}
               for a, b in zip(ttls(theirs, key), ttls(ours, key)))


def alias_order(message):
    return [key_of(item) for item in message.answer if item.record.type == wire.CNAME]


def differing_edns(pair):
    theirs, ours = pair.both
    if bool(theirs.opts) != bool(ours.opts):
        yield "opt"
        return
    if not theirs.opts:
        return
    (left, right), (mine, yours) = (theirs.opts[0], ours.opts[0]), (options_of(ours), options_of(theirs))
    if left.size != right.size:
        yield "size"
    if left.flags != right.flags:
        yield "do"
    for name in mine.keys() | yours.keys():
        if name == "EDE" and name in mine and name in yours:
            if mine[name][:2] != yours[name][:2]:
                yield "EDE"
            elif mine[name] != yours[name]:
                yield "EDE-text"
        elif mine.get(name) != yours.get(name):
            yield name


def differing(pair):
    """The parts that differ, a set."""
    theirs, ours = pair.both
    if not hasattr(theirs, "flags") or not hasattr(ours, "flags"):
        return set() if theirs == ours else {"silence"}
    found = {name for name, flag in FLAGS.items() if (theirs.flags ^ ours.flags) & flag}
    if theirs.rcode != ours.rcode:
        found.add("rcode")
    if theirs.question != ours.question:
        found.add("question")
    found.update(differing_edns(pair))
    for part in SECTIONS:
        left, right = getattr(theirs, part), getattr(ours, part)
        if left and right and theirs.flags & ours.flags & wire.TC:
            continue  # which of them are left is chance
        if Counter(map(key_of, left)) != Counter(map(key_of, right)):
            found.add(part)
        elif not same_ttls(pair, left, right):
            found.add("ttl" if part == "answer" else part + "-ttl")
    if "answer" not in found and alias_order(theirs) != alias_order(ours):
        found.add("order")
    return found | differing_ways(pair)


def differing_ways(pair):
    """Names, types and transports alone, unless the question asks for resolvers as well."""
    if "upstreams" in pair.step.options:
        return set() if set(pair.went[0]) == set(pair.went[1]) else {"upstreams"}
    theirs, ours = ({way[1:] for way in ways} for ways in pair.went)
    return set() if theirs == ours else {"upstreams"}


# ---- as text ----

def show(message, other=None):
    """Records that the other message has not come first."""
    if not hasattr(message, "flags"):
        return str(message or "no reply")
    flags = " ".join(name for name, flag in FLAGS.items() if message.flags & flag)
    lines = [f"{wire.RCODE_NAMES.get(message.rcode, message.rcode)} {flags} {message.size} bytes"]
    for opt in message.opts:
        lines.append(f"OPT size {opt.size} flags {opt.flags:#x} {options_of(message) or ''}")
    for part in SECTIONS:
        known = {key_of(item) for item in getattr(other, part, ())}
        items = sorted(getattr(message, part), key=lambda item, known=known: key_of(item) in known)
        lines += [f"{part}: {wire.record_to_text(item.record)}" for item in items[:6]]
        lines += [f"{part}: {len(items) - 6} more"] if len(items) > 6 else []
    return "\n    ".join(lines)
