# SPDX-License-Identifier: Apache-2.0
"""What is asked of the servers, and at which loads."""

PROBES = {
    "cluster": "svc-0000.ns-000.svc.cluster.local",
    "million": "s00000.bulk.svc.cluster.local",
    "budget": "svc-0000.ns-000.svc.cluster.local",
}

POINTS = {
    "20k": ["--rate", "20000"],
    "50k": ["--rate", "50000"],
    "max": ["--max"],
}


class Workload:
    """`checked` is the file whose every answer is compared before anything is timed."""

    def __init__(
        self, name, title, questions, cluster="cluster", checked=None, arguments=(), points=tuple(POINTS)
    ):
        self.name, self.title, self.cluster, self.arguments, self.points = (
            name,
            title,
            cluster,
            list(arguments),
            points,
        )
        self.questions, self.checked = questions, checked or questions

    def load(self, point):
        """Options of blast for a point."""
        return self.arguments + POINTS.get(point, [])


PIPELINED = ["--tcp", "1x100"]

ALL = [
    Workload("w1", "ClusterIP A, 10,000 services, uniform", "services"),
    Workload("w1-zipf", "ClusterIP A, 10,000 services, Zipf", "services", arguments=["--order", "zipf"]),
    Workload("w2", "NXDOMAIN, every name new", "unique"),
    Workload("w3", "k8s-mix-v1", "mix"),
    Workload("w4-a3", "headless A, 3 addresses", "a-3"),
    Workload("w4-a50", "headless A, 50 addresses", "a-50"),
    Workload("w4-a1000", "headless A, 1,000 addresses, TCP 1x100", "a-1000", arguments=PIPELINED, points=("max",)),
    Workload("w4-srv3", "headless SRV with glue, 3 targets", "srv-3"),
    Workload(
        "w4-srv50", "headless SRV with glue, 50 targets, TCP 1x100", "srv-50", arguments=PIPELINED, points=("max",)
    ),
    Workload("w4-pod", "A of a pod in a set of 5,000", "pods"),
    Workload("w5", "A, 1,048,576 names, uniform", "million", cluster="million", checked="sample"),
    Workload("w7-pipelined", "TCP, 1 connection, 100 in flight", "services", arguments=PIPELINED, points=("max",)),
    Workload(
        "w7-connect",
        "TCP, a connection for every query, 8 at a time",
        "services",
        arguments=["--connect", "8", "--sources", "50"],
        points=("max",),
    ),
    Workload(
        "w7-idle",
        "TCP, 10,000 idle connections",
        "services",
        arguments=["--idle", "10000", "--sources", "50"],
        points=("hold",),
    ),
    Workload(
        "w8",
        "5,000 datagrams at once",
        "services",
        arguments=["--burst", "5000", "--timeout", "0.3"],
        points=("burst",),
    ),
]

BY_NAME = {workload.name: workload for workload in ALL}

# Upper limits of knamed's CPU time per answer at maximum, in units of the echo's.
ECHO_BUDGETS = {"w1": 1.10, "w2": 1.10, "w3": 1.10, "w5": 1.18}
P99_BUDGET = 1.2  # of the echo's, at 50k
PEER_BUDGET = 1.2  # the better of NSD and Knot takes at least so much more than knamed
# By cluster and server: a million names are weighed as a zone; as services each is an object, too.
MEMORY_BUDGETS_MB = {("million", "knamed zone file"): 120, ("budget", "knamed"): 48}
