# SPDX-License-Identifier: Apache-2.0
"""The two virtual machine monitors side by side: one description of a guest, started as our engine or as QEMU.

Both write the guest's serial port into a FIFO that we read, so that "the guest printed X" is seen the same way and at once.
"""

import json
import os
import select
import shutil
import subprocess
import tempfile
import time

# Limits are for hangs, not for speed: software CPUs are slow.
PATIENCE = 180


class BenchError(Exception):
    """A machine did not do what is measured; the text says what it did instead."""


class Guest:
    """What both machines are: 1 GiB, one CPU, standard VGA, virtio disk, network, random numbers and tablet, a serial port."""

    def __init__(self, **fields):
        self.firmware = None  # an image instead of SeaBIOS
        self.kernel = self.initrd = None
        self.command_line = ""
        self.disk = None
        self.display = True  # a VGA
        self.viewers = False  # a SPICE server for them
        self.network = True
        self.memory = 1024  # MiB
        self.cpus = 1
        for name, value in fields.items():
            if name not in self.__dict__:
                raise TypeError(f"no field {name}")
            setattr(self, name, value)


class Vmm:
    """A running machine. A context manager; leaving it ends the process and removes its files."""

    name = ""

    def __init__(self, guest):
        self.guest = guest
        self.folder = tempfile.mkdtemp(prefix="saffron-bench.", dir="/tmp")
        self.serial_path = os.path.join(self.folder, "serial")
        self.spice_path = os.path.join(self.folder, "spice.sock")
        self.log_path = os.path.join(self.folder, "log")
        self.text = ""
        self.process = None
        self.started = 0.0
        self.serial = None

    def command(self):
        raise NotImplementedError

    def environment(self):
        return None

    def __enter__(self):
        try:
            command = self.command()
            os.mkfifo(self.serial_path)
            self.serial = os.open(self.serial_path, os.O_RDONLY | os.O_NONBLOCK)
            with open(self.log_path, "wb") as log:
                self.started = time.monotonic()
                # pylint: disable-next=consider-using-with
                self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment())
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *unused):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.serial is not None:
            os.close(self.serial)
        shutil.rmtree(self.folder, ignore_errors=True)

    def wait_for(self, done, what, patience=PATIENCE):
        """Reads the serial port until done(text) is true; returns (that value, seconds since the process was started)."""
        deadline = time.monotonic() + patience
        while True:
            value = done(self.text)
            if value:
                return value, time.monotonic() - self.started
            left = deadline - time.monotonic()
            if left <= 0 or self.process.poll() is not None:
                why = "ended" if self.process.poll() is not None else f"is not there after {patience} s"
                with open(self.log_path, encoding="utf-8", errors="replace") as log:
                    raise BenchError(f"{self.name}: waiting for {what}: {why}; serial port:\n{self.text[-800:]}\nlog:\n{log.read()[-2000:]}")
            readable = select.select([self.serial], [], [], min(left, 0.2))[0]
            try:
                data = os.read(self.serial, 1 << 16) if readable else b""
            except BlockingIOError:
                data = b""
            if data:
                self.text += data.decode("utf-8", "replace")
            elif readable:
                time.sleep(0.0005)  # No writer yet: such a FIFO is always readable.

    def wait_text(self, text, patience=PATIENCE):
        """Seconds from the start of the process until the guest printed `text`."""
        return self.wait_for(lambda seen: text in seen, repr(text), patience)[1]

    def processes(self):
        """The process and its descendants (passt)."""
        parents = {}
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                try:
                    with open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as stat:
                        parents[int(entry)] = int(stat.read().rsplit(")", 1)[1].split()[1])
                except (FileNotFoundError, ProcessLookupError):
                    pass
        family = [self.process.pid]
        for pid in family:
            family += [child for child, parent in parents.items() if parent == pid]
        return family

    def memory(self):
        """MiB of RssAnon and RssFile, of the VMM itself and of all its processes: what is resident beside the guest's RAM, which is
        shared memory in both."""
        sizes = []
        for pid in self.processes():
            with open(f"/proc/{pid}/status", encoding="utf-8") as status:
                sizes.append(sum(int(line.split()[1]) for line in status if line.startswith(("RssAnon:", "RssFile:"))) / 1024)
        return sizes[0], sum(sizes)

    def wakeups(self):
        """Voluntary context switches so far, by thread, without the vCPUs."""
        counts = {}
        for pid in self.processes():
            for thread in os.listdir(f"/proc/{pid}/task"):
                try:
                    with open(f"/proc/{pid}/task/{thread}/status", encoding="utf-8") as status:
                        fields = dict(line.split(":", 1) for line in status if ":" in line)
                except (FileNotFoundError, ProcessLookupError):
                    continue
                name = fields["Name"].strip()
                if not name.startswith(("vcpu", "CPU ")):
                    counts[f"{name}/{thread}"] = int(fields["voluntary_ctxt_switches"])
        return counts


