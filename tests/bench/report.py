# SPDX-License-Identifier: Apache-2.0
"""The results as one Markdown table, with what they were measured on and which budgets they keep."""

import measure
import workloads


def number(value, digits=2):
    return "–" if value is None else f"{value:,.{digits}f}"


def with_interval(values):
    if not values:
        return "–"
    spread = measure.interval(values)
    text = f"{measure.median(values):.2f}"
    return text if spread is None else f"{text} [{spread[0]:.2f}–{spread[1]:.2f}]"


def column(blocks, key):
    return measure.median([block[key] for block in blocks])


def loss_share(blocks):
    sent = sum(block["sent"] for block in blocks)
    return sum(block["lost"] for block in blocks) / sent if sent else 0.0


def loss_text(blocks):
    share = loss_share(blocks)
    return "0" if share == 0 else f"{100 * share:.3g} %"


class Results:
    """Blocks by workload and point; only quiet ones count."""

    def __init__(self, record):
        self.record = record
        self.blocks = [block for block in record["blocks"] if block["counts"]]

    def points(self):
        return list(dict.fromkeys((block["workload"], block["point"]) for block in self.record["blocks"]))

    def of(self, workload, point, server=None):
        return [
            block
            for block in self.blocks
            if (block["workload"], block["point"]) == (workload, point) and server in (None, block["server"])
        ]

    def servers(self, workload, point):
        found = [
            block["server"]
            for block in self.record["blocks"]
            if (block["workload"], block["point"]) == (workload, point)
        ]
        return [server for server in self.record["servers"] if server in found]

    def ratios(self, workload, point, server, other, key="server_us_per_answer"):
        return measure.ratios(self.of(workload, point), server, other, key)


def row(results, workload, point, server):
    blocks = results.of(workload, point, server)
    if not blocks:
        return [server, "–", "no quiet block", *["–"] * 7]
    answered = any(block["answers"] for block in blocks)
    return [
        server,
        number(column(blocks, "server_us_per_answer")) if answered else "–",
        with_interval(results.ratios(workload, point, server, "echo")),
        number(column(blocks, "qps"), 0),
        number(column(blocks, "p50_us"), 0),
        number(column(blocks, "p99_us"), 0),
        with_interval(results.ratios(workload, point, server, "echo", "p99_us")),
        loss_text(blocks),
        number(column(blocks, "reply_bytes"), 0),
        str(len(blocks)),
    ]


def table(results):
    head = [
        "workload",
        "load",
        "server",
        "CPU us/answer",
        "of echo",
        "answers/s",
        "p50 us",
        "p99 us",
        "p99 of echo",
        "loss",
        "bytes",
        "blocks",
    ]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for name, point in results.points():
        for server in results.servers(name, point):
            cells = [name, point, *row(results, name, point, server)]
            lines.append("| " + " | ".join(cells) + " |")
    return lines


def idle_lines(record):
    for idle in record["idle"]:
        yield (
            f"- {idle['server']}: {idle['idle_opened']} idle connections, "
            f"{idle['idle_alive']} still answer at the end, "
            f"{idle['kb_per_connection']:.2f} kB of the server's memory each"
        )


def memory_lines(record):
    yield "| cluster | server | seconds to the first answer | RSS MB |"
    yield "|---|---|---|---|"
    for entry in record["memory"]:
        yield f"| {entry['cluster']} | {entry['server']} | {entry['ready_s']:.2f} | {entry['rss_mb']:.1f} |"


def verdict(name, value, limit, upper=True):
    kept = value <= limit if upper else value >= limit
    sign = "<=" if upper else ">="
    return {
        "budget": name,
        "measured": round(value, 3),
        "limit": limit,
        "kept": kept,
        "text": f"{name}: {value:.2f}, wanted {sign} {limit}",
    }


