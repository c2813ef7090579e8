# SPDX-License-Identifier: Apache-2.0
"""Runs real machines with the real engine for tests: in the lab, or on this host's own KVM.

A test says what the machine has (the fields of machine.json), waits for what its serial port prints or its screen shows, and talks to
its control socket. Each wait has a limit and fails with what was seen instead.
"""

import array
import base64
import glob
import json
import mmap
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import uuid

from picture import Picture

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BIN = os.environ.get("SAFFRON_BIN", os.path.join(ROOT, "build", "bin"))
# Everything in the lab is some 10 to 50 times slower than on hardware: limits are for hangs, not for speed.
PATIENCE = 120


class Failure(Exception):
    """The machine did not do what the test expects."""


class Skip(Exception):
    """This host cannot run the test; the text says why."""


class Silence(Failure):
    """The engine did not answer in time."""


class ControlError(Failure):
    """The engine answered a request with an error."""

    def __init__(self, error):
        self.code = error.get("data", {}).get("code", "")
        self.number = error.get("code")
        super().__init__(f"{self.code or self.number}: {error.get('message')}")


class Control:
    """A client of the control protocol: newline-delimited JSON-RPC 2.0 over a Unix socket. One thread."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.buffer = b""
        self.fds = []
        self.events = []
        self.next_id = 1
        self.call("hello", protocol=1, client="lab test")

    def close(self):
        for fd in self.fds:
            os.close(fd)
        self.socket.close()

    def _read_line(self, deadline):
        while b"\n" not in self.buffer:
            self.socket.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                data, ancillary, _, _ = self.socket.recvmsg(1 << 16, socket.CMSG_SPACE(4 * 4))
            except socket.timeout as error:
                raise Silence("the control socket did not answer in time") from error
            if not data:
                raise Failure("the engine closed the control socket")
            for level, kind, payload in ancillary:
                if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                    fds = array.array("i")
                    fds.frombytes(payload[: len(payload) - len(payload) % 4])
                    self.fds += fds
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\n", 1)
        return json.loads(line)

    def call(self, method, patience=PATIENCE, **params):
        """The result of a request; ControlError when the engine refuses."""
        number = self.next_id
        self.next_id += 1
        self.socket.sendall(
            json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}).encode() + b"\n"
        )
        deadline = time.monotonic() + patience
        while True:
            message = self._read_line(deadline)
            if message.get("method") == "event":
                self.events.append(message["params"])
            elif message.get("id") == number:
                if "error" in message:
                    raise ControlError(message["error"])
                return message["result"]

    def wait_event(self, name, patience=PATIENCE, **fields):
        """The first event of that name with these fields in its data; earlier ones are dropped. Needs call("subscribe")."""
        deadline = time.monotonic() + patience
        while True:
            while self.events:
                event = self.events.pop(0)
                if event["event"] == name and all(event["data"].get(key) == value for key, value in fields.items()):
                    return event["data"]
            message = self._read_line(deadline)
            if message.get("method") == "event":
                self.events.append(message["params"])

    def screenshot(self):
        result = self.call("screenshot")
        fd = self.fds.pop(0)
        try:
            size = result["stride"] * result["height"]
            with mmap.mmap(fd, size, prot=mmap.PROT_READ) as view:
                return Picture.from_xrgb(result["width"], result["height"], result["stride"], view[:size])
        finally:
            os.close(fd)


def end_process(process):
    """In order, or else at once; returns when it has ended."""
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Machine:
    """One machine with its engine process. A context manager; leaving it ends the engine and keeps nothing but logs.

    fields: members of machine.json beside format, name and uuid, which are filled in when absent.
    """

    def __init__(self, fields, headless=False, keep=None, user=None):
        self.folder = tempfile.mkdtemp(prefix="saffron-machine.", dir="/tmp")
        self.runtime = os.path.join(self.folder, "run")
        self.keep = keep  # a folder for logs and pictures
        self.user = user  # the engine's uid and gid; ours by default
        self.headless = headless
        self.config = {"format": 1, "name": "test", "uuid": str(uuid.uuid4()), "memory_mib": 512, "cpus": 1, **fields}
        self.engine = None
        self.control = None
        self.serial_text = ""
        self.serial_seen = 0
        self.serial_socket = None
        self.serial_lock = threading.Condition()
        self.log_path = os.path.join(self.folder, "engine.log")

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind, error, _):
        if kind and self.keep and self.control:
            try:
                self.screenshot().save_png(os.path.join(self.keep, f"{self.config['name']}-failed.png"))
            except (Failure, OSError, KeyError, IndexError):
                pass
        self.close()

    def start(self):
        """Starts the engine; returns when its sockets answer."""
        machine = os.path.join(self.folder, "machine")
        os.makedirs(machine, exist_ok=True)
        os.makedirs(self.runtime, mode=0o700, exist_ok=True)
        with open(os.path.join(machine, "machine.json"), "w", encoding="utf-8") as file:
            json.dump(self.config, file, indent=2)
        command = [os.path.join(BIN, "saffron-engine"), "--machine", machine, "--runtime", self.runtime]
        if self.headless:
            command.append("--headless")
        environment = {
            **os.environ,
            "XDG_STATE_HOME": os.path.join(self.folder, "state"),
            "SAFFRON_LOG": os.environ.get("SAFFRON_LOG", "info"),
        }
        with open(self.log_path, "ab") as log:
            if self.user is not None:
                for folder, _, files in os.walk(self.folder):
                    for path in (folder, *(os.path.join(folder, name) for name in files)):
                        os.chown(path, self.user, self.user)
            self.engine = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                user=self.user,
                group=self.user,
                extra_groups=None if self.user is None else [],
            )
        control_path = os.path.join(self.runtime, "control.sock")
        self._wait(lambda: self._connect(control_path), PATIENCE, "the engine's control socket did not come")
        threading.Thread(target=self._read_serial, daemon=True).start()

    def _connect(self, path):
        if self.engine.poll() is not None:
            raise Failure(f"the engine ended at once with status {self.engine.returncode}:\n{self.log_text()}")
        try:
            self.control = Control(path)
            return True
        except (FileNotFoundError, ConnectionRefusedError):
            return False

    def _read_serial(self):
        """Own thread: collects what the serial port prints, until the engine ends."""
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(os.path.join(self.runtime, "serial.sock"))
            with self.serial_lock:
                self.serial_socket = connection
                self.serial_lock.notify_all()
            while data := connection.recv(1 << 16):
                with self.serial_lock:
                    self.serial_text += data.decode("utf-8", "replace").replace("\r", "")
                    self.serial_lock.notify_all()
        except OSError:
            pass

    def _wait(self, done, patience, text):
        deadline = time.monotonic() + patience
        while not (result := done()):
            if time.monotonic() > deadline:
                raise Failure(text() if callable(text) else text)
            time.sleep(0.1)
        return result

    def alive(self):
        return self.engine is not None and self.engine.poll() is None

    def log_text(self, lines=25):
        try:
            with open(self.log_path, encoding="utf-8", errors="replace") as file:
                return "\n".join(file.read().splitlines()[-lines:])
        except OSError:
            return ""

    def wait_serial(self, pattern, patience=PATIENCE):
        """The match of a regular expression in what the serial port printed since the last match."""
        deadline = time.monotonic() + patience
        with self.serial_lock:
            while True:
                match = re.compile(pattern, re.M).search(self.serial_text, self.serial_seen)
                if match:
                    self.serial_seen = match.end()
                    return match
                tail = self.serial_text[-1500:]
                if not self.alive():
                    raise Failure(
                        f"the engine ended ({self.engine.returncode}) before the serial port printed /{pattern}/; its last "
                        f"lines:\n{tail}\nengine:\n{self.log_text()}"
                    )
                left = deadline - time.monotonic()
                if left <= 0:
                    raise Failure(
                        f"the serial port did not print /{pattern}/ in {patience} s; its last lines:\n{tail}\nengine:\n"
                        f"{self.log_text()}"
                    )
                self.serial_lock.wait(min(left, 0.5))

    def send_serial(self, text):
        with self.serial_lock:
            while self.serial_socket is None:
                self.serial_lock.wait(1)
            self.serial_socket.sendall(text.encode())

    def call(self, method, patience=PATIENCE, **params):
        try:
            return self.control.call(method, patience, **params)
        except Silence as error:
            raise Failure(f"{error}; the engine's threads:\n{self.threads_text()}") from error

    def screenshot(self):
        try:
            return self.control.screenshot()
        except Silence as error:
            raise Failure(f"{error}; the engine's threads:\n{self.threads_text()}") from error

    def threads_text(self):
        """What each of the engine's threads is at, for a person: name, state, CPU seconds, where it waits in the kernel."""
        lines = []
        for task in sorted(glob.glob(f"/proc/{self.engine.pid}/task/*")):
            try:
                with open(f"{task}/stat", encoding="ascii", errors="replace") as file:
                    name, fields = file.read().split("(", 1)[1].rsplit(")", 1)
                with open(f"{task}/stack", encoding="ascii") as file:
                    stack = " < ".join(line.split()[-1].split("+")[0] for line in file.read().splitlines()[:5])
            except OSError as error:
                stack = str(error)
            words = fields.split()
            lines.append(f"{name:16} {words[0]} {(int(words[11]) + int(words[12])) / 100:7.2f} s  {stack}")
        return "\n".join(lines)

    def wait_screen(self, accept, patience=PATIENCE, what="the expected screen", every=1.0):
        """The first picture for which accept(picture) is true; what it returns comes too: (picture, value)."""
        deadline = time.monotonic() + patience
        picture = None
        while True:
            if not self.alive():
                raise Failure(f"the engine ended ({self.engine.returncode}) before {what}\nengine:\n{self.log_text()}")
            try:
                picture = self.screenshot()
                if picture.width and (value := accept(picture)):
                    return picture, value
            except ControlError as error:
                # The screen is off, for example right after a reset.
                if error.code != "invalid_state":
                    raise
                picture = Picture(0, 0, b"")
            if time.monotonic() > deadline:
                if self.keep:
                    picture.save_png(os.path.join(self.keep, f"{self.config['name']}-last.png"))
                raise Failure(
                    f"{what} did not come in {patience} s; the screen is {picture.width}x{picture.height}:\n"
                    f"{picture.text() if picture.height <= 480 else ''}\nengine:\n{self.log_text()}"
                )
            time.sleep(every)

    def wait_text(self, pattern, patience=PATIENCE):
        """Waits for a regular expression on a VGA text screen; returns the screen's text."""
        expression = re.compile(pattern, re.M)
        _, text = self.wait_screen(
            lambda picture: (lambda text: text if expression.search(text) else None)(picture.text()),
            patience,
            f"the text /{pattern}/",
        )
        return text

    def wait_still(self, accept, seconds=4, patience=PATIENCE, what="a screen that stays"):
        """A picture for which accept is true and that is the same again after some seconds."""
        last = [None, 0.0]

        def still(picture):
            now = time.monotonic()
            if last[0] is None or last[0] != picture:
                last[0], last[1] = picture, now
                return None
            return now - last[1] >= seconds and accept(picture)

        return self.wait_screen(still, patience, what)[0]

    def press(self, combo):
        """A key combination, such as "ctrl-alt-delete" or "enter"."""
        self.call("input.type", combo=combo)

    def type(self, text):
        self.call("input.type", text=text)

    def wait_exit(self, patience=PATIENCE):
        """The engine's exit status, once it ends by itself."""
        try:
            return self.engine.wait(patience)
        except subprocess.TimeoutExpired as error:
            raise Failure(
                f"the engine still runs after {patience} s; the serial port's last lines:\n{self.serial_text[-1500:]}\nengine:\n"
                f"{self.log_text()}"
            ) from error

    def power_cut(self):
        self.engine.send_signal(signal.SIGKILL)
        self.engine.wait()

    def close(self):
        if self.control:
            self.control.close()
        if self.alive():
            end_process(self.engine)
        if self.keep:
            name = os.path.join(self.keep, self.config["name"])
            if os.path.exists(self.log_path):
                shutil.copy(self.log_path, name + ".engine.log")
            with open(name + ".serial.log", "w", encoding="utf-8") as file:
                file.write(self.serial_text)
        shutil.rmtree(self.folder, ignore_errors=True)


