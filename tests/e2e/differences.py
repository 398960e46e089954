# SPDX-License-Identifier: Apache-2.0
"""Where knamed may differ from CoreDNS 1.15. A rule says for which question and which two replies, what part of the
reply it explains, and why (D1: src/names.md 18; a number: that section of it)."""
import itertools
import re
from dataclasses import dataclass

from addresses import address_of_reverse, dashed_label, parse_address
from objects import EXTERNAL_NAME, HEADLESS, SERVICE_LABEL, labels_of, namespace_of, parse_addresses
from pairs import has_alias, is_absent, is_empty, keys, record_key, targets
from services import PROTOCOLS
from wire import (A, AAAA, ANY, AXFR, CNAME, IXFR, NOERROR, PTR, REFUSED, SERVFAIL, SOA, SRV, TC, TXT, fold,
                  name_from_text)

FEW_PARTS = "rcode answer authority additional"


@dataclass
class Rule:
    reference: str
    parts: str  # what of a reply it explains
    holds: object
    outside: bool = False  # for names in no zone of ours
    silence: bool = False  # for questions that CoreDNS does not answer


# -- section 18 --

def d1(pair):
    fixed = len(pair.left) <= 2 and pair.left[-1:] in ((), (b"svc",), (b"pod",)) or pair.left == (b"ns", b"dns")
    return fixed and pair.qtype not in (A, AAAA, SRV) and pair.from_absent_to_empty()


def d2(pair):
    return pair.qtype == SOA and pair.left and is_empty(pair.theirs) and is_absent(pair.ours)


def d3(pair):
    return pair.reverse and pair.qtype != PTR and pair.from_absent_to_empty() and \
        address_of_reverse(pair.qname) in pair.names.reverse


def d4(pair):
    return pair.reverse and pair.left and address_of_reverse(pair.qname) is None and pair.left not in ((b"dns",), (b"ns", b"dns")) and \
        pair.from_absent_to_empty()


def d5(pair):
    return (pair.left == (b"dns",) or pair.left == (b"dns-version",) and pair.qtype != TXT) and pair.from_absent_to_empty()


def d6(pair):
    return not pair.reverse and len(pair.left) == 4 and pair.left[0] in PROTOCOLS and pair.from_absent_to_empty()


def d7(pair):
    return pair.left == (b"ns", b"dns") and pair.question.qname != pair.qname and pair.from_absent_to_empty()


def d8(pair):
    service = pair.service()
    return service and service.kind == EXTERNAL_NAME and len(pair.left) == 3 and has_alias(pair.ours) and \
        is_empty(pair.theirs) and pair.qtype not in (A, AAAA, CNAME)


def d9(pair):
    """The alias leads to nothing of the type in our zones."""
    service = pair.service()
    return service and service.kind == EXTERNAL_NAME and len(pair.left) == 3 and pair.qtype in (A, AAAA) and \
        keys(pair.theirs.answer) <= keys(pair.ours.answer) and pair.theirs.rcode == NOERROR and pair.ours.authority and \
        all(item.record.type == CNAME for item in pair.ours.answer)


def d11(pair):
    return len(pair.left) == 5 and pair.left[-1] == b"svc" and pair.from_something_to_absent() and \
        (pair.left[0] == b"_" or pair.left[1] == b"_" or not (pair.left[0][:1] == pair.left[1][:1] == b"_"))


def d14(pair):
    return len(pair.left) in (4, 5) and pair.left[-1] == b"pod" and pair.from_something_to_absent()


def d15(pair):
    return pair.left[-1:] == (b"pod",) and pair.qtype == SRV and is_empty(pair.ours) and \
        pair.theirs.answer and all(item.record.type == SRV and item.record.rdata[2] == 0 for item in pair.theirs.answer)


def d22(pair):
    return pair.qtype == SRV and pair.theirs.flags & TC and not pair.ours.flags & TC


def d24(pair):
    return pair.qtype in (AXFR, IXFR) and pair.ours.rcode == REFUSED


def d30(pair):
    return pair.reverse and pair.left in ((b"svc",), (b"pod",), (b"dns-version",)) and pair.from_something_to_absent()


def slices_of(pair, service):
    return [piece for piece in pair.names.cluster.slices if fold(namespace_of(piece).encode()) == service.namespace and
            fold((labels_of(piece).get(SERVICE_LABEL) or "").encode()) == service.name]


