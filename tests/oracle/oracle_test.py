#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of the oracle itself: wire, addresses, and that the comparison sees what is wrong."""
import json
import random
import struct
import unittest

import addresses
import scenario
import wire
from compare import compare, size_of
from names import Names, Question
from objects import Options, parse_selector, selector_matches
from questions import random_questions
from random_cluster import random_scenario

ZONE = (b'cluster', b'local')


def name(text):
    return wire.name_from_text(text)


def service(service_name, **spec):
    return {'kind': 'Service', 'metadata': {'name': service_name, 'namespace': 'default'},
            'spec': spec}


def answer_of(names, text, qtype):
    return names.answer(Question(name(text), qtype))[0]


def perfect_response(question, reply, ident):
    """What a correct server sends: glue goes first, then the answer is cut."""
    authority = [reply.soa] if reply.soa else []
    flags = wire.AA * reply.aa | wire.RD * question.rd | wire.CD * question.cd
    answer, glue = list(reply.answer), list(reply.glue)
    if size_of(question, reply, glue, True) > question.limit():
        glue = []
    while size_of(question, type(reply)(0, answer=answer, soa=reply.soa), [], True) \
            > question.limit():
        flags |= wire.TC
        authority, reply.soa = [], None
        answer.pop()
    data = bytearray(wire.encode_response(ident, flags | reply.rcode & 15, question.qname,
                                          question.qtype, [answer, authority, glue],
                                          qclass=question.qclass))
    if question.edns is not None:
        why = struct.pack('>HHH', 15, 2, 20) if reply.rcode == wire.REFUSED else b''
        data += b'\0' + struct.pack('>HHBBHH', wire.OPT, 1232, reply.rcode >> 4, 0,
                                    0x8000 * question.do, len(why)) + why
        data[11] += 1
        data[10] += data[11] == 0
    return bytes(data)


class WireTest(unittest.TestCase):
    def test_a_response_comes_back_as_written(self):
        records = [wire.Record(name('a.b.'), wire.CNAME, 5, name('c.d.b.')),
                   wire.Record(name('c.d.b.'), wire.SRV, 5, (0, 1, 80, name('c.d.b.')))]
        for compress in (True, False):
            data = wire.encode_response(7, wire.AA, name('A.b.'), wire.SRV, [records, [], []], 1232,
                                        compress)
            message = wire.decode(data)
            self.assertEqual([item.record.rdata for item in message.answer],
                             [record.rdata for record in records])
            self.assertEqual(message.qname, (b'A', b'b'))
            self.assertEqual(len(message.opts), 1)
            self.assertEqual(message.answer[1].target_pointers, [])

    def test_hostile_bytes_end_in_an_error(self):
        data = wire.encode_response(7, 0, name('a.b.'), wire.A,
                                    [[wire.Record(name('a.b.'), wire.A, 5, b'\1\2\3\4')], [], []])
        for cut in range(len(data)):
            with self.assertRaises(wire.WireError):
                wire.decode(data[:cut])
        loop = data[:12] + b'\xc0\x0c\0\1\0\1'
        with self.assertRaises(wire.WireError):
            wire.decode(loop)

    def test_text_escapes_keep_any_octet(self):
        odd = (b'a.b', b'\0\xff', b'c')
        self.assertEqual(name(wire.name_to_text(odd)), odd)


class AddressTest(unittest.TestCase):
    def test_spellings_are_one_address(self):
        for texts in (['10.0.0.1', '010.00.0.001', '::ffff:10.0.0.1', '::FFFF:a00:1'],
                      ['fd00::', 'FD00:0:0:0::', 'fd00:0000:0:0:0:0:0:0']):
            self.assertEqual(len({addresses.parse_address(text) for text in texts}), 1)
        for text in ('', '1.2.3', '1.2.3.256', ':::', '1::2::3', '1:2:3:4:5:6:7', 'fe80::1%eth0',
                     '1:2:3:4:5:6:7::8:9', 'g::', '1.2.3.4.', '::1.2.3'):
            self.assertIsNone(addresses.parse_address(text), text)

    def test_canonical_text(self):
        for text in ('::', '::1', '2001:db8::', '2001:db8::3:0:1', '2001:db8:0:1::9', '1:0:2::',
                     '1:2:3:4:5:6:7:0'):
            self.assertEqual(addresses.address_to_text(addresses.parse_address(text)), text)

    def test_cidrs_expand_to_zones(self):
        self.assertEqual(addresses.zones_of_cidr('10.96.0.0/16'), [name('96.10.in-addr.arpa.')])
        self.assertEqual(len(addresses.zones_of_cidr('10.96.0.0/12')), 16)
        self.assertEqual(addresses.zones_of_cidr('10.96.0.32/27')[31],
                         name('63.0.96.10.in-addr.arpa.'))
        self.assertEqual(addresses.zones_of_cidr('fd00::/15'),
                         [name('0.0.d.f.ip6.arpa.'), name('1.0.d.f.ip6.arpa.')])

    def test_reverse_names_are_exact(self):
        octets = addresses.parse_address('10.96.0.7')
        self.assertEqual(addresses.address_of_reverse(addresses.reverse_labels(octets)), octets)
        for text in ('07.0.96.10.in-addr.arpa.', '7.96.10.in-addr.arpa.', '256.0.0.1.in-addr.arpa.',
                     'x.7.0.96.10.in-addr.arpa.'):
            self.assertIsNone(addresses.address_of_reverse(name(text)), text)


