# SPDX-License-Identifier: Apache-2.0
"""A question with the replies of CoreDNS and knamed, and in which parts these differ."""
from fixed import is_reverse
from services import PROTOCOLS
from wire import CNAME, NOERROR, NXDOMAIN, SOA, SRV, TC, fold


def record_key(record):
    """What makes records the same. Names are folded: the case of SRV targets is a part of its own. Serials are free."""
    rdata = record.rdata
    if record.type == SOA:
        rdata = (fold(rdata[0]), fold(rdata[1])) + rdata[3:]
    if record.type == SRV:
        rdata = rdata[:3] + (fold(rdata[3]),)
    return fold(record.owner), record.type, record.ttl, rdata


def keys(section):
    return {record_key(item.record) for item in section}


def targets(message, rtype):
    return {item.record.rdata for item in message.answer if item.record.type == rtype}


def is_absent(message):
    return message.rcode == NXDOMAIN and not message.answer


def is_empty(message):
    return message.rcode == NOERROR and not message.answer


def has_alias(message):
    return any(item.record.type == CNAME for item in message.answer)


class Pair:
    """A question with both replies. `left`: its labels in front of the zone, folded."""

    def __init__(self, question, theirs, ours, names, ready_names):
        self.question, self.theirs, self.ours = question, theirs, ours
        self.names, self.ready_names = names, ready_names  # the oracle, and one to whom nobody publishes the unready
        self.qtype = question.qtype
        self.qname = fold(question.qname)
        self.zone = names.zone_of(question.qname)
        self.left = self.qname[:len(self.qname) - len(self.zone)] if self.zone is not None else None
        self.silent = theirs is None or isinstance(theirs, str)
        self.reverse = self.zone is not None and is_reverse(self.zone)

    def service(self, left=None):
        """The service whose name is in the question, or the one of a short form."""
        left = self.left if left is None else left
        if self.zone is None or self.reverse or left[-1:] != (b"svc",) or len(left) < 3:
            return None
        is_short = left[-3] in PROTOCOLS and (len(left) == 3 or len(left) == 4 and left[0][:1] == b"_")
        return self.names.cluster.service(left[-2], left[-2] if is_short else left[-3])

    def last_service(self):
        """The same, of the name at the end of our aliases."""
        aliases = {fold(item.record.owner): fold(item.record.rdata) for item in self.ours.answer
                   if item.record.type == CNAME}
        last = self.qname
        while aliases and last in aliases:
            last = aliases.pop(last)
        zone = self.names.zone_of(last)
        return None if zone is None else self.service(last[:len(last) - len(zone)])

    def from_absent_to_empty(self):
        return is_absent(self.theirs) and is_empty(self.ours)

    def from_something_to_absent(self):
        return self.theirs.rcode == NOERROR and is_absent(self.ours)


def same_denial(pair):
    """Both carry the same SOA but for TTL and MINIMUM."""
    both = [[item.record for item in message.authority] for message in (pair.theirs, pair.ours)]
    return [len(records) for records in both] == [1, 1] and len({
        (key[0], key[1], key[3][:-1]) for key in (record_key(records[0]) for records in both) if key[1] == SOA}) == 1 and \
        both[0][0].type == both[1][0].type


def differing(pair):
    """The parts that differ."""
    if pair.silent:
        return {"silence"}
    theirs, ours, found = pair.theirs, pair.ours, set()
    if theirs.rcode != ours.rcode:
        found.add("rcode")
    if (theirs.flags ^ ours.flags) & 0x400:
        found.add("aa")
    if (theirs.flags ^ ours.flags) & TC:
        found.add("tc")
    for part in () if (theirs.flags | ours.flags) & TC else ("answer", "authority", "additional"):
        if keys(getattr(theirs, part)) != keys(getattr(ours, part)):
            found.add(part)
        if part == "authority" and part in found and same_denial(pair):
            found ^= {"authority", "ttl"}
        if part == "answer" and part not in found and targets(theirs, SRV) != targets(ours, SRV):
            found.add("case")
    return found
