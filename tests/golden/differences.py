# SPDX-License-Identifier: Apache-2.0
"""Where knamed may differ from CoreDNS 1.15. A rule says for which question and which two replies, what part of the reply it
explains, and why: D1 is a row of section 18 of src/names.md, a number a section of it, RFC n a standard; a word is a promise
of README.md. A rule that never fires is one too many."""
import re
from dataclasses import dataclass

import wire
from replies import ede_of, key_of

ALL_PARTS = "rcode aa ra answer authority additional ttl upstreams"
CLUSTER = (".cluster.local.", ".clusterset.local.", ".k8s.test.", ".out.test.", ".outside.test.", ".in-addr.arpa.", ".ip6.arpa.")


@dataclass
class Rule:
    reference: str
    parts: str  # what of a reply it explains
    holds: object
    why: str


@dataclass
class LineRule:
    """For lines of the log, or of the metrics' names and labels, that one of both has."""
    reference: str
    kind: str     # log, metric
    ours: str     # a pattern of what knamed alone has
    theirs: str   # of what CoreDNS alone has
    why: str


@dataclass
class PageRule:
    """For what HTTP ports say, as "503 shutdown", in a case of that deed."""
    reference: str
    url: str
    theirs: str
    ours: str
    why: str


@dataclass
class ErrorRule:
    """For what both say of a bad Corefile."""
    reference: str
    title: str   # a pattern for the case, as the others are
    theirs: str
    ours: str
    why: str


def is_message(*messages):
    return all(hasattr(message, "flags") for message in messages)


def is_absent(message):
    return message.rcode == wire.NXDOMAIN and not message.answer


def is_empty(message):
    return message.rcode == wire.NOERROR and not message.answer


def keys(section):
    return {key_of(item) for item in section}


def of_type(section, rtype):
    return [item.record for item in section if item.record.type == rtype]


def is_of_cluster(pair):
    return ("." + pair.name).endswith(CLUSTER) and "kubernetes" in pair.case.corefile


# ---- names of the cluster ----

def denial_ttl(pair):
    """One SOA, the same but for its TTL and MINIMUM, which are smaller in ours."""
    theirs, ours = (of_type(message.authority, wire.SOA) for message in pair.both)
    return is_of_cluster(pair) and len(theirs) == len(ours) == 1 and theirs[0].rdata[:2] == ours[0].rdata[:2] and \
        theirs[0].rdata[3:6] == ours[0].rdata[3:6] and ours[0].ttl <= ours[0].rdata[6] == min(5, theirs[0].rdata[6])


def soa_minimum(pair):
    theirs, ours = (of_type(message.answer, wire.SOA) for message in pair.both)
    return is_of_cluster(pair) and len(theirs) == len(ours) == 1 and ours[0].rdata[6] == min(theirs[0].rdata[6], 5)


def short_form(pair):
    return re.match(r"_[a-z-]+\._tcp\.etcd\.svc\.", pair.name) and pair.ours.rcode == wire.NOERROR and pair.ours.answer


def end_of_chain(pair):
    """What the zone of an alias' target says of the target."""
    return of_type(pair.ours.answer, wire.CNAME) and of_type(pair.ours.authority, wire.SOA) and \
        keys(pair.theirs.answer) <= keys(pair.ours.answer)


def alias_of_every_type(pair):
    return is_of_cluster(pair) and pair.qtype not in ("A", "AAAA", "CNAME") and is_empty(pair.theirs) and \
        of_type(pair.ours.answer, wire.CNAME)


def is_outside(pair):
    return "k8s_external" in pair.case.corefile and pair.name.endswith((".out.test.", ".outside.test."))


def chased_ttl(pair):
    """CoreDNS' cache gives the whole chain the TTL of its alias."""
    return is_outside(pair) and pair.has_cache and of_type(pair.ours.answer, wire.CNAME)


def both_families(pair):
    """A denial of one family is none before the other was asked for."""
    more = {way[1:] for way in pair.went[1]} - {way[1:] for way in pair.went[0]}
    return "autopath" in pair.case.corefile and is_absent(pair.ours) and {way[1] for way in more} <= {"A", "AAAA"} and \
        {way[1] for way in pair.went[1]} == {way[1] for way in pair.went[0]}


