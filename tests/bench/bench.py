# SPDX-License-Identifier: Apache-2.0
"""./dev bench: Saffron's figures beside those of Debian's QEMU, same guest, same host, in turns; medians and ratios.

Some figures are taken on this host's own /dev/kvm, where it opens; those that need a whole guest in the lab, a virtual host whose KVM
runs any guest. Numbers of the two are never compared with each other.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)
sys.path.insert(0, os.path.join(ROOT, "tests", "lab"))

import figures  # pylint: disable=wrong-import-position
import measures  # pylint: disable=wrong-import-position
import virtual_host  # pylint: disable=wrong-import-position
from vmm import BenchError  # pylint: disable=wrong-import-position

RESULTS = "results.json"
LAB_MEMORY = 6144  # MiB: two machines of 1 GiB one after the other, and the page cache for their disks
DISK_MIB = 512


def parse(arguments):
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--json", nargs="?", const="-", metavar="FILE",
                        help="write the list of {name, unit, ours, peer, ratio, goal, met} to FILE, or instead of the table")
    parser.add_argument("--only", metavar="NAME,...", help="only these: " + ", ".join(measures.MEASURES))
    parser.add_argument("--where", choices=("native", "lab", "both"), default="both", help="where to measure (both)")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="how often each VMM is measured (5)")
    parser.add_argument("--strict", action="store_true", help="status 1 when a goal is missed")
    parser.add_argument("--inside", metavar="DIR", help=argparse.SUPPRESS)  # In the lab: results go there.
    options = parser.parse_args(arguments)
    options.only = options.only.split(",") if options.only else list(measures.MEASURES)
    unknown = [name for name in options.only if name not in measures.MEASURES]
    if unknown or options.rounds < 1:
        parser.error(f"no measure {unknown[0]}" if unknown else "--rounds is at least 1")
    return options


def measure(options, where, save=lambda results: None):
    """Runs the measures of this place; one that fails is told and left out. `save` gets all results so far, after each measure."""
    real_cpu = where == "lab"
    options.real_cpu = real_cpu
    options.settle = 10
    options.seconds = 4
    options.disk, options.demo_disk = ("/dev/vda", "/dev/vdb") if real_cpu else (os.environ.get("SAFFRON_BENCH_DISK"), None)
    results = []
    for name in options.only:
        function, places = measures.MEASURES[name]
        if where not in places:
            continue
        print(f"measuring {name} ({where})", file=sys.stderr, flush=True)
        try:
            results += [{**result, "where": where} for result in function(options)]
        except BenchError as error:
            print(f"{name} could not be measured: {error}", file=sys.stderr, flush=True)
        save(results)
    return results


def native(options, disk):
    try:
        os.close(os.open("/dev/kvm", os.O_RDWR))
    except OSError as error:
        print(f"this host's /dev/kvm does not open ({error.strerror}): no native figures", file=sys.stderr)
        return []
    os.environ["SAFFRON_BENCH_DISK"] = disk
    return measure(options, "native")


def in_lab(options, disk, folder):
    inner = [sys.executable, "-B", os.path.abspath(__file__), "--inside", folder, "--rounds", str(options.rounds), "--only", ",".join(options.only)]
    names = ("SAFFRON_BIN", "SAFFRON_BENCH_ASSETS", "SAFFRON_GUEST_TINY", "SAFFRON_GUEST_DEMO")
    lab = virtual_host.Options(timeout=3600, memory=LAB_MEMORY, out=folder, environment=list(names),
                               drives=[disk, os.path.join(os.environ["SAFFRON_GUEST_DEMO"], "disk.raw") + ",snapshot=on"])
    command = ["sh", "-c", 'exec "$@" --inside "$LAB_OUT"', "sh", *[word for word in inner if word not in ("--inside", folder)]]
    with virtual_host.VirtualHost(virtual_host.image_path(), command, lab) as host:
        host.start()
        status = host.wait(2, 2)
        if status:
            print(f"the virtual host ended with status {status}; its console:\n{host.console_text()}", file=sys.stderr)
    path = os.path.join(folder, RESULTS)
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def write_json(path, value):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(value, file, indent=2)


def main():
    signal.signal(signal.SIGTERM, lambda *unused: sys.exit(143))  # So that files and machines go with us.
    options = parse(sys.argv[1:])
    if options.inside:
        measure(options, "lab", lambda results: write_json(os.path.join(options.inside, RESULTS), results))
        return 0
    folder = tempfile.mkdtemp(prefix="saffron-bench.")
    try:
        disk = os.path.join(folder, "disk.raw")
        with open(disk, "wb") as file:  # Not a sparse file: holes would be read faster than data.
            for _ in range(DISK_MIB):
                file.write(os.urandom(1 << 20))
        results = []
        if options.where != "lab":
            results += native(options, disk)
        if options.where != "native" and any("lab" in measures.MEASURES[name][1] for name in options.only):
            results += in_lab(options, disk, os.path.join(folder, "lab"))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    rows = figures.rows(results)
    if options.json == "-":
        print(json.dumps(rows, indent=2))
    else:
        print(figures.table(rows))
        if options.json:
            write_json(options.json, rows)
    if not rows:
        return 1
    return 1 if options.strict and any(row["met"] is False for row in rows) else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (virtual_host.LabError, subprocess.CalledProcessError) as failure:
        print(f"bench: {failure}", file=sys.stderr)
        sys.exit(1)
