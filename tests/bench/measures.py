# SPDX-License-Identifier: Apache-2.0
"""How each figure is taken. Every measure runs both VMMs in turn, so that a busy host is busy for both."""

import base64
import os
import statistics
import subprocess
import time

from vmm import BenchError, Guest, Ours, Peer


def say(text):
    print(text, flush=True)


def both(rounds, take):
    """{"ours": [...], "peer": [...]}: take(class) for each VMM in turn, `rounds` times."""
    values = {Ours: [], Peer: []}
    for number in range(rounds):
        for kind in (Ours, Peer) if number % 2 == 0 else (Peer, Ours):
            values[kind].append(take(kind))
    return {"ours": values[Ours], "peer": values[Peer]}


def asset(name):
    return os.path.join(os.environ["SAFFRON_BENCH_ASSETS"], name)


def guest_file(guest, name):
    return os.path.join(os.environ[f"SAFFRON_GUEST_{guest}"], name)


def first_instruction(settings):
    """Direct boot of the smallest kernel; QEMU's first instruction is its firmware's, so it gets a firmware that says when it runs."""
    kernel = {"kernel": asset("kernel.bin"), "disk": settings.disk}

    def firmware(kind):
        extra = {} if kind is Ours else {"firmware": asset("firmware.bin")}
        with kind(Guest(**kernel, **extra)) as machine:
            return 1000 * machine.wait_text("K" if kind is Ours else "F")

    def whole(kind):
        with kind(Guest(**kernel)) as machine:
            return 1000 * machine.wait_text("K")

    results = [{"key": "first-instruction", **both(settings.rounds * 2, firmware)}]
    if settings.real_cpu:  # Firmware takes too long where real mode is emulated.
        results.append({"key": "first-kernel-instruction", **both(settings.rounds, whole)})
    return results


def guest_init(settings):
    def take(kind):
        guest = Guest(kernel=guest_file("TINY", "vmlinuz"), initrd=guest_file("TINY", "initrd.gz"), command_line="console=ttyS0 quiet",
                      disk=settings.disk)
        with kind(guest) as machine:
            return machine.wait_text("SAFFRON-GUEST-INIT")

    return [{"key": "guest-init", **both(settings.rounds, take)}]


def pair(key, taken):
    """Two results from values of Vmm.memory(): the VMM's own process, and with its helpers."""
    return [{"key": name, **{side: [value[place] for value in values] for side, values in taken.items()}}
            for place, name in enumerate((key, f"{key}-all"))]