def name_of_a_service(pair):
    """One label in front of a namespace names a Service, not something to be looked for elsewhere."""
    return "autopath @" in pair.case.corefile and pair.name.count(".") == 5 and is_absent(pair.ours) and not pair.went[1]


def search_junk(pair):
    """Names with one of the cluster's in the middle."""
    fewer = set(pair.went[0]) - set(pair.went[1])
    return fewer and set(pair.went[1]) < set(pair.went[0]) and \
        all(re.search(r"\.svc\.cluster\.local\..", way[1]) for way in fewer)


def alias_outside(pair):
    return is_outside(pair) and of_type(pair.ours.answer, wire.CNAME) and \
        not of_type(pair.theirs.answer, wire.CNAME)


def version_ttl(pair):
    return pair.name.startswith("dns-version.") and pair.has_cache and pair.ours.answer[0].record.ttl == 28800


def clusterset_version(pair):
    return pair.name == "dns-version.clusterset.local." and [item.rdata for item in of_type(pair.ours.answer, wire.TXT)] == [(b"1.0.0",)]


def not_synced(pair):
    return "127.0.0.1:1" in pair.case.corefile and pair.ours.rcode == wire.SERVFAIL and (ede_of(pair.ours) or (0,))[0] == 14


def hidden_nameserver(pair):
    """The service whose endpoint we are is in a namespace that is not exposed."""
    return re.search(r"^\s*namespace(s|_labels) (?!.*kube-system)", pair.case.corefile, re.M) and \
        (pair.qtype == "NS" or pair.name.startswith("ns.dns.")) and pair.ours.answer


def link_local_nameserver(pair):
    more = keys(pair.theirs.additional) - keys(pair.ours.additional)
    return keys(pair.ours.additional) <= keys(pair.theirs.additional) and more and \
        all(rtype == wire.AAAA and rdata[:2] == b"\xfe\x80" for _, rtype, _, rdata in more)


# ---- names of others ----

def nobody_answers(pair):
    return pair.ours.rcode == wire.REFUSED and pair.theirs.rcode == wire.SERVFAIL


def told_why(pair):
    """What is said beyond the rcode; knamed must not say less."""
    return ede_of(pair.theirs) is None and ede_of(pair.ours)[0] in (0, 3, 13, 14, 15, 17, 18, 19, 20, 22, 23)


def negative_ttl(pair):
    theirs, ours = (of_type(message.authority, wire.SOA) for message in pair.both)
    return len(theirs) == len(ours) == 1 and ours[0].ttl <= min(theirs[0].ttl, ours[0].rdata[6])


def no_authority(pair):
    """Servers of the zone behind a positive answer; a referral has them as well as theirs."""
    return pair.ours.rcode == wire.NOERROR and pair.ours.answer and not pair.ours.authority and \
        {item.record.type for item in pair.theirs.authority} <= {wire.NS}


def speaks_for_itself(pair):
    return re.search(r"^\s*(local|dns64)\b", pair.case.corefile, re.M) and not pair.went[0] and pair.ours.flags & wire.AA


def keeps_its_ttl(pair):
    """CoreDNS keeps a chain as one message, and what is behind an alias of ours lives no longer than that."""
    return is_of_cluster(pair) and pair.has_cache and of_type(pair.ours.answer, wire.CNAME) and all(
        theirs.record.ttl < ours.record.ttl for theirs in pair.theirs.answer for ours in pair.ours.answer
        if key_of(theirs) == key_of(ours) and theirs.record.ttl != ours.record.ttl and ours.record.type != wire.CNAME)


def above_others(pair):
    """It lets go of such names as if it had them not."""
    return re.search(r"^\s*(file|secondary) .*\{\s*\n\s*fallthrough", pair.case.corefile, re.M) and \
        pair.theirs.rcode == wire.NXDOMAIN and is_empty(pair.ours) and pair.went[0] == pair.went[1]


def port_of_nobody(pair):
    """No service has our port, whoever has our address."""
    return pair.qtype == "NS" and not re.search(r"^\S*:53 ", pair.case.corefile, re.M) and \
        pair.ours.answer and all(record.rdata[:2] == (b"ns", b"dns") for record in of_type(pair.ours.answer, wire.NS))


def is_synthesized(pair):
    return "dns64" in pair.case.corefile and pair.qtype == "AAAA"


def short_lived(pair):
    """A synthesized address lives no longer than the denial it stands for."""
    return is_synthesized(pair) and all(
        ours.record.ttl <= theirs.record.ttl for theirs in pair.theirs.answer for ours in pair.ours.answer
        if key_of(theirs) == key_of(ours))


