# SPDX-License-Identifier: Apache-2.0
"""The virtual host: a machine in software (QEMU's TCG) with working KVM, VT-d or AMD-Vi, and this machine's own files.

Everything installed here is there, unchanged and safe: the root is this machine's, read-only, under a layer of RAM. As a program
this is `./dev lab`; as a module it gives VirtualHost, with which a test runs a command there and watches it.
"""

import argparse
import ctypes
import os
import secrets
import select
import shlex
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

# Statuses of our own, as `timeout` and `env` have them; the command's own status is handed through otherwise.
STATUS_TIMEOUT = 124
STATUS_LAB_FAILED = 125

# Belongs to the real machine's session, and would mislead programs in the virtual host.
FOREIGN_ENVIRONMENT = (
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    "XDG_RUNTIME_DIR",
    "XDG_SESSION_",
    "DBUS_",
    "SSH_",
    "SUDO_",
    "OLDPWD",
    "PWD",
    "SHLVL",
    "_",
    "LAB_",
    "MAKEFLAGS",
    "MFLAGS",
)
FIRST_FORWARD_PORT = 7001
SHARE_PREFIX = "saffron-lab."


class LabError(Exception):
    """The virtual host could not be started."""


class Options:
    """What a virtual host has; each field is an option of `./dev lab`."""

    def __init__(self, **fields):
        self.iommu = "intel"
        self.intremap = "on"
        self.devices = []
        self.drives = []
        self.memory = 0  # MiB; 0: what suits this machine
        self.cpus = 2
        self.timeout = 600  # seconds
        self.out = None
        self.forwards = []  # (host socket path or port, guest socket path or port)
        self.environment = []
        self.append = ""
        self.interactive = False
        self.stdin = False
        self.qmp = None
        self.verbose = False
        for name, value in fields.items():
            if name not in self.__dict__:
                raise TypeError(f"no option {name}")
            setattr(self, name, value)


def default_memory():
    """MiB for a virtual host: 6144 where there is room, less on a smaller machine."""
    with open("/proc/meminfo", encoding="ascii") as lines:
        available = next(int(line.split()[1]) // 1024 for line in lines if line.startswith("MemAvailable:"))
    return max(1536, min(6144, available * 3 // 4))


def end_with_parent():
    """In the child: be killed when the parent dies, however it dies. PR_SET_PDEATHSIG is 1."""
    ctypes.CDLL(None, use_errno=True).prctl(1, signal.SIGKILL)


def command_script(command, directory, extra_environment):
    """The sh script that gives the command the caller's directory and environment."""
    lines = []
    variables = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN_ENVIRONMENT)}
    for entry in extra_environment:
        name, separator, value = entry.partition("=")
        variables[name] = value if separator else os.environ.get(name, "")
    for name, value in variables.items():
        if name.isidentifier() and name.isascii():
            lines.append(f"export {name}={shlex.quote(value)}")
    lines.append("export XDG_RUNTIME_DIR=/run/user/0 SAFFRON_LAB=1")
    lines.append(f"cd {shlex.quote(directory)} || exit 125")
    lines.append("exec " + " ".join(shlex.quote(word) for word in command))
    return "\n".join(lines) + "\n"


class Stream:
    """One direction of text between the command and us: our end of a socket whose other end QEMU has."""

    def __init__(self, name):
        self.name = name
        self.ours, self.theirs = socket.socketpair()

    def arguments(self, bus):
        return [
            "-chardev",
            f"socket,id={self.name},fd={self.theirs.fileno()}",
            "-device",
            f"virtserialport,bus={bus},chardev={self.name},name=lab.{self.name}",
        ]


class Forward:
    """A Unix socket (or port) of this machine that leads to one of the virtual host, over QEMU's user network."""

    def __init__(self, host, guest, guest_port, token):
        self.host, self.guest, self.guest_port, self.token = host, guest, guest_port, token
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.link_port = probe.getsockname()[1]
        if host.isdigit():
            self.listener = socket.create_server(("127.0.0.1", int(host)))
        else:
            self.listener = socket.socket(socket.AF_UNIX)
            if os.path.exists(host):
                os.unlink(host)
            os.makedirs(os.path.dirname(os.path.abspath(host)), exist_ok=True)
            self.listener.bind(host)
            os.chmod(host, 0o600)
            self.listener.listen(16)

    def start(self):
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.listener.close()
        if not self.host.isdigit() and os.path.exists(self.host):
            os.unlink(self.host)

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._join, args=(connection,), daemon=True).start()

    def _join(self, connection):
        with connection:
            try:
                peer = socket.create_connection(("127.0.0.1", self.link_port), timeout=10)
            except OSError:
                return
            with peer:
                try:
                    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    peer.sendall(self.token.encode() + b"\n")
                    if peer.recv(1) != b"+":
                        return
                except OSError:
                    return
                peer.settimeout(None)
                back = threading.Thread(target=self._pump_frames, args=(peer, connection), daemon=True)
                back.start()
                self._pump(connection, peer)
                back.join()

    @staticmethod
    def _pump(source, sink):
        try:
            while data := source.recv(1 << 16):
                sink.sendall(data)
        except OSError:
            pass
        finish(sink)

    @staticmethod
    def _pump_frames(source, sink):
        """The other end of relay.py's pump_frames: data, and files that become descriptors again."""
        descriptors = []
        try:
            with source.makefile("rb") as stream:
                while len(header := stream.read(5)) == 5:
                    kind, length = struct.unpack(">cI", header)
                    content = stream.read(length)
                    if kind == b"F":
                        descriptor = os.memfd_create("lab-forward")
                        descriptors.append(descriptor)
                        write_all(descriptor, content)
                    elif descriptors:
                        sent = socket.send_fds(sink, [content], descriptors)
                        sink.sendall(content[sent:])
                        while descriptors:
                            os.close(descriptors.pop())
                    else:
                        sink.sendall(content)
        except OSError:
            pass
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        finish(sink)