def memory_at_start(settings):
    """Ten seconds after the start: the firmware has run (it hangs on its way where real mode is emulated, in both)."""

    def take(kind, **fields):
        with kind(Guest(disk=settings.disk, **fields)) as machine:
            time.sleep(settings.settle)
            if machine.process.poll() is not None:
                raise BenchError(f"{machine.name} ended while it was measured")
            return machine.memory()

    rounds = max(1, settings.rounds // 2)
    return [*pair("memory-headless", both(rounds, lambda kind: take(kind, display=False))),
            pair("memory-headless-vga", both(rounds, take))[0],
            *pair("memory-display", both(rounds, lambda kind: take(kind, viewers=True)))]


def ports(settings):
    """Ticks of one access by port and round, from the firmware that accesses for ever. The premium is what user space costs more."""
    accesses = 5000  # ACCESSES in firmware.S
    writes = 0x8000

    def take(kind):
        with kind(Guest(firmware=asset("firmware.bin"), display=False, network=False)) as machine:
            wanted = settings.rounds * 2 + 1
            machine.wait_for(lambda text: text.count("R\n") > wanted, "the port accesses")
            ticks = {}
            for line in machine.text.split("R\n", 2)[2].splitlines():  # Without the first round.
                port, _, value = line.partition(" ")
                if len(port) == 4 and len(value) == 16:
                    ticks.setdefault(int(port, 16), []).append(int(value, 16) / accesses)
            return {port: statistics.median(values) for port, values in ticks.items()}

    taken = both(max(2, settings.rounds // 2), take)

    def result(key, port, base=None):
        return {"key": key, **{side: [value[port] - (value[base] if base else 0) for value in values] for side, values in taken.items()}}

    return [*(result(f"port-{port:#x}", port, 0x21) for port in (0x80, 0x64, 0x3fd)),
            *(result(f"port-{port:#x}-write", writes + port, writes + 0x21) for port in (0x80, 0x3ff)),
            result("port-0x21", 0x21), result("port-0x21-write", writes + 0x21)]


def disk_reads(settings):
    commands = f"chmod +x /disk_reader; /disk_reader /dev/vda {settings.seconds}"
    line = f"console=ttyS0 quiet saffron.run={base64.b64encode(commands.encode()).decode()}"

    def take(kind):
        guest = Guest(kernel=guest_file("TINY", "vmlinuz"), initrd=asset("tiny_and_reader.gz"), command_line=line, disk=settings.disk,
                      network=False, display=False)
        with kind(guest) as machine:
            machine.wait_text("SAFFRON-RUN-END")
            words = [entry.split() for entry in machine.text.splitlines() if entry.startswith("BENCH ")]
            if len(words) != 4:
                raise BenchError(f"{machine.name}: the disk reader failed:\n{machine.text[-800:]}")
            return {name: float(value) for _, name, value in words}

    with open(settings.disk, "rb", buffering=0) as file:  # Into the page cache: the file is the same for both, its medium no matter.
        while file.read(1 << 20):
            pass
    taken = both(settings.rounds, take)
    return [{"key": name, **{side: [value[name] for value in values] for side, values in taken.items()}}
            for name in ("random-4k-1", "random-4k-16", "sequential-1m-1", "sequential-1m-4")]


def desktop(settings):
    """The demo desktop: its memory before a viewer came, then the wake-ups of an idle machine that is watched."""
    with open(guest_file("DEMO", "command_line"), encoding="utf-8") as file:
        line = file.read().strip()

    def take(kind):
        guest = Guest(kernel=guest_file("DEMO", "vmlinuz"), initrd=guest_file("DEMO", "initrd.gz"), command_line=line,
                      disk=settings.demo_disk, viewers=True)
        with kind(guest) as machine:
            machine.wait_text("SAFFRON-DESKTOP-READY", 300)
            time.sleep(settings.settle)
            memory = machine.memory()
            viewer = subprocess.Popen([asset("idle_viewer"), machine.spice_path], stdout=subprocess.PIPE)  # pylint: disable=consider-using-with
            try:
                if viewer.stdout.readline() != b"connected\n":
                    raise BenchError(f"{machine.name}: the viewer could not connect")
                time.sleep(settings.settle)
                before = machine.wakeups()
                start = time.monotonic()
                time.sleep(20)
                seconds = time.monotonic() - start
                rates = {name: (count - before.get(name, 0)) / seconds for name, count in machine.wakeups().items()}
            finally:
                viewer.terminate()
                viewer.wait()
            busy = sorted(((rate, name) for name, rate in rates.items() if rate > 0.1), reverse=True)
            say(f"  {machine.name}: {memory[0]:.1f} MiB; wake-ups: " + ", ".join(f"{name.split('/')[0]} {rate:.1f}" for rate, name in busy))
            return memory, sum(rates.values())

    taken = both(1, take)
    return [*pair("memory-desktop", {side: [value[0] for value in values] for side, values in taken.items()}),
            {"key": "idle-wakeups", **{side: [value[1] for value in values] for side, values in taken.items()}}]


# Name: (measure, where it runs). "native" needs this host's /dev/kvm, "lab" a virtual host whose KVM runs any guest.
MEASURES = {
    "start": (first_instruction, ("native", "lab")),
    "ports": (ports, ("native", "lab")),
    "memory": (memory_at_start, ("lab",)),
    "init": (guest_init, ("lab",)),
    "disk": (disk_reads, ("lab",)),
    "desktop": (desktop, ("lab",)),
}
