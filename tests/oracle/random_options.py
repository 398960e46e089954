# SPDX-License-Identifier: Apache-2.0
"""Random kubernetes blocks."""
from addresses import zones_of_cidr
from objects import Options
from wire import fold, name_from_text

LONG = 'l' + 'o' * 61 + 'g'
NAMESPACES = ['default', 'kube-system', 'svc', 'pod', 'etcd', 'dns', 'a-1', '1ns', 'prod', 'test',
              'empty', 'web', 'x', LONG]
SELECTORS = ['team=a', 'team==a', 'team!=a', 'team in (a, b)', 'team notin (a,b)', 'team', '!team',
             'env=prod,team in (a,b)', 'env!=prod, !team', 'env in (prod)']
PRIMARY = ['cluster.local'] * 6 + ['k8s.example.org', 'local', 'Cluster.LOCAL', 'a.b.c.d.e',
                                   'svc.local', f'{LONG}.{LONG}.local']
REVERSE = [['in-addr.arpa', 'ip6.arpa']] * 4 + [
    ['10.in-addr.arpa'], ['10.96.0.0/12', '10.244.0.0/16'], ['10.96.0.0/16', 'fd00:10:96::/112'],
    ['10.96.0.0/27'], ['0.96.10.in-addr.arpa', 'D.F.ip6.arpa'], ['fd00::/15', 'in-addr.arpa'],
    ['ip6.arpa']]


def zone_labels(texts):
    """Folded zones of Corefile words, CIDRs expanded."""
    zones = []
    for text in texts:
        zones += zones_of_cidr(text) if '/' in text else [fold(name_from_text(text))]
    return zones


def random_options(rng):
    """Returns the options, and the Corefile's words for all zones and the multicluster ones."""
    zone_texts = [rng.choice(PRIMARY)]
    if rng.random() < 0.25:
        zone_texts.append(rng.choice(['other.zone', 'eu.' + zone_texts[0], 'k8s.test']))
    if rng.random() < 0.65:
        zone_texts += rng.choice(REVERSE)
    multicluster = ['clusterset.local'] if rng.random() < 0.35 else []
    if rng.random() < 0.2:
        rng.shuffle(zone_texts)
    zone_texts += multicluster
    options = Options(zones=zone_labels(zone_texts), multicluster=zone_labels(multicluster))
    options.ttl = rng.choice([5, 5, 30, 30, 0, 1, 3, 299, 301, 3600])
    options.pods = rng.choice(['disabled', 'insecure', 'verified'])
    limit = rng.random()
    if limit < 0.12:
        options.namespaces = rng.sample(NAMESPACES, 4)
    elif limit < 0.24:
        options.namespace_labels = rng.choice(SELECTORS)
    if rng.random() < 0.12:
        options.labels = rng.choice(SELECTORS)
    options.endpoint_pod_names = rng.random() < 0.25
    options.noendpoints = rng.random() < 0.05
    options.ignore_empty_service = not options.noendpoints and rng.random() < 0.2
    options.denial_ttl = rng.choice([0, 1, 2, 30]) if rng.random() < 0.15 else None
    options.shorthand = rng.random() < 0.85
    options.zonal = rng.random() < 0.3 and not options.noendpoints
    return options, zone_texts, multicluster