def without_weight(found):
    return {(owner, rtype, ttl, rdata[2:] if rtype == SRV else rdata) for owner, rtype, ttl, rdata in found}


def host_names_of(pair, service):
    """The endpoints that slices of host names give to a service in CoreDNS."""
    return [endpoint for piece in slices_of(pair, service) if piece["addressType"] == "FQDN"
            for endpoint in piece["endpoints"] or [] if (endpoint.get("conditions") or {}).get("ready") is not False]


def ready_replies(pair):
    """(rcode, answer, glue) of what is right if nobody publishes unready endpoints."""
    return [(reply.rcode, {record_key(record) for record in reply.answer}, {record_key(record) for record in reply.glue})
            for reply in pair.ready_names.answer(pair.question)]


def d12(pair):
    """What CoreDNS has more comes from slices of host names, whose endpoints count in weights too."""
    if pair.reverse:
        return "D12" in pointer_rules(pair)
    service = pair.last_service()
    found = host_names_of(pair, service) if service is not None else []
    if not found or service.kind != HEADLESS and len(pair.left) != 4:
        return False
    texts = [text for endpoint in found for text in endpoint["addresses"]]
    words, addresses = {fold(name_from_text(text)) for text in texts}, parse_addresses(texts)
    hosts = {(endpoint.get("hostname") or "").encode() for endpoint in found} | {b"-".join(name) for name in words}
    theirs = without_weight(keys(pair.theirs.answer))
    right = [keys(pair.ours.answer)] + [answer for _, answer, _ in ready_replies(pair)]
    return any(ours <= theirs and all(
        rtype == CNAME and fold(rdata) in words or rtype == SRV and rdata[1][0] in hosts or rdata in addresses
        for _, rtype, _, rdata in theirs - ours) for ours in map(without_weight, right))


def d33(pair):
    """An alias to an address with leading zeros is none, for its name is absent."""
    service = pair.service()
    text = service.external_name.removesuffix(".") if service and service.kind == EXTERNAL_NAME else ""
    address = parse_address(text)
    return len(pair.left) == 3 and address is not None and re.search(r"\b0[0-9]", text) and is_absent(pair.ours) and \
        pair.theirs.rcode == NOERROR and targets(pair.theirs, CNAME) <= {name_from_text(text)} and \
        all(item.record.type == CNAME for item in pair.theirs.answer)


def dotted_pods(pair, service):
    """{the name of a pod with a dot: the dashed addresses that stand for it}"""
    found = {}
    for piece in slices_of(pair, service) if pair.names.options.endpoint_pod_names else ():
        for endpoint in piece.get("endpoints") or []:
            pod = ((endpoint.get("targetRef") or {}).get("name") or "").encode()
            if not endpoint.get("hostname") and b"." in pod and len(pod) < 64:
                found.setdefault(pod, set()).update(
                    dashed_label(octets) for octets in parse_addresses(endpoint["addresses"]))
    return found


def d34(pair):
    """CoreDNS takes a pod's name for an endpoint's though it is no label."""
    if pair.reverse:
        return "D34" in pointer_rules(pair)
    service = pair.last_service()
    found = dotted_pods(pair, service) if service is not None else {}
    dashed = set().union(*found.values())
    if len(pair.left) == 4 and pair.left[0] in dashed:
        # There may be another endpoint of that address, with other ports. Weights count both.
        theirs, ours = (without_weight(keys(message.answer)) for message in (pair.theirs, pair.ours))
        return pair.ours.rcode == NOERROR and (is_absent(pair.theirs) or pair.qtype == SRV and theirs <= ours)
    theirs, ours = targets(pair.theirs, SRV), targets(pair.ours, SRV)
    return pair.qtype == SRV and found and \
        all(is_host_in(target[3], found) for target in theirs if fold_srv(target) not in ours) and \
        all(target[3][0] in dashed for target in ours - {fold_srv(target) for target in theirs})


def fold_srv(rdata):
    return rdata[:3] + (fold(rdata[3]),)


def is_host_in(target, pods):
    """The target begins with the name of one of the pods."""
    return any(target[:len(pod.split(b"."))] == tuple(pod.split(b".")) for pod in pods)


def d13(pair):
    """CoreDNS answers as if nobody published unready endpoints."""
    if pair.reverse:
        return "D13" in pointer_rules(pair)
    said = [(message.rcode, keys(message.answer)) for message in (pair.theirs, pair.ours)]
    for rcode, answer, glue_of_ready in ready_replies(pair):
        told = rcode, answer
        if said[0] == told and (told != said[1] or pair.qtype == SRV) and keys(pair.theirs.additional) <= glue_of_ready:
            return glue_of_ready != keys(pair.ours.additional) or told != said[1]
    return False