class SelectorTest(unittest.TestCase):
    def test_operators(self):
        labels = {'team': 'a', 'env': 'prod'}
        for text, wanted in (('team=a', True), ('team!=a', False), ('x!=a', True), ('!x', True),
                             ('team in (a, b),env', True), ('team notin (a,b)', False),
                             ('env==test', False), ('', True)):
            self.assertEqual(selector_matches(parse_selector(text), labels), wanted, text)


class RulesTest(unittest.TestCase):
    def test_endpoints_come_from_pods_where_no_slice_is_given(self):
        pods = [{'kind': 'Pod', 'metadata': {'name': f'p{i}', 'namespace': 'default',
                                             'labels': {'app': 'x'}},
                 'spec': {'hostname': 'h', 'subdomain': 'db', 'containers': [
                     {'ports': [{'name': 'web', 'containerPort': 8080 + i}]}]},
                 'status': {'podIP': f'10.0.0.{i}', 'phase': phase,
                            'conditions': [{'type': 'Ready', 'status': ready}]}}
                for i, (phase, ready) in enumerate([('Running', 'True'), ('Running', 'False'),
                                                    ('Failed', 'True')])]
        things = pods + [service('db', clusterIP='None', selector={'app': 'x'}, ports=[
            {'name': 'http', 'port': 80, 'targetPort': 'web'}])]
        names = Names(things, Options(zones=[ZONE]))
        reply = answer_of(names, '_http._tcp.db.default.svc.cluster.local.', wire.SRV)
        self.assertEqual([record.rdata for record in reply.answer],
                         [(0, 100, 8080, name('h.db.default.svc.cluster.local.'))])

    def test_a_loop_keeps_its_cnames(self):
        things = [service('a', type='ExternalName', externalName='b.default.svc.cluster.local'),
                  service('b', type='ExternalName', externalName='A.default.svc.cluster.local')]
        reply = answer_of(Names(things, Options(zones=[ZONE])), 'a.default.svc.cluster.local.', 1)
        self.assertEqual((reply.rcode, len(reply.answer), reply.soa), (wire.SERVFAIL, 2, None))


class CompareTest(unittest.TestCase):
    """The comparison accepts what a correct server sends, and nothing near it."""

    def scenarios(self, count):
        for i in range(count):
            rng = random.Random(f'test/{i}')
            made = random_scenario(rng, 5353, ['10.244.0.53'])
            names = Names(made.things, made.options)
            yield rng, names, random_questions(names, rng, 200)

    def test_a_correct_reply_passes(self):
        for _, names, questions in self.scenarios(15):
            for question in questions:
                sent = wire.encode_query(9, question.qname, question.qtype, question.qclass,
                                         edns=question.edns)
                replies = names.answer(question)
                data = perfect_response(question, names.answer(question)[0], 9)
                self.assertEqual(compare(question, replies, sent, wire.decode(data)), [],
                                 question)

    def test_a_wrong_reply_fails(self):
        for rng, names, questions in self.scenarios(5):
            for question in questions:
                sent = wire.encode_query(9, question.qname, question.qtype, question.qclass)
                message = wire.decode(perfect_response(question, names.answer(question)[0], 9))
                if message.answer and rng.random() < 0.5:
                    message.answer[0].record = wire.Record(name('x.'), wire.A, 5, b'\1\2\3\4')
                elif message.authority and rng.random() < 0.5:
                    message.authority = []
                else:
                    message.flags ^= wire.AA
                self.assertTrue(compare(question, names.answer(question), sent, message))


class ScenarioTest(unittest.TestCase):
    def test_a_seed_gives_one_cluster(self):
        made = [random_scenario(random.Random('s'), 53, []) for _ in range(2)]
        self.assertEqual(json.dumps(made[0].things), json.dumps(made[1].things))
        self.assertEqual(scenario.corefile(made[0], 'd'), scenario.corefile(made[1], 'd'))

    def test_block_yaml_nests_by_two_blanks(self):
        rng = random.Random(3)
        lines = scenario.yaml_lines({'a': [{'b': 1, 'c': []}]}, rng)
        self.assertEqual(lines, ['a:', '  - b: 1', '    c: []'])


if __name__ == '__main__':
    unittest.main()