def alias_alone(pair):
    return "rewrite cname" in pair.case.corefile and pair.qtype == "CNAME" and set(pair.went[1]) < set(pair.went[0])


def own_size(pair):
    limit = re.search(r"^\s*bufsize (\d+)", pair.case.corefile, re.M)
    return pair.ours.opts[0].size == min(int(limit[1]) if limit else 1232, 1232)


def asked_behind_the_reply(pair):
    """The same names, over UDP where CoreDNS takes TCP."""
    return "late" in pair.step.options and {way[1:3] for way in pair.went[0]} == {way[1:3] for way in pair.went[1]}


def kept_with_its_class(pair):
    return pair.has_cache and "ch" in pair.step.options and not pair.went[1]


def more_of_a_cut_answer(pair):
    return pair.ours.flags & wire.TC and keys(pair.theirs.answer) <= keys(pair.ours.answer)


def own_limit(pair):
    """UDP replies have 1232 octets at most, whatever the client has room for."""
    return pair.transport == "udp" and pair.ours.flags & wire.TC and not pair.theirs.flags & wire.TC and \
        pair.theirs.size > 1232 >= pair.ours.size


def other_resolvers_are_asked(pair):
    """Failures at one resolver are not told while another may know better."""
    return pair.theirs.rcode in (wire.SERVFAIL, wire.REFUSED) and pair.ours.rcode == wire.NOERROR


def is_transfer(pair):
    return pair.qtype in ("AXFR", "IXFR")


def one_copy(pair):
    """The SOA around records in any order."""
    types = [item.record.type for item in pair.ours.answer]
    return is_transfer(pair) and types[0] == types[-1] == wire.SOA and types.count(wire.SOA) == 2


def no_zone(pair):
    return is_transfer(pair) and is_of_cluster(pair) and pair.name != "cluster.local." and pair.ours.rcode == wire.REFUSED


def copy_of_the_cluster(pair):
    """Services have the same addresses and aliases."""
    theirs, ours = ({key for key in keys(message.answer) if key[1] in (wire.A, wire.AAAA, wire.CNAME) and b"svc" in key[0]}
                    for message in pair.both)
    return is_transfer(pair) and is_of_cluster(pair) and theirs == ours and one_copy(pair)


def any_of_a_name(pair):
    return pair.qtype == "ANY" and (pair.ours.answer or is_absent(pair.ours) or is_empty(pair.ours))