def guest_folder(name):
    """The folder of a test guest ("tiny-cloud-amd64", "tiny-amd64", "demo", "media"), which run_suite.py passes in the environment."""
    variable = "SAFFRON_GUEST_" + name.upper().replace("-", "_")
    if variable not in os.environ:
        raise Failure(f"{variable} is not set; run tests through tests/lab/run_suite.py")
    return os.environ[variable]


def tiny_boot(commands="", end="poweroff", kernel="cloud-amd64", words=""):
    """The boot fields for the small guest that runs `commands` (a sh script) and then ends."""
    folder = guest_folder(f"tiny-{kernel}")
    line = f"console=ttyS0 quiet panic=-1 {words} saffron.end={end}"
    if commands:
        line += f" saffron.run={base64.b64encode(commands.encode()).decode()}"
    return {"kernel": f"{folder}/vmlinuz", "initrd": f"{folder}/initrd.gz", "command_line": line}


def grub_prompt(machine, patience=200):
    """From GRUB's menu on the rescue CD to its prompt; returns the screen's text."""
    machine.wait_text("GNU GRUB +version", patience)
    # While the menu counts down, a key may do no more than stop that; on a slow host also after a while.
    deadline = time.monotonic() + patience
    while True:
        machine.press("c")
        try:
            machine.wait_text("^grub>", 25)
            break
        except Failure:
            if time.monotonic() > deadline:
                raise
    machine.press("ctrl-u")
    return machine.wait_text("^grub>", patience)


def check(condition, text):
    if not condition:
        raise Failure(text)