def service_of_target(pair, target):
    size = len(pair.names.primary) + 1
    return fold((target[-size - 1], target[-size - 2]))


def pointer_rules(pair):
    """The rules that explain each PTR that one of the two has alone; none if one stays unexplained."""
    if not pair.reverse or pair.qtype != PTR:
        return set()
    theirs, ours = targets(pair.theirs, PTR), targets(pair.ours, PTR)
    used, cluster = set(), pair.names.cluster
    ready = {target for _, target, _ in pair.ready_names.reverse.get(address_of_reverse(pair.qname), [])}
    for target in theirs ^ ours:
        key = service_of_target(pair, target)
        if target in theirs and key not in cluster.services:
            used.add("D26")
        elif target in theirs and cluster.services[key].kind == EXTERNAL_NAME:
            used.add("8")
        elif target in theirs and pair.names.options.namespace_labels and not cluster.is_exposed(key[0]):
            used.add("D20")
        elif target in ours and target not in ready:
            used.add("D13")
        elif target in theirs and any(address_of_reverse(pair.qname) in parse_addresses(endpoint["addresses"])
                                      for endpoint in host_names_of(pair, cluster.services[key])):
            used.add("D12")
        elif target in theirs and is_host_in(target, dotted_pods(pair, cluster.services[key])):
            used.add("D34")
        elif target in ours and target[0] in set().union(*dotted_pods(pair, cluster.services[key]).values()):
            used.add("D34")
        else:
            return set()
    return used


def d18(pair):
    """A slice of no service has the address."""
    address = pair.reverse and pair.qtype == PTR and address_of_reverse(pair.qname)
    return address and is_absent(pair.ours) and any(
        address in parse_addresses(endpoint["addresses"]) for piece in pair.names.cluster.slices
        if not labels_of(piece).get(SERVICE_LABEL) for endpoint in piece.get("endpoints") or [])


def d19(pair):
    return pair.zone[-2:] == (b"ip6", b"arpa") and len(pair.qname) > 34 and pair.from_something_to_absent()


# -- rules of our own --

def outside(pair):
    return pair.zone is None and pair.ours.rcode == REFUSED and pair.theirs.rcode == SERVFAIL


def any_type(pair):
    """RFC 8482: one RRset of a name that has some."""
    return pair.qtype == ANY and pair.ours.answer and (is_empty(pair.theirs) or pair.reverse and is_absent(pair.theirs))


def address_at_srv_name(pair):
    return pair.left[-1:] == (b"svc",) and len(pair.left) == 5 and pair.left[0][:1] == pair.left[1][:1] == b"_" and \
        pair.qtype in (A, AAAA) and is_empty(pair.ours) and pair.theirs.rcode == NOERROR


def null_port(pair):
    """The name of a port without a number is none; CoreDNS has it, without SRV."""
    service = pair.service()
    if service is None or service.kind != HEADLESS or len(pair.left) != 5 or not is_absent(pair.ours):
        return False
    name, protocol = (label[1:] for label in pair.left[:2])
    numbers = {port.get("port") for piece in slices_of(pair, service) for port in piece.get("ports") or []
               if fold((port.get("name") or "").encode()) == name and fold(port["protocol"].encode()) == protocol}
    return numbers == {None} and pair.theirs.rcode == NOERROR and (is_empty(pair.theirs) or pair.qtype in (A, AAAA))


def case_of_targets(pair):
    zone = pair.question.qname[len(pair.left):]
    return pair.qtype == SRV and all(target[3][-len(zone):] == zone for target in targets(pair.theirs, SRV))


def soa_minimum(pair):
    """MINIMUM is the TTL of a denial, and the SOA itself lives 300 s at most."""
    if pair.qtype != SOA or pair.left or [len(message.answer) for message in (pair.theirs, pair.ours)] != [1, 1]:
        return False
    theirs, ours = pair.theirs.answer[0].record, pair.ours.answer[0].record
    ttl = pair.names.options.ttl
    return theirs.type == ours.type == SOA and theirs.ttl == ours.ttl == min(ttl, 300) and \
        ours.rdata[6] == min(ttl, 5) and record_key(theirs)[3][:-1] == record_key(ours)[3][:-1]