RULES = [
    Rule("D8", "answer authority upstreams", alias_of_every_type, "an alias is one for every type"),
    Rule("D37", "answer authority additional upstreams", alias_outside, "a balancer's name is an alias for every type"),
    Rule("15 autopath families", "upstreams", both_families, "A and AAAA agree"),
    Rule("15 autopath labels", ALL_PARTS, name_of_a_service, "two labels at least are looked for"),
    Rule("search_junk", "upstreams", search_junk, "what search lists make of names of the cluster goes nowhere"),
    Rule("13 chased", "ttl", chased_ttl, "what is chased keeps its TTL"),
    Rule("D9 D10", "rcode answer authority upstreams", end_of_chain, "the end of a chain is told"),
    Rule("D21", "answer", clusterset_version, "clustersets have a version of their own"),
    Rule("D23", "rcode aa ra authority EDE upstreams", not_synced, "what is not read yet is neither denied nor asked of others"),
    Rule("2 exposed", "answer additional", hidden_nameserver, "names of namespaces that are not exposed lead nowhere"),
    Rule("D32", "answer additional", port_of_nobody, "a service that does not expose our port is no name server"),
    Rule("13 chased", "ttl", keeps_its_ttl, "chased records keep the TTL of their own"),
    Rule("9 link-local", "additional", link_local_nameserver, "they are nobody's without an interface"),
    Rule("5.3", "rcode aa ra answer authority additional upstreams", short_form, "the short form of SRV names"),
    Rule("9", "answer", soa_minimum, "MINIMUM is the TTL of denials"),
    Rule("10", "authority authority-ttl", denial_ttl, "denials live five seconds at most"),
    Rule("13", "ttl", version_ttl, "the cluster's own names are not cached"),
    Rule("12 nobody", "rcode", nobody_answers, "names that no directive answers are refused"),
    Rule("12 DO", "do", lambda pair: bool(pair.ours.opts[0].flags & 0x8000) == ("do" in pair.step.options), "DO is mirrored"),
    Rule("12 cut", "answer", more_of_a_cut_answer, "a cut answer keeps what fits"),
    Rule("12 limit", "answer tc", own_limit, "1232 octets over UDP"),
    Rule("12 OPT", "opt", lambda pair: "noedns" in pair.step.options and not pair.ours.opts, "EDNS is for those who speak it"),
    Rule("12 AA", "aa", speaks_for_itself, "answers of our own are authoritative"),
    Rule("12 RA", "ra", lambda pair: is_synthesized(pair) and pair.ours.flags & wire.RA, "what upstream says stays"),
    Rule("RFC 6147 TTL", "ttl", short_lived, "RFC 6147 5.1.7"),
    Rule("RFC 6147 mapped", "answer authority upstreams", lambda pair: is_synthesized(pair) and pair.name.startswith("mapped."),
         "mapped addresses are no IPv6 (RFC 6147 5.1.4)"),
    Rule("asks less", "upstreams", alias_alone, "who asks for an alias is told of it alone"),
    Rule("D35", "size", own_size, "our own size of EDNS"),
    Rule("D29", ALL_PARTS + " rd opt question", lambda pair: "notify" in pair.step.options and pair.ours.rcode == wire.NOTIMP,
         "NOTIFY is not a query"),
    Rule("D24", "rcode aa answer", no_zone, "a name that is no zone is not transferred"),
    Rule("D39", "answer", copy_of_the_cluster, "a copy of a zone has what the zone answers"),
    Rule("RFC 5936", "order", one_copy, "records of a zone come in any order (RFC 5936 2.2)"),
    Rule("11 ANY", "rcode aa answer authority additional", any_of_a_name, "RFC 8482"),
    Rule("RFC 8020", "rcode aa ra authority", above_others, "names above others exist, whoever denies them"),
    Rule("10 authority", "authority", no_authority, "positive answers have no authority section"),
    Rule("RFC 2308", "authority-ttl", negative_ttl, "a denial lives as long as MINIMUM at most (RFC 2308 5)"),
    Rule("EDE text", "EDE-text", lambda pair: not ede_of(pair.theirs)[1] and "Corefile:" in ede_of(pair.ours)[1],
         "extended errors of rules say where the rule stands"),
    Rule("EDE", "EDE", told_why, "failures say more about themselves"),
    Rule("cancel", "rcode ra answer EDE", lambda pair: "cancel 300ms" in pair.case.corefile and pair.ours.rcode == wire.SERVFAIL,
         "a question that is under way is given up on, too"),
    Rule("server_ip", "rcode aa answer", lambda pair: "server_ip()" in pair.case.corefile and pair.transport == "udp",
         "over UDP it is the address that was asked, where CoreDNS has that of its socket"),
    Rule("behind", "upstreams", asked_behind_the_reply, "over UDP as well"),
    Rule("class", "upstreams", kept_with_its_class, "the class is a part of the cache's key"),
    Rule("next resolver", "rcode ra answer authority upstreams", other_resolvers_are_asked,
         "SERVFAIL, REFUSED and time-out try the next resolver"),
]

