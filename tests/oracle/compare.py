# SPDX-License-Identifier: Apache-2.0
"""Compares a reply on the wire with the replies the oracle allows (section 12 of the naming rules).

Sets matter, the order is free but for CNAME chains and named PTRs; the SOA's serial is free; glue
may be left out by whole RRsets when room is short. Truncation is checked against the smallest and
the largest size a correct writer may reach: between them both are fine.
"""
from collections import Counter

from wire import (AA, AD, BADVERS, CD, CNAME, IN, PTR, QR, RA, RCODE_NAMES, RD, REFUSED, SOA, SRV, TC, Z,
                  encode_response, fold, name_to_text, record_to_text)

OWN_SIZE = 1232  # the EDNS size we advertise [12]


def identity(record, any_ttl=False):
    """What makes two records the same: owner and SOA names without case, targets with it."""
    rdata = record.rdata
    if record.type == SOA:
        rdata = (fold(rdata[0]), fold(rdata[1])) + rdata[3:]
    return fold(record.owner), record.type, 0 if any_ttl else record.ttl, rdata


def size_of(question, reply, glue, compress):
    sections = [reply.answer, [reply.soa] if reply.soa else [], glue]
    return len(encode_response(0, 0, question.qname, question.qtype, sections, question.edns,
                               compress))


def list_records(records):
    return ' | '.join(record_to_text(record) for record in records) or '-'


