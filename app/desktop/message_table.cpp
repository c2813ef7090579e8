// SPDX-License-Identifier: Apache-2.0
#include "app/desktop/message_table.h"

#include <QtCore/QRegularExpression>
#include <QtCore/QtGlobal>

namespace saffron::desktop {

namespace {

// clang-format off
constexpr const char* kSentences[] = {
    // The machine file and the library.
    QT_TRANSLATE_NOOP("EngineText", "There is already a machine \"%1\""),
    QT_TRANSLATE_NOOP("EngineText", "There is no machine \"%1\""),
    QT_TRANSLATE_NOOP("EngineText", "The machine \"%1\" is running"),
    QT_TRANSLATE_NOOP("EngineText", "The machine \"%1\" is already running"),
    QT_TRANSLATE_NOOP("EngineText", "The machine file says \"%1\", but the directory is \"%2\""),
    QT_TRANSLATE_NOOP("EngineText", "The machine wants %1 MiB of RAM, but this host has %2 MiB"),
    QT_TRANSLATE_NOOP("EngineText", "The machine wants %1 CPUs, but this host has %2"),
    QT_TRANSLATE_NOOP("EngineText", "Cannot open the machine file: %1"),
    QT_TRANSLATE_NOOP("EngineText", "Cannot open %1 for reading: %2"),
    QT_TRANSLATE_NOOP("EngineText", "Cannot open %1 for writing: %2"),
    QT_TRANSLATE_NOOP("EngineText", "Cannot open %1: %2"),
    QT_TRANSLATE_NOOP("EngineText", "%1 is a directory, not an image"),
    QT_TRANSLATE_NOOP("EngineText", "%1 is neither a file nor a block device"),
    QT_TRANSLATE_NOOP("EngineText", "%1 is empty"),
    QT_TRANSLATE_NOOP("EngineText", "%1 is not a raw disk image: its size is not a multiple of 512"),
    QT_TRANSLATE_NOOP("EngineText", "A disk has at least 1 MiB and at most 64 TiB"),
    QT_TRANSLATE_NOOP("EngineText", "Another device has the id \"%1\""),
    QT_TRANSLATE_NOOP("EngineText", "Another forward has this port of the host"),
    QT_TRANSLATE_NOOP("EngineText", "The boot order names this twice"),
    QT_TRANSLATE_NOOP("EngineText", "An initial RAM disk needs a kernel in boot.kernel"),
    QT_TRANSLATE_NOOP("EngineText", "A command line needs a kernel in boot.kernel"),
    QT_TRANSLATE_NOOP("EngineText", "There are %1 SATA ports for CD-ROM drives and sata disks together"),
    QT_TRANSLATE_NOOP("EngineText", "The video memory must be a power of two"),
    QT_TRANSLATE_NOOP("EngineText", "The preferred size does not fit the video memory"),
    QT_TRANSLATE_NOOP("EngineText", "A ticket is needed when viewers on other hosts may connect"),
    QT_TRANSLATE_NOOP("EngineText", "A MAC address is six pairs of hexadecimal digits with colons"),
    QT_TRANSLATE_NOOP("EngineText", "A network card's MAC address cannot be a multicast address"),
    QT_TRANSLATE_NOOP("EngineText", "A network card's MAC address cannot be all zeros"),
    QT_TRANSLATE_NOOP("EngineText", "The value must be a numeric IPv4 or IPv6 address"),
    QT_TRANSLATE_NOOP("EngineText", "The text may hold printable ASCII characters only"),
    QT_TRANSLATE_NOOP("EngineText", "The path must be absolute"),
    QT_TRANSLATE_NOOP("EngineText", "There is no such field"),
    // The engine.
    QT_TRANSLATE_NOOP("EngineText", "The engine ended before the machine was ready. The end of its log:"),
    QT_TRANSLATE_NOOP("EngineText", "The engine ended before the machine was ready"),
    QT_TRANSLATE_NOOP("EngineText", "The program saffron-engine is not there: is Saffron installed completely?"),
    QT_TRANSLATE_NOOP("EngineText", "The machine is not running"),
    QT_TRANSLATE_NOOP("EngineText", "The connection to the engine has ended"),
    QT_TRANSLATE_NOOP("EngineText", "The engine sent a picture that cannot be read"),
    // Host checks: titles, what was found, what to do.
    QT_TRANSLATE_NOOP("EngineText", "CPU virtualization"),
    QT_TRANSLATE_NOOP("EngineText", "KVM device"),
    QT_TRANSLATE_NOOP("EngineText", "Nested virtualization"),
    QT_TRANSLATE_NOOP("EngineText", "SeaBIOS firmware"),
    QT_TRANSLATE_NOOP("EngineText", "SPICE server library"),
    QT_TRANSLATE_NOOP("EngineText", "Runtime directory"),
    QT_TRANSLATE_NOOP("EngineText", "Memory"),
    QT_TRANSLATE_NOOP("EngineText", "Saffron's engine"),
    QT_TRANSLATE_NOOP("EngineText", "User-mode network"),
    QT_TRANSLATE_NOOP("EngineText", "no VT-x or AMD-V; KVM runs on kvm_pvm, which cannot run ordinary guests at speed"),
    QT_TRANSLATE_NOOP("EngineText", "the CPU offers neither VT-x nor AMD-V"),
    QT_TRANSLATE_NOOP("EngineText", "/dev/kvm opens"),
    QT_TRANSLATE_NOOP("EngineText", "/dev/kvm is missing"),
    QT_TRANSLATE_NOOP("EngineText", "/dev/kvm does not open: %1"),
    QT_TRANSLATE_NOOP("EngineText", "guests can be hosts themselves"),
    QT_TRANSLATE_NOOP("EngineText", "off: guests cannot run machines of their own"),
    QT_TRANSLATE_NOOP("EngineText", "not offered"),
    QT_TRANSLATE_NOOP("EngineText", "%1 is missing: machines have no network"),
    QT_TRANSLATE_NOOP("EngineText", "%1 is missing"),
    QT_TRANSLATE_NOOP("EngineText", "the program %1 is missing"),
    QT_TRANSLATE_NOOP("EngineText", "available"),
    QT_TRANSLATE_NOOP("EngineText", "not available (%1): disks are slower"),
    QT_TRANSLATE_NOOP("EngineText", "XDG_RUNTIME_DIR is not set; machines use %1"),
    QT_TRANSLATE_NOOP("EngineText", "%1 MiB available of %2 MiB"),
    QT_TRANSLATE_NOOP("EngineText", "Use a host with VT-x or AMD-V, or a virtual host with nested virtualization. Saffron's lab works here."),
    QT_TRANSLATE_NOOP("EngineText", "Turn on nested virtualization for this virtual host."),
    QT_TRANSLATE_NOOP("EngineText", "Turn on VT-x or AMD-V (SVM) in the host's firmware settings."),
    QT_TRANSLATE_NOOP("EngineText", "Load KVM: %1"),
    QT_TRANSLATE_NOOP("EngineText", "Join the group kvm (sudo adduser $USER kvm), then log in again."),
    QT_TRANSLATE_NOOP("EngineText", "See the kernel's log (dmesg | grep kvm)."),
    QT_TRANSLATE_NOOP("EngineText", "If you need it: load %1 with nested=1."),
    QT_TRANSLATE_NOOP("EngineText", "Install the package %1."),
    QT_TRANSLATE_NOOP("EngineText", "Allow it: %1"),
    QT_TRANSLATE_NOOP("EngineText", "Use a kernel with io_uring, or a sandbox that allows it."),
    QT_TRANSLATE_NOOP("EngineText", "Log in through a session manager (systemd-logind) that sets XDG_RUNTIME_DIR."),
    QT_TRANSLATE_NOOP("EngineText", "Make it a directory of your own with mode 0700, or set XDG_RUNTIME_DIR."),
    QT_TRANSLATE_NOOP("EngineText", "Close other programs, or give machines less memory."),
    QT_TRANSLATE_NOOP("EngineText", "Install Saffron completely; saffron-engine belongs beside saffronctl."),
};

constexpr FieldWords kFields[] = {
    {"name", QT_TRANSLATE_NOOP("FieldLabel", "&Name"), QT_TRANSLATE_NOOP("FieldHelp", "The machine's name")},
    {"memory_mib", QT_TRANSLATE_NOOP("FieldLabel", "&Memory"), QT_TRANSLATE_NOOP("FieldHelp", "The machine's RAM")},
    {"cpus", QT_TRANSLATE_NOOP("FieldLabel", "&CPUs"), QT_TRANSLATE_NOOP("FieldHelp", "The number of CPUs")},
    {"rng", QT_TRANSLATE_NOOP("FieldLabel", "Random numbers of the host for the &guest"), QT_TRANSLATE_NOOP("FieldHelp", "Give the guest random numbers of the host")},
    {"panic_action", QT_TRANSLATE_NOOP("FieldLabel", "When the guest &panics"), QT_TRANSLATE_NOOP("FieldHelp", "What happens when the guest's kernel panics")},
    {"firmware", QT_TRANSLATE_NOOP("FieldLabel", "&Firmware"), QT_TRANSLATE_NOOP("FieldHelp", "What starts the machine")},
    {"firmware.path", QT_TRANSLATE_NOOP("FieldLabel", "Firmware &image"), QT_TRANSLATE_NOOP("FieldHelp", "A firmware image instead of the system's")},
    {"boot.order", QT_TRANSLATE_NOOP("FieldLabel", "&Boot order"), QT_TRANSLATE_NOOP("FieldHelp", "What the firmware tries, in order")},
    {"boot.menu", QT_TRANSLATE_NOOP("FieldLabel", "&Offer the firmware's boot menu"), QT_TRANSLATE_NOOP("FieldHelp", "Let the firmware offer its boot menu for a few seconds")},
    {"boot.kernel", QT_TRANSLATE_NOOP("FieldLabel", "&Kernel"), QT_TRANSLATE_NOOP("FieldHelp", "A Linux kernel to start directly, without the boot order")},
    {"boot.initrd", QT_TRANSLATE_NOOP("FieldLabel", "&Initial RAM disk"), QT_TRANSLATE_NOOP("FieldHelp", "The kernel's initial RAM disk")},
    {"boot.command_line", QT_TRANSLATE_NOOP("FieldLabel", "Command &line"), QT_TRANSLATE_NOOP("FieldHelp", "The kernel's command line")},
    {"disks", QT_TRANSLATE_NOOP("FieldLabel", "&Disks"), QT_TRANSLATE_NOOP("FieldHelp", "The hard disks")},
    {"disks[].path", QT_TRANSLATE_NOOP("FieldLabel", "&Image"), QT_TRANSLATE_NOOP("FieldHelp", "A raw image or block device; relative to the machine's directory")},
    {"disks[].bus", QT_TRANSLATE_NOOP("FieldLabel", "&Bus"), QT_TRANSLATE_NOOP("FieldHelp", "How the disk is attached: virtio is faster, sata needs no driver")},
    {"disks[].read_only", QT_TRANSLATE_NOOP("FieldLabel", "&Read-only"), QT_TRANSLATE_NOOP("FieldHelp", "The guest cannot write to the disk")},
    {"cdroms", QT_TRANSLATE_NOOP("FieldLabel", "CD-ROM &drives"), QT_TRANSLATE_NOOP("FieldHelp", "The CD-ROM drives")},
    {"cdroms[].path", QT_TRANSLATE_NOOP("FieldLabel", "CD &image"), QT_TRANSLATE_NOOP("FieldHelp", "The CD image in the drive, or nothing")},
    {"networks", QT_TRANSLATE_NOOP("FieldLabel", "&Network card"), QT_TRANSLATE_NOOP("FieldHelp", "The network cards")},
    {"networks[].mac", QT_TRANSLATE_NOOP("FieldLabel", "&MAC address"), QT_TRANSLATE_NOOP("FieldHelp", "The card's address; nothing: made from the uuid")},
    {"networks[].forwards", QT_TRANSLATE_NOOP("FieldLabel", "&Forwarded ports"), QT_TRANSLATE_NOOP("FieldHelp", "Ports of the host that lead to the guest")},
    {"display.device", QT_TRANSLATE_NOOP("FieldLabel", "&Graphics card"), QT_TRANSLATE_NOOP("FieldHelp", "The graphics card")},
    {"display.video_memory_mib", QT_TRANSLATE_NOOP("FieldLabel", "Video &memory"), QT_TRANSLATE_NOOP("FieldHelp", "The graphics card's memory, a power of two")},
    {"display.width", QT_TRANSLATE_NOOP("FieldLabel", "Preferred &size"), QT_TRANSLATE_NOOP("FieldHelp", "What the guest is told to prefer, in pixels")},
    {"display.spice.tcp", QT_TRANSLATE_NOOP("FieldLabel", "&Viewers may connect over the network (SPICE)"), QT_TRANSLATE_NOOP("FieldHelp", "Where viewers may connect over the network; nothing: only this user, here")},
    {"display.spice.tcp.address", QT_TRANSLATE_NOOP("FieldLabel", "&Address"), QT_TRANSLATE_NOOP("FieldHelp", "The address to listen on")},
    {"display.spice.tcp.port", QT_TRANSLATE_NOOP("FieldLabel", "&Port"), QT_TRANSLATE_NOOP("FieldHelp", "The TCP port to listen on")},
    {"display.spice.ticket", QT_TRANSLATE_NOOP("FieldLabel", "&Ticket"), QT_TRANSLATE_NOOP("FieldHelp", "The password for network viewers")},
    {"input.keyboard", QT_TRANSLATE_NOOP("FieldLabel", "&Keyboard"), QT_TRANSLATE_NOOP("FieldHelp", "ps2: works everywhere; virtio: one more, with a driver")},
    {"input.tablet", QT_TRANSLATE_NOOP("FieldLabel", "&Tablet: the pointer follows without a grab"), QT_TRANSLATE_NOOP("FieldHelp", "A pointer that follows the viewer's without a grab")},
    {"serial.log", QT_TRANSLATE_NOOP("FieldLabel", "Keep a &log of the serial port"), QT_TRANSLATE_NOOP("FieldHelp", "Keep what the first serial port prints")},
};
// clang-format on

}  // namespace

std::span<const char* const> engine_sentences() {
  return kSentences;
}

const FieldWords* field_of(const QString& path) {
  static const QRegularExpression index("\\[\\d+\\]");
  const QString pattern = QString(path).replace(index, "[]");
  for (const FieldWords& words : kFields) {
    if (pattern == words.path) {
      return &words;
    }
  }
  return nullptr;
}

}  // namespace saffron::desktop