LINE_RULES = [
    LineRule("forward_*", "metric", r"^coredns_forward_(conn_cache|healthcheck_failures|request|responses)", None,
             "series that dashboards still ask for"),
    LineRule("from the start", "metric",
             r"^coredns_(cache|proxy|kubernetes|reload)_\w+(\{|:|$)", None, "series are there before their first count"),
    LineRule("build_info", "metric", "^coredns_build_info", "^coredns_build_info", "another program"),
    LineRule("notes", "log", r"^\[WARNING\] \S+:\d+ - ", None, "options without effect are told"),
    LineRule("reload", "log", r"^\[ERROR\] plugin/reload: Corefile changed but reload failed: /etc/coredns/Corefile:3 - ",
             r"^\[ERROR\] (Restart failed: |plugin/reload: .*: starting with listener file descriptors: )", "once, and without its sockets"),
    LineRule("skipped", "log", r"plugin/hosts: \S+:\d+ - the line is skipped", None, "lines without effect are told"),
    LineRule("missing", "log", r"plugin/hosts: open /etc/none: ", "plugin/hosts: File does not exist: /etc/none", "in other words"),
    LineRule("down", "log", r"^\[WARNING\] plugin/forward: \S+ is down", None, "resolvers that are down are told"),
    LineRule("12 nobody", "metric", r"^coredns_dns_responses_total\{rcode=\"REFUSED\"", r"^coredns_dns_responses_total\{rcode=\"SERVFAIL\"",
             "those are refused"),
    LineRule("template", "log", r"^\[ERROR\] .* is no IPv4 address$", r"^\[ERROR\] .*: dns: bad A A: ", "in other words"),
    LineRule("cancel", "log", r"slow\.example\. A: context deadline exceeded$", None, "given up on"),
    LineRule("12 nobody", "log", None, r"^\[ERROR\] plugin/errors: .* no next plugin found", "those are refused"),
    LineRule("next resolver", "log", None, r"^\[ERROR\] .* dial tcp 10\.0\.0\.9:53: connect: connection refused", "another answered"),
    LineRule("inner", "log", None, "^inner: ", "what CoreDNS asks itself about aliases is no question of a client"),
    LineRule("notices", "log", r"^\[WARNING\] plugin/transfer: Failed sending notifies: ", None, "also those of the start are told"),
    LineRule("tls", "log", r"tls: failed to verify certificate of ", r"tls: failed to verify certificate: ", "in other words"),
]

ERROR_RULES = [
    ErrorRule("not built", "which knamed has not", ".", "is not built into knamed", "refused by name"),
    ErrorRule("no more", "which is no more", "'(upstream|proxy)'$", "'nonsense'$",
              "options that CoreDNS has dropped are let in with a warning"),
    ErrorRule("field", "^template: a field", "serves", r"\.Nothing is not built", "seen before it is asked for"),
    ErrorRule("record", "^template: a record", "serves", "makes no record", "seen before it is asked for"),
    ErrorRule("code", "^template: ederror", r"code \w+, strconv", r"code \w+, expected a number", "the range is told"),
    ErrorRule("end", "^template: if", "unexpected EOF$", r"unexpected EOF: \{\{end\}\} is missing$", "what is missing is told"),
    ErrorRule("expression", "^(view|template: (var|expr)) ?", "unexpected token|literal|mismatched|arguments|unknown name",
              r"unexpected|literal|mismatched|arguments|unknown name", "in other words, and at its line"),
    ErrorRule("condition", "^view: not a condition", "serves", "must be true or false", "it would hold for no question"),
    ErrorRule("no zone", "a zone that is none|what is no zone", ".", "zone is not a valid domain name", "nobody can ask for it"),
    ErrorRule("no file", "^autopath: a directory", "serves", "is a directory$", "it would do nothing"),
    ErrorRule("once", "^(timeouts|file|auto):", r"^plugin/\w+: plugin/\w+: ", r"^plugin/\w+: \S+:\d+ - Error during parsing: ",
              "the name is told once"),
    ErrorRule("spelling", "^rewrite: auto beside", "anwer rules$", "answer rules$", "a word is mended"),
    ErrorRule("count", "^rewrite: (ttl|rcode) with too much", "invalid .* ''", "too many", "the count is told"),
    ErrorRule("range", "^(bufsize|multisocket):", ".", r"in range \[\d+, \d+\]: \S+$", "the range is told"),
    ErrorRule("property", "^(cache: an unknown|(autopath|cancel): an option)", "Wrong argument count|no resolv-conf|serves", "unknown property 'foo'", "the property is told"),
    ErrorRule("address", "^(health|ready|prometheus): an address", "address here", "expected :PORT or ADDRESS:PORT", "the form is told"),
    ErrorRule("monitor", "^ready: a monitor", "not supported$", "must be one of", "the choice is told"),
    ErrorRule("time", "^forward: a time below", "-1000000000$", "can't be negative: -1s$", "as it was written"),
    ErrorRule("target", "^forward: two names", "TLS servernames are set", "TLS servernames are set .*%a.example", "as it was written"),
    ErrorRule("name", "^forward: not an address", '"10.0.0.2x"', '"10.0.0.2x"', "in other words"),
    ErrorRule("selector", "^kubernetes: labels", "label selector value: 'a in'", "label selector value: 'a in'", "in fewer words"),
    ErrorRule("zone", "^kubernetes: reverse zones", "unable to load", "non-reverse zone name must be used", "seen earlier"),
    ErrorRule("directory", "^auto: without", "serves", "auto needs", "it would do nothing"),
]