class Comparison:
    """The differences between one message and one allowed reply."""

    def __init__(self, question, reply, message):
        self.question, self.reply, self.message = question, reply, message
        self.problems = []
        self.cut = bool(message.flags & TC)
        self.limit = question.limit()

    def expect(self, good, problem):
        if not good:
            self.problems.append(problem)
        return good

    def run(self):
        self.header()
        self.edns()
        if self.reply.rcode == BADVERS:
            self.expect(not self.message.answer and not self.message.authority, 'BADVERS with data')
            return self.problems
        self.truncation()
        self.answer()
        self.authority()
        self.additional()
        self.pointers()
        return self.problems

    def header(self):
        flags, question = self.message.flags, self.question
        wanted = RCODE_NAMES.get(self.reply.rcode)
        got = RCODE_NAMES.get(self.message.rcode, str(self.message.rcode))
        self.expect(got == wanted, f'rcode {got}, want {wanted}')
        for bit, name, want in ((QR, 'QR', True), (AA, 'AA', self.reply.aa),
                                (RD, 'RD', question.rd), (CD, 'CD', question.cd),
                                (RA, 'RA', False), (AD, 'AD', False), (Z, 'Z', False)):
            self.expect(bool(flags & bit) == want, f'{name} is {int(bool(flags & bit))}')
        self.expect(self.message.opcode == 0, f'opcode {self.message.opcode}')
        self.expect(self.message.size <= self.limit,
                    f'{self.message.size} octets, limit {self.limit}')

    def edns(self):
        opts, question = self.message.opts, self.question
        if not self.expect(len(opts) == (question.edns is not None), f'{len(opts)} OPT records'):
            return
        for opt in opts:
            self.expect(opt.size == OWN_SIZE, f'EDNS size {opt.size}')
            self.expect(opt.version == 0, f'EDNS version {opt.version}')
            self.expect(opt.flags == (0x8000 if question.do else 0), f'EDNS flags {opt.flags:04x}')
            why = opt.options[:2] == b'\0\x0f' and opt.options[4:6]
            # Names that nobody here has are an extended error, "Not Authoritative", transfers "Prohibited".
            self.expect(why in (b'\0\x14', b'\0\x12') if self.reply.rcode == REFUSED else not opt.options,
                        f'EDNS options {opt.options.hex()}')

    def truncation(self):
        """TC only where answer or authority is cut [12, D22]."""
        if size_of(self.question, self.reply, [], True) > self.limit:
            self.expect(self.cut, 'TC is 0 though the answer cannot fit')
        elif size_of(self.question, self.reply, [], False) <= self.limit:
            self.expect(not self.cut, 'TC is 1 though the answer fits')

    def answer(self):
        wanted, any_ttl = self.reply.answer, self.reply.any_ttl
        got = [item.record for item in self.message.answer]
        for item in self.message.answer:
            self.expect(item.rclass == IN, f'class {item.rclass}')
        have = Counter(identity(record, any_ttl) for record in got)
        want = Counter(identity(record, any_ttl) for record in wanted)
        self.expect(not have - want, 'unwanted answer: ' + list_records(
            [record for record in got if (have - want)[identity(record, any_ttl)]]))
        if self.reply.pointer_groups and not self.cut:
            self.pointer_sets(got)
        elif not self.cut:
            self.expect(not want - have, 'missing answer: ' + list_records(
                [record for record in wanted if (want - have)[identity(record, any_ttl)]]))
        else:
            self.cut_is_full(got, want - have)
        self.order(got)

    def pointer_sets(self, got):
        """One PTR at least for each service that holds the address [8]."""
        targets = {record.rdata for record in got if record.type == PTR}
        for group in self.reply.pointer_groups:
            self.expect(targets & group, 'no PTR to ' + ' or '.join(map(name_to_text, group)))

    def cut_is_full(self, got, missing):
        """A cut answer keeps the records that fit: the largest one missing does not."""
        left = [record for record in self.reply.answer if missing[identity(record)]]
        if not left or self.reply.soa:
            return
        largest = max(left, key=lambda record: size_of(self.question, type(self.reply)(
            0, answer=[record]), [], False))
        kept = type(self.reply)(0, answer=got + [largest])
        size = size_of(self.question, kept, [], False)
        self.expect(size > self.limit, f'cut at {len(got)} records though another fits')

    def order(self, got):
        """CNAMEs come first, in chain order; named PTRs before dashed ones."""
        chain = [identity(record) for record in self.reply.answer if record.type == CNAME]
        seen = [identity(record) for record in got[:len(chain)]]
        self.expect(seen == chain[:len(seen)], 'the CNAMEs are not first and in order')
        first = self.reply.pointers_first
        ranks = [record.rdata not in first for record in got if record.type == PTR]
        self.expect(ranks == sorted(ranks), 'a PTR without hostname comes first')

    def authority(self):
        got = self.message.authority
        if self.reply.soa is None:
            self.expect(not got, 'unwanted authority: ' + list_records(
                [item.record for item in got]))
            return
        if not got and self.cut:
            return
        if not self.expect(len(got) == 1, f'{len(got)} authority records, want the SOA'):
            return
        record, wanted = got[0].record, self.reply.soa
        if not self.expect(record.type == SOA, 'authority is no SOA: ' + record_to_text(record)):
            return
        self.expect(identity(record, True) == identity(wanted, True) and got[0].rclass == IN,
                    f'SOA {record_to_text(record)}, want {record_to_text(wanted)}')
        ttls = sorted(self.reply.soa_ttls)
        self.expect(record.ttl in ttls, f'TTL {record.ttl} of the SOA, want {ttls}')

    def additional(self):
        got = [item.record for item in self.message.additional]
        have = Counter(identity(record) for record in got)
        allowed = Counter({identity(record): 1 for record in self.reply.more_glue})
        self.expect(not have - allowed, 'unwanted glue: ' + list_records(
            [record for record in got if (have - allowed)[identity(record)]]))
        wanted = {identity(record): record for record in self.reply.glue}
        rrsets = {(record.owner, record.type) for record in self.reply.glue}
        present = {(fold(record.owner), record.type) for record in got}
        # behind 16 KiB no pointer reaches the target, and glue is left out [5.1]
        roomy = size_of(self.question, self.reply, self.reply.more_glue, False) <= min(self.limit, 0x4000)
        for owner, rtype in rrsets if not self.cut else ():
            missing = [record for record in wanted.values()
                       if (record.owner, record.type) == (owner, rtype)
                       and not have[identity(record)]]
            if (owner, rtype) in present and not self.reply.glue_is_loose:
                self.expect(not missing, 'part of a glue RRset missing: ' + list_records(missing))
            elif roomy and not self.reply.glue_is_loose:
                self.expect(not missing, 'glue missing though it fits: ' + list_records(missing))
        self.expect(not (self.cut and got), 'glue in a reply whose answer was cut')

    def pointers(self):
        """SRV targets are never compressed; stored names never point into the question."""
        end = self.message.question_end
        for item in self.message.answer:
            if item.record.type == SRV:
                self.expect(not item.target_pointers, 'compressed SRV target')
            self.expect(all(at >= end for at in item.target_pointers),
                        'a target points into the question')
        for item in self.message.additional:
            self.expect(all(at >= end for at in item.owner_pointers),
                        'a glue owner points into the question')
            self.expect(item.record.owner == fold(item.record.owner),
                        'a glue owner is not in stored case')


def compare(question, replies, sent, message):
    """Returns the differences to the nearest allowed reply, an empty list where one fits."""
    basics = []
    if message.id != int.from_bytes(sent[:2], 'big'):
        basics.append(f'id {message.id}')
    if message.counts[0] != 1 or message.question != sent[12:12 + len(message.question)]:
        basics.append(f'question came back as {message.question!r}')
    found = [Comparison(question, reply, message).run() for reply in replies]
    return basics + min(found, key=len)