def loop(pair):
    """Aliases in a circle are SERVFAIL; CoreDNS gives up without one."""
    return pair.ours.rcode == SERVFAIL and has_alias(pair.ours) and keys(pair.theirs.answer) < keys(pair.ours.answer)


MOST_LINKS = 11  # a row of more is forgotten: maxCnameChainLength in CoreDNS' plugin/backend_lookup.go


def long_chain(pair):
    """CoreDNS has the aliases in front of the first row within one zone that is too long for it, and nothing else."""
    links = [item.record for item in pair.ours.answer if item.record.type == CNAME]
    before = set()
    for _, row in itertools.groupby(links, key=lambda link: pair.names.zone_of(link.owner)):
        row = {record_key(link) for link in row}
        if len(row) > MOST_LINKS:
            return pair.qtype in (A, AAAA) and pair.theirs.rcode == NOERROR and keys(pair.theirs.answer) == before
        before |= row
    return False


def glue(pair):
    """All addresses of a host, where CoreDNS gives those of one endpoint."""
    hosts = {fold(target[3]) for target in targets(pair.ours, SRV)}
    more = keys(pair.ours.additional) - keys(pair.theirs.additional)
    return pair.qtype == SRV and keys(pair.theirs.additional) < keys(pair.ours.additional) and \
        all(owner in hosts for owner, *_ in more)


def short_form(pair):
    service = pair.service()
    return service and service.name == service.namespace and pair.left[0][:1] == b"_" and is_absent(pair.theirs) and \
        pair.ours.rcode == NOERROR and pair.left[-3] in PROTOCOLS


def denial_ttl(pair):
    """The SOA of a denial lives no longer than 5 s, and 1 s at and below a headless service."""
    theirs, ours = pair.theirs.authority[0].record, pair.ours.authority[0].record
    ttl = pair.names.options.ttl
    return theirs.ttl == min(300, ttl) and ours.ttl <= ours.rdata[6] == min(5, ttl)  # the oracle knows which


RULES = [
    Rule("D1", "rcode", d1),
    Rule("D2", "rcode", d2),
    Rule("D3", "rcode", d3),
    Rule("D4", "rcode", d4),
    Rule("D5", "rcode", d5),
    Rule("D6", "rcode", d6),
    Rule("D7", "rcode", d7),
    Rule("D8", FEW_PARTS, d8),
    Rule("D9", FEW_PARTS, d9),
    Rule("D11", FEW_PARTS, d11),
    Rule("D12", FEW_PARTS, d12),
    Rule("D13", FEW_PARTS, d13),
    Rule("D14", FEW_PARTS, d14),
    Rule("D15", FEW_PARTS, d15),
    Rule("D18", "silence", d18, silence=True),
    Rule("D19", FEW_PARTS, d19),
    Rule("D20", FEW_PARTS, lambda pair: "D20" in pointer_rules(pair)),
    Rule("D24", "rcode aa answer authority additional", d24),
    Rule("D22", "tc", d22),
    Rule("D26", FEW_PARTS, lambda pair: "D26" in pointer_rules(pair)),
    Rule("D30", FEW_PARTS, d30),
    Rule("D33", FEW_PARTS, d33),
    Rule("D34", FEW_PARTS, d34),
    Rule("5.3", FEW_PARTS, short_form),
    Rule("5.1 addresses", FEW_PARTS + " tc", address_at_srv_name),
    Rule("5.1 null", FEW_PARTS, null_port),
    Rule("5.1 case", "case", case_of_targets),
    Rule("5.1 glue", "additional", glue),
    Rule("6 loop", FEW_PARTS, loop),
    Rule("6 links", FEW_PARTS, long_chain),
    Rule("8", FEW_PARTS, lambda pair: "8" in pointer_rules(pair)),  # endpoints of an ExternalName have no name
    Rule("9", "answer", soa_minimum),
    Rule("11 ANY", FEW_PARTS, any_type),
    Rule("12", "rcode", outside, outside=True),
    Rule("10", "ttl", denial_ttl),
]


def explain(pair, found):
    """The rules that explain all of it together, or None."""
    used = [rule for rule in RULES if found & set(rule.parts.split()) and rule.silence == pair.silent and
            rule.outside == (pair.zone is None) and rule.holds(pair)]
    explained = {part for rule in used for part in rule.parts.split()}
    return used if found <= explained else None