PAGE_RULES = [
    PageRule("leaving", ":8181/ready$", "^ConnectionRefusedError", "^503 shutdown$", "who leaves says so for as long as it answers"),
]


def explain(pair, found):
    """The rules that explain all of it together, or None."""
    used = [rule for rule in RULES if found & set(rule.parts.split()) and
            ("silence" in rule.parts or is_message(*pair.both)) and rule.holds(pair)]
    explained = {part for rule in used for part in rule.parts.split()}
    return used if found <= explained else None


def explain_page(url, theirs, ours):
    """The rule for two pages that differ, or None."""
    for rule in PAGE_RULES:
        if all(re.search(pattern, text) for pattern, text in ((rule.url, url), (rule.theirs, theirs), (rule.ours, ours))):
            return rule
    return None


def explain_line(kind, line, is_ours):
    """The rule for a line that one has alone, or None."""
    for rule in LINE_RULES:
        pattern = rule.ours if is_ours else rule.theirs
        if rule.kind == kind and pattern and re.search(pattern, line):
            return rule
    return None


@dataclass
class EventRule:
    """For lines that one of both prints at an event, its exit code, or what an HTTP port says."""
    reference: str
    event: str   # a pattern for its name
    theirs: str  # of what CoreDNS alone has; "": nothing
    ours: str    # of what knamed alone has; "": nothing
    why: str


EVENT_RULES = [
    EventRule("go runtime", "", r"maxprocs: ", "", "A line of Go's runtime; knamed has none."),
    EventRule("banner", "", r"^(\{.*\"msg\":\")?CoreDNS-|^linux/amd64, go", r"^(\{.*\"msg\":\")?knamed-|^(\{.*\"msg\":\")?linux/x86_64, C ",
              "Each says its own name and how it was built; in JSON each line is a record of its own."),
    EventRule("level", "start json", r'"msg":"\[INFO\] SIGQUIT', r'"msg":"SIGQUIT', "The level stands in its field, and not in the text as well."),
    EventRule("one line of failure", "reload bad", r"starting with listener file descriptors: |^\[INFO\] Reloading$|^\[ERROR\] Restart failed: ",
              r"^\[ERROR\] plugin/reload: Corefile changed but reload failed: /etc", "What fails is told once, by whoever asked for it; a text that "
              "cannot be parsed is not begun with."),
    EventRule("whole words", "port taken", r"^Listen: listen tcp :53: ", r"^listen tcp :53: ", "The name of a function of CoreDNS' in front."),
    EventRule("SIGTERM", "SIGTERM", "", r"\[INFO\] SIGTERM: \d+ queries were answered after it", "How long clients still came is told."),
    EventRule("SIGINT", "SIGINT lameduck", r"plugin/health: Going into lameduck mode", "", "Who presses a key does not want to wait."),
    EventRule("usage", "flag", r"^Usage of /coredns:|^  -|^    \s*\t", r"^Usage of knamed:|^  -|^    \s*\t", "The same flags, described in words of "
              "our own."),
    EventRule("no clock", "extra words", r"^\d{4}/\d\d/\d\d \S+ extra command line arguments: \[word\]$",
              r"^extra command line arguments: \[word\]$", "No other line of either has a time in front."),
    EventRule("directives", "plugins", r"^(azure|clouddns|dnssec|dnstap|dynupdate|erratic|etcd|geoip|grpc|grpc_server|https|https3|nomad|on|pprof"
              r"|proxyproto|quic|route53|shed|sign|siit|tls|trace|tsig)$", r"^admin$", "Directives that only one of them has."),
    EventRule("loop", "loop", r"\[FATAL\] plugin/loop: |^exit code 1$|plugin/loop: ", r"\[ERROR\] plugin/loop: |^exit code 0$|SIGQUIT",
              "A loop does not end the process: what leads back is not asked (src/names.md)."),
    EventRule("methods", "pages", r"^POST ", r"^POST \S+ 405 ", "Pages are read: other methods are refused."),
    EventRule("one form", "pages", r"/metrics\S* 200 .*; escaping=underscores ", r"/metrics\S* 200 text/plain; version=0.0.4; charset=utf-8 ",
              "Prometheus' text form 0.0.4 as such; names have no characters that would be escaped."),
]
