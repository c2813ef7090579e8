# SPDX-License-Identifier: Apache-2.0
"""Runs the cases of one suite, where the machines run (in the lab or on this host), and notes each one's result.

usage: case_runner.py SUITE OUT_FOLDER [CASE...]

A suite is tests/lab/suites/SUITE.py; a case is a function case_NAME(keep), where keep is a folder for what is worth keeping. Its first
docstring line says what it shows. OUT_FOLDER/NAME.json gets {"status": "passed"|"failed"|"skipped", "seconds", "text"}.
"""

import importlib
import json
import os
import sys
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from harness import Failure, Skip  # pylint: disable=wrong-import-position


def cases_of(suite):
    """Name to function, in the order of the file."""
    module = importlib.import_module(f"suites.{suite}")
    return {name[len("case_") :]: function for name, function in vars(module).items() if name.startswith("case_")}


def run_case(function, keep):
    os.makedirs(keep, exist_ok=True)
    start = time.monotonic()
    status, text = "passed", ""
    try:
        function(keep)
    except Skip as error:
        status, text = "skipped", str(error)
    except Failure as error:
        status, text = "failed", str(error)
    except Exception:  # pylint: disable=broad-except
        status, text = "failed", traceback.format_exc()
    return {"status": status, "seconds": round(time.monotonic() - start, 1), "text": text}


def note(suite, out, name, function):
    """Runs one case and writes its result, whole or not at all."""
    result = run_case(function, os.path.join(out, name))
    lines = f"{result['status']:8} {suite}.{name} ({result['seconds']} s): {(function.__doc__ or '').splitlines()[0]}\n"
    if result["text"]:
        lines += "    " + result["text"].replace("\n", "\n    ") + "\n"
    print(lines, end="", flush=True)
    temporary = os.path.join(out, name + ".json.part")
    with open(temporary, "w", encoding="utf-8") as file:
        json.dump(result, file)
    os.rename(temporary, os.path.join(out, name + ".json"))


def main():
    suite, out = sys.argv[1:3]
    wanted = sys.argv[3:]
    os.makedirs(out, exist_ok=True)
    cases = {name: function for name, function in cases_of(suite).items() if not wanted or name in wanted}
    for name, function in cases.items():
        note(suite, out, name, function)


if __name__ == "__main__":
    main()
