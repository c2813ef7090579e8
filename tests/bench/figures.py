# SPDX-License-Identifier: Apache-2.0
"""The figures that Saffron promises, each with its goal; and how results are summed up and shown."""

import statistics


class Figure:
    """One line of the table. goal: ("ratio"|"ours", "<="|">=", number), or None for a number without a promise."""

    def __init__(self, key, name, unit, goal, digits=1):
        self.key = key
        self.name = name
        self.unit = unit
        self.goal = goal
        self.digits = digits

    def row(self, ours, peer, note=""):
        """The figure as a dictionary, from lists of measured values; medians count."""
        mine = statistics.median(ours) if ours else None
        other = statistics.median(peer) if peer else None
        ratio = mine / other if mine is not None and other else None
        met = None
        if self.goal:
            kind, relation, limit = self.goal
            value = ratio if kind == "ratio" else mine
            met = value is not None and (value <= limit if relation == "<=" else value >= limit)
        return {"name": self.name + note, "unit": self.unit, "ours": rounded(mine, 4), "peer": rounded(other, 4), "ratio": rounded(ratio, 4),
                "goal": "{} {} {}".format(*self.goal) if self.goal else None, "met": met}


def rounded(value, digits):
    return None if value is None else round(value, digits)


PREMIUM = ("ratio", "<=", 0.5)
FIGURES = [
    Figure("first-instruction", "process start to first guest instruction, direct boot", "ms", ("ratio", "<=", 0.5)),
    Figure("first-kernel-instruction", "process start to the kernel's first instruction", "ms", None),
    Figure("guest-init", "process start to guest's init", "s", ("ratio", "<=", 0.9), 2),
    Figure("memory-headless", "memory beside guest RAM: headless, no display", "MiB", ("ours", "<=", 8)),
    Figure("memory-headless-all", "  the same with passt", "MiB", ("ours", "<=", 8)),
    Figure("memory-headless-vga", "memory beside guest RAM: headless, with a VGA", "MiB", ("ours", "<=", 8)),
    Figure("memory-display", "memory beside guest RAM: display, no client, at start", "MiB", ("ours", "<=", 20)),
    Figure("memory-display-all", "  the same with passt", "MiB", ("ours", "<=", 20)),
    Figure("memory-desktop", "memory beside guest RAM: display, no client, desktop", "MiB", ("ours", "<=", 20)),
    Figure("memory-desktop-all", "  the same with passt", "MiB", ("ours", "<=", 20)),
    Figure("port-0x80", "port read in user space: premium, POST port 0x80", "ticks", PREMIUM, 0),
    Figure("port-0x64", "port read in user space: premium, keyboard port 0x64", "ticks", PREMIUM, 0),
    Figure("port-0x3fd", "port read in user space: premium, serial port 0x3fd", "ticks", PREMIUM, 0),
    Figure("port-0x80-write", "port write in user space: premium, POST port 0x80", "ticks", PREMIUM, 0),
    Figure("port-0x3ff-write", "port write in user space: premium, serial port 0x3ff", "ticks", PREMIUM, 0),
    Figure("port-0x21", "port read in the kernel: PIC port 0x21, whole", "ticks", None, 0),
    Figure("port-0x21-write", "port write in the kernel: PIC port 0x21, whole", "ticks", None, 0),
    Figure("idle-wakeups", "idle desktop, a viewer connected: wake-ups, no vCPUs", "1/s", ("ours", "<=", 5), 2),
    Figure("random-4k-1", "virtio-blk 4 KiB random read, 1 at a time", "1/s", ("ratio", ">=", 1.0), 0),
    Figure("random-4k-16", "virtio-blk 4 KiB random read, 16 at a time", "1/s", ("ratio", ">=", 1.0), 0),
    Figure("sequential-1m-1", "virtio-blk 1 MiB sequential read, 1 at a time", "MiB/s", ("ratio", ">=", 1.0), 0),
    Figure("sequential-1m-4", "virtio-blk 1 MiB sequential read, 4 at a time", "MiB/s", ("ratio", ">=", 1.0), 0),
]


def rows(results):
    """results: list of {"key", "where", "ours": [...], "peer": [...]}; the rows of the figures that were measured, in the list's order."""
    answer = []
    for figure in FIGURES:
        answer += [figure.row(result["ours"], result["peer"], f" ({result['where']})") for result in results if result["key"] == figure.key]
    return answer


def table(table_rows):
    """The rows as text."""
    head = ["figure", "Saffron", "QEMU", "ratio", "goal", ""]
    body = []
    for row in table_rows:
        unit = row["unit"]
        cells = [show(row[side], unit) for side in ("ours", "peer")]
        ratio = "" if row["ratio"] is None else f"{row['ratio']:.2f}"
        verdict = {None: "", True: "met", False: "MISSED"}[row["met"]]
        body.append([row["name"], *cells, ratio, (row["goal"] or "").replace("ours", f"{unit}"), verdict])
    widths = [max(len(line[column]) for line in [head, *body]) for column in range(len(head))]
    lines = []
    for line in [head, *body]:
        cells = [cell.ljust(width) if column in (0, 4, 5) else cell.rjust(width) for column, (cell, width) in enumerate(zip(line, widths))]
        lines.append("  ".join(cells).rstrip())
    lines.insert(1, "-" * max(len(line) for line in lines))
    return "\n".join(lines)


def show(value, unit):
    if value is None:
        return "-"
    digits = 0 if abs(value) >= 1000 else 1 if abs(value) >= 10 else 2
    return f"{value:.{digits}f} {unit}"
