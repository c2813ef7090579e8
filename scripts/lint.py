# SPDX-License-Identifier: Apache-2.0
"""Source rules that a compiler does not check. Prints each breach as PATH:LINE: SENTENCE; status 1 when there are any.

The rules are the ones of docs/architecture.md: who may include whom, Qt and KVM only in their places, sizes, licence lines, format,
translations. Runs in seconds; is one of the tests.
"""

import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# Folder (longest prefix wins): the folders that its files may include from, besides its own. Arrows go down only.
DEVICE = ("engine/core", "devices/ports", "devices/pci", "devices/virtio")
ARROWS = {
    "engine/core": (),
    "engine/api": ("engine/core",),
    "engine/kvm": ("engine/core",),
    "devices/ports": ("engine/core",),
    "devices/pci": ("engine/core", "devices/ports"),
    "devices/virtio": ("engine/core", "devices/ports", "devices/pci"),
    "devices": DEVICE,
    "display": ("engine/core", "devices/ports"),
    "usbredir": ("engine/core", "devices/ports"),
    "passthrough": ("engine/core",),
    "passthrough/vfio": ("engine/core", "devices/ports", "devices/pci", "passthrough"),
    "engine/machine": ("engine", "devices", "display", "usbredir", "passthrough"),
    # Results and log lines are what the API speaks in.
    "app": ("engine/api", "engine/core/result.h", "engine/core/unique_fd.h", "engine/core/log.h", "app/common"),
    "app/ctl": ("engine/api", "engine/core/result.h", "engine/core/unique_fd.h", "engine/core/log.h", "passthrough"),
    "tests": ("engine", "devices", "display", "usbredir", "passthrough", "app"),
}
TEST_FILE = re.compile(r"(_test|_fuzz|_bench)\.(cpp|h)$|^tests/|^cmake/")
SOURCE = re.compile(r"\.(cpp|h)$")
COMMENTED = re.compile(r"\.(cpp|h|py|sh|cmake|asl)$|(^|/)CMakeLists\.txt$|^dev$|^\.ci/run$")
MAX_LINES = {"h": 150, "cpp": 700}
MAX_FUNCTION = 60
MAX_COLUMN = 120
# Names of places that exist on one machine only, or that are not part of the project.
FOREIGN = re.compile(r"\.\./shared\b|(?<![\w.])/work/(main|shared)|/tmp/(bin|brief|b)/|snapshot\.debian\.org")
TRANSLATIONS = "resources/translations"
CATALOGUES = {"saffron": "app/desktop", "saffron-viewer": "app/viewer"}  # Whose texts are in which, by the name before "_".
LUPDATE = ("/usr/lib/qt6/bin/lupdate", "/usr/lib/qt6/libexec/lupdate")


def tracked_files():
    listed = subprocess.run(["git", "-C", ROOT, "ls-files", "-z"], stdout=subprocess.PIPE, check=False, stderr=subprocess.DEVNULL)
    if listed.returncode == 0 and listed.stdout:
        names = listed.stdout.decode().split("\0")
    else:  # a source archive
        names = [os.path.relpath(os.path.join(folder, name), ROOT) for folder, _, files in os.walk(ROOT) for name in files]
        names = [name for name in names if not name.startswith(("build/", "build-", ".git/"))]
    return sorted(name for name in names if name and os.path.isfile(os.path.join(ROOT, name)))


def read(name):
    with open(os.path.join(ROOT, name), encoding="utf-8", errors="replace") as file:
        return file.read()


def arrows_of(name):
    folder = os.path.dirname(name)
    while folder and folder not in ARROWS:
        folder = os.path.dirname(folder)
    return ARROWS.get(folder)


def is_within(path, folder):
    return path == folder or path.startswith(folder + "/")


def check_includes(name, lines):
    allowed = arrows_of(name)
    is_test = TEST_FILE.search(name)
    own = os.path.dirname(name)
    for number, line in enumerate(lines, 1):
        match = re.match(r'\s*#\s*include\s+(["<])([^">]+)[">]', line)
        if not match:
            continue
        quoted, path = match.group(1) == '"', match.group(2)
        if quoted and path.endswith(".moc"):
            continue
        if not quoted:
            if re.match(r"Q[A-Z]|Qt[A-Z]", path) and not (is_within(name, "app") or is_test):
                yield number, f"Qt ({path}) belongs in app/ and in tests"
            if path == "linux/kvm.h" and not (is_within(name, "engine/kvm") or is_test):
                yield number, "only engine/kvm talks to KVM"
            continue
        if "/" not in path:
            if os.path.exists(os.path.join(ROOT, own, path)):
                yield number, f'"{path}": includes are written from the root of the tree'
            continue
        if allowed is None or is_within(os.path.dirname(path), own):
            continue
        if is_test and (is_within(path, "tests/fakes") or is_within(name, "tests")):
            continue
        if not os.path.exists(os.path.join(ROOT, path)):
            continue  # generated
        if not any(is_within(path, folder) for folder in allowed):
            yield number, f"{own or 'this folder'} may not include {path}"