def budgets(results):
    """Every budget that was measured."""
    found = []
    for name, limit in workloads.ECHO_BUDGETS.items():
        for server in ("knamed", "knamed zone file"):
            values = results.ratios(name, "max", server, "echo")
            if values:
                found.append(
                    verdict(
                        f"{name}: CPU per answer of {server} at maximum, of echo's", measure.median(values), limit
                    )
                )
        peers = {peer: measure.median(results.ratios(name, "max", peer, "knamed")) for peer in ("nsd", "knot")}
        peers = {peer: value for peer, value in peers.items() if value is not None}
        if peers:
            best = min(peers, key=peers.get)
            found.append(
                verdict(
                    f"{name}: CPU per answer of {best} at maximum, of knamed's",
                    peers[best],
                    workloads.PEER_BUDGET,
                    upper=False,
                )
            )
        late = results.ratios(name, "50k", "knamed", "echo", "p99_us")
        if late:
            found.append(
                verdict(f"{name}: p99 of knamed at 50k, of echo's", measure.median(late), workloads.P99_BUDGET)
            )
    for entry in results.record["memory"]:
        limit = workloads.MEMORY_BUDGETS_MB.get((entry["cluster"], entry["server"]))
        if limit:
            found.append(verdict(f"{entry['cluster']}: RSS of {entry['server']} in MB", entry["rss_mb"], limit))
    return found


def head_lines(record, results):
    machine, blocks = record["machine"], record["blocks"]
    dropped = sum(1 for block in blocks if not block["counts"])
    noisy = sum(1 for block in results.blocks if not measure.is_quiet(block))
    yield (
        f"{machine['processor']}, {machine['cpus']} CPUs, Linux {machine['kernel']}; "
        f"commit {record['commit']}; {record['date']}."
    )
    yield (
        f"Server on CPU {record['server_cpu']}, load on CPU {record['load_cpu']}, loopback, EDNS 1232; "
        f"{record['pairs']} passes of {record['seconds']} s blocks for every load."
    )
    yield (
        f"{dropped} of {len(blocks)} blocks dropped "
        f"(steal > {measure.STEAL_MAX:.0%} or foreign work > {measure.FOREIGN_MAX:.0%} of the machine)"
        + (f"; **{noisy} such blocks counted all the same**." if noisy else ".")
    )
    yield (
        "Ratios are medians over passes with a bootstrap 95 % interval; the other columns medians over blocks. "
        "`bytes` is the mean answer; the echo's answers are as long as knamed's."
    )
    yield "Peers: " + ", ".join(f"{name} {version}" for name, version in record["versions"].items()) + "."


def workload_lines(results):
    for name in dict.fromkeys(name for name, _ in results.points()):
        yield f"- {name}: {workloads.BY_NAME[name].title}"
    yield (
        "- The outside names of k8s-mix-v1 are A records of a static zone, "
        "so that authoritative servers can take part."
    )
    yield (
        "- CoreDNS reads no manifests: it serves the zone files through `file` behind `cache 30`. "
        "The other peers serve them without a cache."
    )
    yield "- RSS of a server made of several processes is the sum of their proportional shares."


def part(title, lines):
    """A title with its lines, nothing when there are none."""
    lines = list(lines)
    return [title, "", *lines, ""] if lines else []


def markdown(record):
    results, kept = Results(record), record["budgets"]
    noise = results.ratios(*record["noise_at"], "echo again", "echo") if record["noise_at"] else []
    lines = ["# Bench", "", *head_lines(record, results), "", *table(results), ""]
    if noise:
        lines += [f"Noise: the same echo twice differs by a factor of {with_interval(noise)}.", ""]
    lines += part("Workloads:", workload_lines(results))
    lines += part("Idle connections:", idle_lines(record))
    lines += part("Memory:", memory_lines(record) if record["memory"] else [])
    lines += part(
        "Budgets:", (f"- {'kept' if entry['kept'] else '**missed**'}: {entry['text']}" for entry in kept)
    )
    lines += part("Not timed:", (f"- {line}" for line in record["refused"]))
    lines += ["Commands: `make bench`; a block is", "", "    " + record["command"], ""]
    return "\n".join(lines)
