# SPDX-License-Identifier: Apache-2.0
"""Runs a suite of real machines, and reports its cases to ctest.

usage: run_suite.py run SUITE OUT_FOLDER [CASE...]    boots one virtual host and runs all cases in it (or here, for a native suite)
       run_suite.py report SUITE OUT_FOLDER CASE      prints the result of one case; status 0 passed, 1 failed, 77 skipped

One boot of the virtual host serves a whole suite, and still each case is a test of its own with its own result. Each suite has
SUITE = {"where": "lab"|"native", "guests": [...], "timeout": seconds, "memory": MiB, "drives": [...]};
only guests is always there.
"""

import importlib
import json
import os
import shutil
import signal
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)

import virtual_host  # pylint: disable=wrong-import-position

# Name of a guest: the function of scripts/common.sh that makes it.
GUESTS = {
    "tiny-cloud-amd64": "tiny_guest cloud-amd64",
    "tiny-amd64": "tiny_guest amd64",
    "demo": "demo_guest",
    "media": "boot_media",
}
STATUS_SKIPPED = 77


def guest_environment(names):
    """SAFFRON_GUEST_NAME=FOLDER for each guest; makes those that are missing."""
    result = []
    for name in names:
        made = subprocess.run(
            ["bash", "-c", f'source "$1/scripts/common.sh" && {GUESTS[name]}', "guest", ROOT],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        result.append(f"SAFFRON_GUEST_{name.upper().replace('-', '_')}={made.stdout.strip().splitlines()[-1]}")
    return result


def run(suite, out, cases):
    settings = importlib.import_module(f"suites.{suite}").SUITE
    if not cases:
        shutil.rmtree(out, ignore_errors=True)
    os.makedirs(out, exist_ok=True)
    environment = guest_environment(settings["guests"])
    runner = os.path.join(HERE, "case_runner.py")
    if settings.get("where", "lab") == "native":
        variables = dict(entry.split("=", 1) for entry in environment)
        return subprocess.run(
            [sys.executable, runner, suite, out, *cases],
            env={**os.environ, **variables},
            check=False,
            timeout=settings.get("timeout", 600),
        ).returncode
    folders = dict(entry.split("=", 1) for entry in environment)
    drives = [drive.format(**folders) for drive in settings.get("drives", [])]
    options = virtual_host.Options(
        timeout=settings.get("timeout", 600),
        memory=settings.get("memory", 0),
        drives=drives,
        out=out,
        environment=environment,
    )
    with virtual_host.VirtualHost(
        virtual_host.image_path(),
        ["sh", "-c", f'exec python3 -B "{runner}" {suite} "$LAB_OUT" "$@"', "sh", *cases],
        options,
    ) as host:
        host.start()
        status = host.wait(1, 2)
        if status:
            print(f"the virtual host ended with status {status}; its console:\n{host.console_text()}", flush=True)
        return status


def report(suite, out, case):
    path = os.path.join(out, case + ".json")
    if not os.path.exists(path):
        print(f"{suite}.{case} has no result: the virtual host ended before it")
        return 1
    with open(path, encoding="utf-8") as file:
        result = json.load(file)
    print(f"{result['status']} in {result['seconds']} s {result['text']}")
    print(f"logs and pictures: {os.path.join(out, case)}")
    return {"passed": 0, "skipped": STATUS_SKIPPED}.get(result["status"], 1)


def main():
    # Leave through the context managers, which end the virtual host.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    verb, suite, out, *rest = sys.argv[1:]
    sys.exit(run(suite, out, rest) if verb == "run" else report(suite, out, rest[0]))


if __name__ == "__main__":
    main()
