# SPDX-License-Identifier: Apache-2.0
"""The naming rules, slow and from the text: how a question about the cluster must be answered.

answer() gives the replies a server may send; most questions have one, a few have several where the
rules leave a choice. Tags in brackets are sections of the rules.
"""
from dataclasses import dataclass, field

from addresses import address_of_reverse
from dispatch import Dispatch
from wire import (ANY, AXFR, BADVERS, CNAME, HINFO, IN, IXFR, NOERROR, NS, NXDOMAIN, PTR, REFUSED,
                  SERVFAIL, Record, fold)

CHAIN_LEAST = 10  # a chain of this many CNAMEs must be followed [6]


@dataclass
class Question:
    qname: tuple
    qtype: int
    qclass: int = IN
    transport: str = 'udp'
    edns: int = None
    version: int = 0
    do: bool = False
    rd: bool = True
    cd: bool = False
    ad: bool = False
    options: bytes = b''  # EDNS options, ignored by the server

    def limit(self):
        """The octets a reply may have [12]."""
        if self.transport == 'tcp':
            return 65535
        return 512 if self.edns is None else max(512, min(self.edns, 1232))


@dataclass
class Reply:
    """One reply a server may give. Records compare as sets; the SOA's serial is free."""
    rcode: int
    aa: bool = True
    answer: list = field(default_factory=list)
    soa: Record = None
    soa_ttls: frozenset = frozenset()
    glue: list = field(default_factory=list)
    more_glue: list = field(default_factory=list)
    glue_is_loose: bool = False  # parts of an RRset will do
    any_ttl: bool = False
    pointer_groups: list = field(default_factory=list)  # PTR targets of each service [8]
    pointers_first: frozenset = frozenset()  # PTR targets that come before the others [8, D27]


class Names(Dispatch):
    """The answers of one cluster under one set of options."""

    def answer(self, question):
        """The replies a server may give, the likeliest first."""
        if question.edns is not None and question.version > 0:
            foreign = question.qclass != IN or self.zone_of(question.qname) is None
            return [Reply(BADVERS, aa=False)] + [Reply(REFUSED, aa=False)] * foreign
        if question.qclass != IN or question.qtype in (AXFR, IXFR) or \
                self.zone_of(question.qname) is None:
            return [Reply(REFUSED, aa=False)]
        return self.resolve(question.qname, question.qtype, [])

    def resolve(self, qname, qtype, chain):
        """Replies about `qname`, reached over the CNAMEs of `chain` [6]."""
        if self.zone_of(qname) is None:  # no upstream: the CNAMEs alone
            return [Reply(NOERROR, answer=chain)]
        replies = []
        for node in self.look_up(qname):
            if CNAME in node.rrsets and qtype not in (CNAME, ANY):
                replies += self.follow(node.rrsets[CNAME][0], qtype, chain)
            elif qtype == ANY and node.rrsets:
                replies += self.any_replies(qname, node)
            elif qtype in node.rrsets:
                replies.append(self.positive(node, qtype, chain))
            else:
                zone, ttls = self.zone_of(qname), self.denial_ttls(qname)
                replies.append(Reply(NOERROR if node.exists else NXDOMAIN, answer=chain,
                                     soa=self.soa(zone, max(ttls)), soa_ttls=ttls))
        return replies

    def follow(self, record, qtype, chain):
        """Goes on behind a CNAME; a loop is SERVFAIL, a chain over the least length may be."""
        longer = chain + [record]
        if fold(record.rdata) in [seen.owner for seen in longer]:
            cut = [Reply(SERVFAIL, answer=longer[:size])
                   for size in range(CHAIN_LEAST, len(longer))]
            return [Reply(SERVFAIL, answer=longer)] + cut
        cut = []
        if len(chain) >= CHAIN_LEAST:
            cut = [Reply(SERVFAIL, answer=chain), Reply(SERVFAIL, answer=longer)]
        return self.resolve(record.rdata, qtype, longer) + cut

    def positive(self, node, qtype, chain):
        records = node.rrsets[qtype]
        reply = Reply(NOERROR, answer=chain + records, glue=node.glue.get(qtype, []),
                      more_glue=node.more_glue.get(qtype, []), glue_is_loose=qtype == NS)
        if qtype == PTR:
            found = self.reverse[address_of_reverse(records[0].owner)]
            for service in {id(service) for service, _, _ in found}:
                reply.pointer_groups.append({target for owner, target, _ in found
                                             if id(owner) == service})
            reply.pointers_first = frozenset(
                record.rdata for record in records if not self.is_dashed(record))
        return reply

    def is_dashed(self, record):
        """The PTR leads to an endpoint the slice gives no hostname for."""
        found = self.reverse[address_of_reverse(record.owner)]
        return any(target == record.rdata and not explicit for _, target, explicit in found)

    def any_replies(self, qname, node):
        """One RRset of the name, or HINFO; an ExternalName's CNAME alone [6, 11]."""
        replies = [self.positive(node, rtype, []) for rtype in node.rrsets]
        if CNAME not in node.rrsets:
            hinfo = Record(fold(qname), HINFO, 8482, (b'ANY obsoleted', b'See RFC 8482'))
            replies.append(Reply(NOERROR, answer=[hinfo], any_ttl=True))
        return replies