class Ours(Vmm):
    """saffron-engine."""

    name = "saffron"

    def __init__(self, guest):
        super().__init__(guest)
        self.serial_path = os.path.join(self.folder, "bench.serial.log")
        self.spice_path = os.path.join(self.folder, "run", "spice.sock")

    def command(self):
        guest = self.guest
        os.makedirs(os.path.join(self.folder, "machine"))
        config = {"format": 1, "name": "bench", "uuid": "5aff7000-0000-4000-8000-000000000001", "memory_mib": guest.memory,
                  "cpus": guest.cpus, "display": {"device": "vga" if guest.display else "none"}, "cdroms": [],
                  "disks": [{"id": "disk0", "path": guest.disk}] if guest.disk else [],
                  "networks": [{"id": "net0", "mode": "user"}] if guest.network else []}
        if guest.firmware:
            config["firmware"] = {"path": guest.firmware}
        if guest.kernel:
            config["boot"] = {"kernel": guest.kernel, "command_line": guest.command_line}
            if guest.initrd:
                config["boot"]["initrd"] = guest.initrd
        with open(os.path.join(self.folder, "machine", "machine.json"), "w", encoding="utf-8") as file:
            json.dump(config, file)
        command = [os.path.join(os.environ["SAFFRON_BIN"], "saffron-engine"), "--machine", os.path.join(self.folder, "machine"),
                   "--runtime", os.path.join(self.folder, "run")]
        return command + ([] if guest.viewers else ["--headless"])

    def environment(self):
        return {**os.environ, "SAFFRON_STATE": self.folder}


class Peer(Vmm):
    """Debian's QEMU with KVM, a q35 machine with the same devices."""

    name = "qemu"

    def command(self):
        guest = self.guest
        command = ["qemu-system-x86_64", "-nodefaults", "-no-user-config", "-M", "q35,memory-backend=ram", "-accel", "kvm", "-cpu", "host,arch-capabilities=off",
                   "-object", f"memory-backend-memfd,id=ram,share=on,size={guest.memory}M", "-m", f"{guest.memory}M",
                   "-smp", str(guest.cpus), "-display", "none", "-chardev", f"file,id=serial,path={self.serial_path}",
                   "-serial", "chardev:serial", "-device", "virtio-rng-pci", "-device", "virtio-tablet-pci"]
        if guest.display:
            command += ["-device", "VGA,vgamem_mb=32"]
        if guest.viewers:
            command += ["-spice", f"unix=on,addr={self.spice_path},disable-ticketing=on"]
        if guest.network:
            command += ["-netdev", "user,id=net0", "-device", "virtio-net-pci,netdev=net0,romfile="]
        if guest.disk:
            command += ["-drive", f"if=none,id=disk0,file={guest.disk},format=raw,cache=writeback,aio=io_uring,discard=unmap",
                        "-device", "virtio-blk-pci,drive=disk0,num-queues=1"]
        if guest.firmware:
            command += ["-bios", guest.firmware]
        if guest.kernel:
            command += ["-kernel", guest.kernel, "-append", guest.command_line]
            if guest.initrd:
                command += ["-initrd", guest.initrd]
        return command
