# SPDX-License-Identifier: Apache-2.0
"""Makes one list of tests out of those of several build folders, so that one ctest runs all and prints one summary.

usage: merge_tests.py OUT_FOLDER [PREFIX=BUILD_FOLDER[:LABEL]]...

Each test is named PREFIX + its name; with LABEL only the tests that have it are taken. OUT_FOLDER/CTestTestfile.cmake is written.
"""

import json
import os
import subprocess
import sys

SANITIZER_OPTIONS = [
    "ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1",
    "UBSAN_OPTIONS=print_stacktrace=1",
    "TSAN_OPTIONS=second_deadlock_stack=1",
]


def bracket(text):
    """A CMake argument that is taken as it is."""
    fence = "="
    while f"]{fence}]" in text:
        fence += "="
    return f"[{fence}[{text}]{fence}]"


def tests_of(folder):
    listed = subprocess.run(["ctest", "--show-only=json-v1"], cwd=folder, stdout=subprocess.PIPE, check=True)
    return json.loads(listed.stdout)["tests"]


def written(test, prefix, names):
    """The CMake lines of one test; None for one whose program does not exist as it was not built."""
    properties = {entry["name"]: entry["value"] for entry in test.get("properties", [])}
    if prefix:
        properties["ENVIRONMENT"] = properties.get("ENVIRONMENT", []) + [
            option
            for option in SANITIZER_OPTIONS
            if not any(entry.startswith(option.split("=")[0] + "=") for entry in properties.get("ENVIRONMENT", []))
        ]
        properties["DEPENDS"] = [prefix + name if name in names else name for name in properties.get("DEPENDS", [])]
    lines = [f"add_test({bracket(prefix + test['name'])} " + " ".join(bracket(word) for word in test["command"]) + ")"]
    words = []
    for name, value in properties.items():
        if value in ([], ""):
            continue
        if isinstance(value, list):
            value = ";".join(str(entry) for entry in value)
        elif isinstance(value, bool):
            value = "1" if value else "0"
        words.append(f"{name} {bracket(str(value))}")
    if words:
        lines.append(f"set_tests_properties({bracket(prefix + test['name'])} PROPERTIES {' '.join(words)})")
    return "\n".join(lines) + "\n"


def labels_of(test):
    return next((entry["value"] for entry in test.get("properties", []) if entry["name"] == "LABELS"), [])


def main():
    out = sys.argv[1]
    text = "# Made by scripts/merge_tests.py.\n"
    for argument in sys.argv[2:]:
        prefix, _, rest = argument.partition("=")
        folder, _, label = rest.partition(":")
        tests = [test for test in tests_of(folder) if "command" in test and (not label or label in labels_of(test))]
        names = {test["name"] for test in tests}
        text += "".join(written(test, prefix, names) for test in tests)
    os.makedirs(out, exist_ok=True)
    with open(os.path.join(out, "CTestTestfile.cmake"), "w", encoding="utf-8") as file:
        file.write(text)


main()