def finish(connection):
    """Ends our half of a connection."""
    try:
        connection.shutdown(socket.SHUT_WR)
    except OSError:
        pass


class VirtualHost:
    """One run of a command in a virtual host. Use as a context manager: leaving it ends the machine.

    start() returns at once; wait() copies the command's output to the sinks until it ended and gives its status. One thread only.
    """

    def __init__(self, image, command, options, directory=None):
        self.image = image
        self.options = options
        self.process = None
        self.console = ""
        self.deadline = None
        remove_leftovers()
        self.share = tempfile.mkdtemp(prefix=f"{SHARE_PREFIX}{os.getpid()}.")
        self.out = os.path.abspath(options.out) if options.out else None
        token = secrets.token_hex(16)
        self.forwards = []
        try:
            for index, (host, guest) in enumerate(options.forwards):
                self.forwards.append(Forward(host, guest, FIRST_FORWARD_PORT + index, token))
        except OSError as error:
            self.close()
            raise LabError(f"cannot listen on {host}: {error.strerror}") from error
        self.stdout, self.stderr, self.stdin = Stream("stdout"), Stream("stderr"), Stream("stdin")
        self._write("command.sh", command_script(command, directory or os.getcwd(), options.environment))
        self._write("token", token + "\n")
        with open(os.path.join(image, "kernel_tree"), encoding="ascii") as tree:
            self._write(
                "settings.sh",
                "".join(
                    f"export {name}={shlex.quote(value)}\n"
                    for name, value in {
                        "LAB_KERNEL_TREE": tree.read().strip(),
                        "LAB_PROGRAMS": os.path.join(os.path.dirname(os.path.abspath(__file__)), "host"),
                        "LAB_FORWARDS": " ".join(f"{forward.guest_port}={forward.guest}" for forward in self.forwards),
                        "LAB_OWN_OUT": "1" if options.out else "",
                        "LAB_COLDPLUG": "1" if options.devices else "",
                        "LAB_INTERACTIVE": "1" if options.interactive else "",
                        "LAB_STDIN": "1" if options.stdin else "",
                    }.items()
                ),
            )
        if self.out:
            os.makedirs(self.out, exist_ok=True)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()

    def _write(self, name, text):
        with open(os.path.join(self.share, name), "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(text)

    def arguments(self):
        """QEMU's command line."""
        options = self.options
        memory = options.memory or default_memory()
        kernel = "console=ttyS0 quiet panic=-1 loglevel=4"
        result = [
            "qemu-system-x86_64",
            "-nodefaults",
            "-no-user-config",
            "-M",
            "q35,kernel-irqchip=off",
            "-accel",
            "tcg,thread=multi",
            "-cpu",
            # KVM keeps shadow page tables here. With the nested paging of QEMU 7.2's software CPU, one start of GRUB's CD in some 90 went
            # wrong: a guest got its host's registers, or the host's kernel stack was overwritten. QEMU as the VMM met the same.
            "max,+svm,-npt",
            "-smp",
            str(options.cpus),
            "-m",
            str(memory),
            "-display",
            "none",
            "-no-reboot",
        ]
        if options.iommu == "intel":
            result += ["-device", f"intel-iommu,intremap={options.intremap},caching-mode=on,device-iotlb=on"]
            kernel += " intel_iommu=on iommu=pt"
        elif options.iommu == "amd":
            result += ["-device", f"amd-iommu,intremap={options.intremap}"]
            kernel += " amd_iommu=on iommu=pt"
        self.console = os.path.join(self.share, "console.log")
        result += [
            "-chardev",
            f"file,id=console,path={self.console}",
            "-serial",
            "chardev:console",
            "-kernel",
            os.path.join(self.image, "vmlinuz"),
            "-initrd",
            os.path.join(self.image, "initramfs.gz"),
            "-append",
            f"{kernel} {options.append}".strip(),
            "-virtfs",
            "local,path=/,mount_tag=lab_root,security_model=none,readonly=on,multidevs=remap",
            "-virtfs",
            f"local,path={escape(self.share)},mount_tag=lab_share,security_model=none,multidevs=remap",
            "-device",
            "virtio-serial-pci,id=lab-serial",
            "-device",
            "virtio-rng-pci",
        ]
        if options.out:
            result += [
                "-virtfs",
                f"local,path={escape(self.out)},mount_tag=lab_out,security_model=none,multidevs=remap",
            ]
        for stream in (self.stdout, self.stderr, self.stdin):
            result += stream.arguments("lab-serial.0")
        if options.interactive:
            result += [
                "-chardev",
                f"stdio,id=terminal,signal=off,mux=off",
                "-device",
                "virtconsole,bus=lab-serial.0,chardev=terminal",
            ]
        if self.forwards:
            hosts = "".join(
                f",hostfwd=tcp:127.0.0.1:{forward.link_port}-:{forward.guest_port}" for forward in self.forwards
            )
            result += ["-netdev", f"user,id=link,restrict=on{hosts}", "-device", "virtio-net-pci,netdev=link,romfile="]
        if options.qmp:
            result += ["-qmp", f"unix:{escape(options.qmp)},server=on,wait=off"]
        for index, drive in enumerate(options.drives):
            if "=" in drive.split(",", 1)[0]:
                result += ["-drive", drive]
            else:
                path, _, rest = drive.partition(",")
                result += [
                    "-drive",
                    f"if=none,id=lab-drive{index},file={path},format=raw" + ("," + rest if rest else ""),
                    "-device",
                    f"virtio-blk-pci,drive=lab-drive{index},serial=lab-drive{index}",
                ]
        for device in options.devices:
            result += ["-device", device]
        return result

    def start(self):
        """Starts the machine; raises LabError when there is no QEMU."""
        self.deadline = time.monotonic() + self.options.timeout
        ends = [stream.theirs.fileno() for stream in (self.stdout, self.stderr, self.stdin)]
        own = None if self.options.interactive else subprocess.DEVNULL
        try:
            with open(os.path.join(self.share, "qemu.log"), "wb") as log:
                self.process = subprocess.Popen(
                    self.arguments(),
                    pass_fds=ends,
                    preexec_fn=end_with_parent,
                    stdin=own,
                    stdout=own,
                    stderr=log,
                    start_new_session=not self.options.interactive,
                )
        except OSError as error:
            raise LabError(f"cannot start {error.filename or 'qemu-system-x86_64'}: {error.strerror}") from error
        for stream in (self.stdout, self.stderr, self.stdin):
            stream.theirs.close()
        for forward in self.forwards:
            forward.start()

    def wait(self, stdout=None, stderr=None, stdin=None):
        """Copies output to the file descriptors (None: dropped) until the machine is off; returns the command's status.

        STATUS_TIMEOUT when the time was up; STATUS_LAB_FAILED when the machine ended without the command's status.
        """
        sinks = {self.stdout.ours: stdout, self.stderr.ours: stderr}
        open_streams = set(sinks)
        if stdin is not None:
            threading.Thread(target=self._feed, args=(stdin,), daemon=True).start()
        while open_streams:
            left = self.deadline - time.monotonic()
            if left <= 0:
                self.kill()
                return STATUS_TIMEOUT
            for stream in select.select(list(open_streams), [], [], min(left, 1.0))[0]:
                try:
                    data = stream.recv(1 << 16)
                except OSError:
                    data = b""
                if not data:
                    open_streams.discard(stream)
                elif sinks[stream] is not None:
                    write_all(sinks[stream], data)
        try:
            self.process.wait(max(1, self.deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.kill()
            return STATUS_TIMEOUT
        try:
            with open(os.path.join(self.share, "status"), encoding="ascii") as status:
                return int(status.read())
        except (OSError, ValueError):
            return STATUS_LAB_FAILED

    def _feed(self, source):
        try:
            while data := os.read(source, 1 << 16):
                self.stdin.ours.sendall(data)
            self.stdin.ours.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def kill(self):
        """Power cut: ends our QEMU, and only ours, at once."""
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def console_text(self, lines=40):
        """The last lines of the kernel's console and of QEMU's own messages, for a person to read."""
        text = ""
        for name in ("qemu.log", "console.log"):
            try:
                with open(os.path.join(self.share, name), encoding="utf-8", errors="replace") as file:
                    text += "\n".join(file.read().splitlines()[-lines:]) + "\n"
            except OSError:
                pass
        return text.strip()

    def close(self):
        """Ends the machine if it still runs and removes what the run needed. `out` stays when the caller chose it."""
        self.kill()
        for forward in self.forwards:
            forward.close()
        for stream in (getattr(self, name, None) for name in ("stdout", "stderr", "stdin")):
            if stream:
                stream.ours.close()
                stream.theirs.close()
        shutil.rmtree(self.share, ignore_errors=True)


def remove_leftovers():
    """Removes the shares of lab runs that were killed before they could: their names tell whose they were."""
    for name in os.listdir(tempfile.gettempdir()):
        parts = name.split(".")
        path = os.path.join(tempfile.gettempdir(), name)
        if (
            name.startswith(SHARE_PREFIX)
            and len(parts) == 3
            and parts[1].isdigit()
            and not os.path.exists(f"/proc/{parts[1]}")
        ):
            try:
                if os.lstat(path).st_uid == os.getuid():
                    shutil.rmtree(path, ignore_errors=True)
            except OSError:
                pass


def escape(path):
    """A path inside a QEMU option: a comma is doubled."""
    return path.replace(",", ",,")


def write_all(descriptor, data):
    try:
        while data:
            data = data[os.write(descriptor, data) :]
    except BrokenPipeError:
        # Nobody reads on (for example `| head`); the command goes on all the same.
        pass


def image_path():
    """The folder with the virtual host's kernel and initramfs; makes them on first use."""
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    if "SAFFRON_LAB_IMAGE" in os.environ:
        return os.environ["SAFFRON_LAB_IMAGE"]
    made = subprocess.run(
        ["bash", "-c", 'source "$1/scripts/common.sh" && lab_image', "lab", root], stdout=subprocess.PIPE, text=True
    )
    if made.returncode != 0:
        raise LabError("the virtual host's kernel could not be made")
    return made.stdout.strip().splitlines()[-1]


def parse(arguments):
    parser = argparse.ArgumentParser(
        prog="./dev lab",
        usage="./dev lab [OPTION...] -- COMMAND [ARGUMENT...]",
        description="Runs COMMAND in a virtual host with KVM and an IOMMU, in software. It sees this machine's files (its changes are "
        "lost, except those to $LAB_OUT), in this directory, as root. Output and exit status are COMMAND's; 124: the time was up; 125: "
        "the virtual host failed.",
    )
    parser.add_argument("--iommu", choices=("intel", "amd", "none"), default="intel", help="kind of IOMMU (intel)")
    parser.add_argument("--intremap", choices=("on", "off"), default="on", help="interrupt remapping (on)")
    parser.add_argument(
        "--device",
        action="append",
        default=[],
        dest="devices",
        metavar="DEVICE",
        help="one more device, as QEMU's -device",
    )
    parser.add_argument(
        "--drive",
        action="append",
        default=[],
        dest="drives",
        metavar="FILE|OPTIONS",
        help="a raw image as /dev/vda and so on (FILE[,OPTION=VALUE...]), or QEMU's -drive (if=none,id=...)",
    )
    parser.add_argument("--memory", type=int, default=0, metavar="MIB", help="memory (6144, less on a small machine)")
    parser.add_argument("--cpus", type=int, default=2, metavar="N", help="processors (2)")
    parser.add_argument(
        "--timeout", type=float, default=600, metavar="SECONDS", help="ends the virtual host then (600)"
    )
    parser.add_argument(
        "--out", metavar="DIR", help="files that COMMAND writes to $LAB_OUT come to DIR, as they are written"
    )
    parser.add_argument(
        "--forward",
        action="append",
        default=[],
        dest="forwards",
        metavar="HERE:THERE",
        help="a Unix socket (path) or TCP port of this machine that leads to one of the virtual host",
    )
    parser.add_argument(
        "--env",
        action="append",
        default=[],
        dest="environment",
        metavar="NAME[=VALUE]",
        help="set a variable for COMMAND",
    )
    parser.add_argument("--append", default="", metavar="WORDS", help="more words for the kernel's command line")
    parser.add_argument(
        "--stdin", action="store_true", help="COMMAND reads this program's standard input (else: nothing)"
    )
    parser.add_argument(
        "--interactive", action="store_true", help="COMMAND gets a terminal; without a COMMAND, a shell"
    )
    parser.add_argument("--qmp", metavar="SOCKET", help="QEMU's monitor (QMP) on this Unix socket")
    parser.add_argument("--verbose", action="store_true", help="also print the virtual host's console, at the end")
    if "--" in arguments:
        split = arguments.index("--")
        own, command = arguments[:split], arguments[split + 1 :]
    else:
        own, command = arguments, []
    options = parser.parse_args(own)
    if not command and not options.interactive:
        parser.error("no command: ./dev lab [OPTION...] -- COMMAND")
    forwards = []
    for forward in options.forwards:
        here, separator, there = forward.rpartition(":")
        if not separator or not here or not there:
            parser.error(f"--forward {forward}: not HERE:THERE")
        forwards.append((here, there))
    options.forwards = forwards
    if options.timeout <= 0 or options.cpus < 1 or options.memory < 0:
        parser.error("--timeout, --cpus and --memory must be positive")
    return options, command or ["bash", "-i"]


def main():
    parsed, command = parse(sys.argv[1:])
    options = Options(**vars(parsed))

    def stop(number, _):
        sys.exit(128 + number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    terminal = None
    try:
        with VirtualHost(image_path(), command, options) as host:
            if options.interactive and sys.stdin.isatty():
                import termios  # pylint: disable=import-outside-toplevel

                terminal = termios.tcgetattr(0)
            host.start()
            status = host.wait(1, 2, 0 if options.stdin else None)
            if status == STATUS_TIMEOUT and time.monotonic() >= host.deadline:
                print(f"lab: the time ({options.timeout:g} s) is up; the virtual host was ended", file=sys.stderr)
            if status == STATUS_LAB_FAILED or options.verbose:
                print(f"lab: the virtual host's console:\n{host.console_text()}", file=sys.stderr)
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        status = STATUS_LAB_FAILED
    finally:
        if terminal:
            termios.tcsetattr(0, termios.TCSANOW, terminal)
    sys.exit(status)


if __name__ == "__main__":
    main()