def check_functions(lines):
    """Functions of more than MAX_FUNCTION lines. Relies on the format: a function starts and ends in the first column."""
    start = None
    for number, line in enumerate(lines, 1):
        if start is None:
            if line.endswith("{") and line[0] not in " }#/" and not re.match(r"(inline )?namespace|class|struct|union|enum|extern|template", line):
                start = number if "(" in line or re.search(r"\)|const", line) else None
        elif line.startswith("}"):
            if number - start + 1 > MAX_FUNCTION and not line.startswith("};"):
                yield start, f"a function of {number - start + 1} lines; {MAX_FUNCTION} at most"
            start = None


def check_file(name):
    text = read(name)
    lines = text.split("\n")
    if COMMENTED.search(name):
        if not any("SPDX-License-Identifier: Apache-2.0" in line for line in lines[:2]):
            yield 1, "no line \"SPDX-License-Identifier: Apache-2.0\" at its top"
    if SOURCE.search(name):
        most = MAX_LINES[name.rsplit(".", 1)[1]]
        if len(lines) - 1 > most:
            yield most, f"{len(lines) - 1} lines; {most} at most"
        yield from check_includes(name, lines)
        yield from check_functions(lines)
        for number, line in enumerate(lines, 1):
            if len(line) > MAX_COLUMN:
                yield number, f"{len(line)} columns; {MAX_COLUMN} at most"
    if name != "scripts/lint.py":
        for number, line in enumerate(lines, 1):
            if FOREIGN.search(line):
                yield number, f"names a place outside the project: {FOREIGN.search(line).group(0)}"


def check_format(names):
    """Runs clang-format over a part of the files; returns (name, line, sentence)."""
    tool = shutil.which("clang-format-14")
    if not tool:
        return [("scripts/lint.py", 1, "clang-format-14 is missing: ./dev setup")]
    run = subprocess.run([tool, "--dry-run", "--ferror-limit=1", *names], cwd=ROOT, stderr=subprocess.PIPE, text=True, check=False)
    found = {}
    for match in re.finditer(r"^(\S+?):(\d+):\d+: (?:warning|error): code should be clang-formatted", run.stderr, re.M):
        found.setdefault(match.group(1), int(match.group(2)))
    return [(name, line, "not formatted: clang-format-14 -i") for name, line in found.items()]


def check_translations(names):
    """Each text of the application has a finished translation, and the catalogue knows all of today's texts."""
    tool = next((path for path in LUPDATE if os.path.exists(path)), None)
    for catalogue in (name for name in names if is_within(name, TRANSLATIONS) and name.endswith(".ts")):
        with tempfile.TemporaryDirectory() as folder:
            program, _, language = os.path.basename(catalogue)[:-3].partition("_")
            home = CATALOGUES.get(program, "app")
            sources = [name for name in names if is_within(name, home) and SOURCE.search(name) and not TEST_FILE.search(name)]
            # English has only what counts things; and without the root, lupdate cannot tell classes' namespaces.
            options = ["-I", ROOT, *(["-pluralonly"] if language == "en" else [])]
            fresh = os.path.join(folder, os.path.basename(catalogue))
            shutil.copy(os.path.join(ROOT, catalogue), fresh)
            if tool:
                subprocess.run([tool, "-silent", "-no-obsolete", "-locations", "none", *options, *sources, "-ts", fresh], cwd=ROOT,
                               check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            with open(fresh, encoding="utf-8") as file:
                text = file.read()
        for match in re.finditer(r"<source>([^<]*)</source>(?:(?!</message>).)*?<translation type=\"unfinished\"", text, re.S):
            yield catalogue, 1, f"no finished translation of \"{match.group(1)[:60]}\""


def main():
    names = tracked_files()
    breaches = []
    for name in names:
        if COMMENTED.search(name) or name.endswith((".md", ".txt", ".json", ".svg", ".ts")):
            breaches += [(name, line, sentence) for line, sentence in check_file(name)]
    sources = [name for name in names if SOURCE.search(name)]
    parts = [part for part in (sources[0::2], sources[1::2]) if part]
    with concurrent.futures.ThreadPoolExecutor() as pool:
        formatted = pool.map(check_format, parts)
        breaches += check_translations(names)
        for part in formatted:
            breaches += part
    for name, line, sentence in sorted(set(breaches)):
        print(f"{name}:{line}: {sentence}")
    print(f"lint: {len(names)} files, {len(set(breaches))} breaches")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
