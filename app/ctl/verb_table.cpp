// SPDX-License-Identifier: Apache-2.0
// The one table of saffronctl's verbs.
#include <fmt/core.h>

#include <algorithm>

#include "app/ctl/arguments.h"
#include "app/ctl/context.h"
#include "app/ctl/verb.h"

namespace saffron::ctl {
namespace {

constexpr OptionSpec kCommonOptions[] = {
    {"--json", "", "", "Answer in JSON on standard output; errors too, as {\"error\": {code, message, subject}}"},
    {"--help", "-h", "", "Show this help"},
};

constexpr ExitStatus kExitStatuses[] = {
    {0, "Done"},
    {1, "Failed for another reason than those below"},
    {2, "The command line or a value in it is wrong"},
    {3, "There is no such machine, file, field, drive or job"},
    {4, "The machine's state does not allow it: it is not running, runs already, or the name is taken"},
    {5, "Permission denied"},
    {6, "It took too long"},
    {7, "The host cannot do it: not enough memory, CPUs or space, or \"doctor\" found a failure"},
};

constexpr ArgumentSpec kMachine[] = {{"NAME", ArgumentKind::kMachine}};
constexpr ArgumentSpec kNewMachine[] = {{"NAME"}};
constexpr ArgumentSpec kRenameArguments[] = {{"NAME", ArgumentKind::kMachine}, {"NEW_NAME"}};
constexpr ArgumentSpec kSetArguments[] = {{"NAME", ArgumentKind::kMachine},
                                          {"FIELD=VALUE", ArgumentKind::kAssignment, false, true}};
constexpr ArgumentSpec kMachineAndFile[] = {{"NAME", ArgumentKind::kMachine}, {"FILE", ArgumentKind::kFile}};
constexpr ArgumentSpec kTypeArguments[] = {{"NAME", ArgumentKind::kMachine},
                                           {"TEXT", ArgumentKind::kText, false, true}};
constexpr ArgumentSpec kKeyArguments[] = {{"NAME", ArgumentKind::kMachine},
                                          {"COMBO", ArgumentKind::kCombo, false, true}};
constexpr ArgumentSpec kTicketArguments[] = {{"NAME", ArgumentKind::kMachine}, {"TICKET", ArgumentKind::kText, true}};
constexpr ArgumentSpec kHelpArguments[] = {{"VERB", ArgumentKind::kVerb, true}};

constexpr OptionSpec kCreateOptions[] = {
    {"--memory", "-m", "SIZE", "RAM, in MiB or with M or G; otherwise 2G, or half of the host's"},
    {"--cpus", "-c", "COUNT", "CPUs; otherwise 2, or what the host has"},
    {"--cdrom", "", "FILE", "A CD image in the drive; again for more drives", ArgumentKind::kFile},
    {"--disk", "", "FILE", "An existing raw image or block device as a disk; may be repeated", ArgumentKind::kFile},
    {"--disk-size", "", "SIZE", "The new disk's size; otherwise 20G. It takes space on the host only as it fills"},
    {"--no-disk", "", "", "No new disk"},
    {"--no-network", "", "", "No network card"},
    {"--kernel", "", "FILE", "A Linux kernel to start directly", ArgumentKind::kFile},
    {"--initrd", "", "FILE", "The kernel's initial RAM disk", ArgumentKind::kFile},
    {"--append", "", "TEXT", "The kernel's command line"},
    {"--from", "", "FILE", "Start from this machine file (its name and uuid are replaced)", ArgumentKind::kFile},
    {"--set", "", "FIELD=VALUE", "Set any field, as \"saffronctl set\" does; may be repeated"},
};
constexpr OptionSpec kListOptions[] = {{"--names", "", "", "Only the names, one a line"}};
constexpr OptionSpec kShowOptions[] = {{"--field", "", "FIELD", "Only this field's value, as JSON"}};
constexpr OptionSpec kDeleteOptions[] = {{"--yes", "-y", "", "Do not ask, also on a terminal"}};
constexpr OptionSpec kStartOptions[] = {
    {"--headless", "", "", "Without a display for viewers"},
    {"--timeout", "", "SECONDS", "How long to wait for the engine; otherwise 60"},
};
constexpr OptionSpec kStopOptions[] = {
    {"--force", "-f", "",
     "End the machine at once, as if its plug were pulled: what the guest has not written is lost"},
    {"--no-wait", "", "", "Return as soon as the guest has been asked; not with --force"},
    {"--timeout", "", "SECONDS", "How long to wait for the end; otherwise 120"},
};
constexpr OptionSpec kTypeOptions[] = {
    {"--enter", "-e", "", "Press Enter at the end"},
    {"--interval", "", "MILLISECONDS", "Between two key events; otherwise 15"},
};
constexpr OptionSpec kKeyOptions[] = {{"--interval", "", "MILLISECONDS", "Between two key events; otherwise 15"}};
constexpr OptionSpec kLogOptions[] = {
    {"--follow", "-f", "", "Go on with what is added, until interrupted"},
    {"--lines", "-n", "COUNT", "Only the last lines"},
    {"--serial", "", "", "What the guest printed on its serial port, instead of the engine's log"},
};
constexpr OptionSpec kSpiceOptions[] = {{"--all", "", "", "Every URI, the best first"}};
constexpr OptionSpec kTicketOptions[] = {
    {"--none", "", "", "Viewers need no ticket"},
    {"--lifetime", "", "SECONDS", "How long the ticket is good; otherwise until the machine ends"},
};
constexpr OptionSpec kInsertOptions[] = {{"--drive", "", "ID", "Which drive, if there are several"}};
constexpr OptionSpec kEjectOptions[] = {
    {"--drive", "", "ID", "Which drive, if there are several"},
    {"--force", "-f", "", "Even if the guest has locked the drive"},
};

constexpr Verb kVerbs[] = {
    {"create", kNewMachine, kCreateOptions, "Make a new machine",
     "Makes a machine with an empty disk, an empty CD-ROM drive and a network card, or with what the options say. "
     "Either the whole machine is made, or nothing is.\n\n"
     "The machine starts from its disk if that can start, else from the CD.",
     "saffronctl create debian --memory 4G --cpus 2 --disk-size 40G --cdrom debian-12-netinst.iso", run_create},
    {"list",
     {},
     kListOptions,
     "List all machines",
     "Shows every machine with its state. A machine whose file is broken is listed with the reason.",
     "saffronctl list --json",
     run_list},
    {"show", kMachine, kShowOptions, "Show a machine's settings and state",
     "Shows what the machine has, where it lives and, while it runs, how it is doing.",
     "saffronctl show debian\nsaffronctl show debian --field disks[0].path", run_show},
    {"set",
     kSetArguments,
     {},
     "Change a machine's settings",
     "Sets fields of the machine file. All of them are set, or none. \"saffronctl fields\" lists the fields. A running "
     "machine has the new settings from its next start.\n\n"
     "A list's element is named by its index. An index just past the end adds one: disks[1]={...}.",
     "saffronctl set debian memory=8G cpus=4 boot.order=cdrom,disk\nsaffronctl set debian cdroms[0].path=none",
     run_set},
    {"fields",
     {},
     {},
     "List the fields of the machine file",
     "Shows each field with its limits, default and meaning.",
     "",
     run_fields},
    {"rename", kRenameArguments, {}, "Give a machine another name", "The machine must not be running.", "", run_rename},
    {"delete", kMachine, kDeleteOptions, "Delete a machine",
     "Removes the machine's directory with the disk images in it. Images elsewhere are left alone. The machine must "
     "not "
     "be running. On a terminal it asks first.",
     "saffronctl delete debian --yes", run_delete},
    {"start", kMachine, kStartOptions, "Start a machine",
     "Starts the machine's engine, which goes on after this command, and waits until the machine runs. If it cannot, "
     "the engine's error is shown.",
     "saffronctl start debian", run_start},
    {"stop", kMachine, kStopOptions, "Shut a machine down",
     "Asks the guest to shut down, as its power button does, and waits until it has. With --force the machine ends at "
     "once; an engine that does not answer in 10 seconds is killed.",
     "saffronctl stop debian\nsaffronctl stop debian --force", run_stop},
    {"pause", kMachine, {}, "Pause a machine", "The guest stands still and keeps its memory.", "", run_pause},
    {"resume",
     kMachine,
     {},
     "Let a paused machine go on",
     "Also after a pause that the engine made, such as when the host's disk was full.",
     "",
     run_resume},
    {"reset", kMachine, {}, "Reset a machine", "Restarts the guest at once, without telling it.", "", run_reset},
    {"power",
     kMachine,
     {},
     "Press a machine's power button",
     "The guest decides what that means; most shut down. Unlike \"stop\" this does not wait.",
     "",
     run_power},
    {"screenshot",
     kMachineAndFile,
     {},
     "Save a picture of a machine's screen",
     "Writes the screen as it is now, as a PNG file. The file \"-\" is standard output.",
     "saffronctl screenshot debian screen.png",
     run_screenshot},
    {"type", kTypeArguments, kTypeOptions, "Type a text on a machine's keyboard",
     "Types what a US keyboard can: letters, digits, signs, and Enter for each end of line. Several texts are typed "
     "with "
     "spaces between. The text \"-\" is read from standard input. Returns when all has been typed.",
     "saffronctl type debian --enter root", run_type},
    {"key", kKeyArguments, kKeyOptions, "Press key combinations on a machine's keyboard",
     "Names of keys, joined by \"-\" or \"+\". Several combinations are pressed one after the other.",
     "saffronctl key debian ctrl-alt-delete\nsaffronctl key debian down down enter", run_key},
    {"serial",
     kMachine,
     {},
     "Talk to a machine's serial port",
     "Connects the terminal to the guest's first serial port; Ctrl-] leaves. Without a terminal, standard input goes "
     "to the guest, and what the guest prints is shown until the machine ends. With --json, shows where the port's "
     "socket is.",
     "",
     run_serial},
    {"log", kMachine, kLogOptions, "Show a machine's log",
     "Shows what the machine's engine has written, also after its end.", "saffronctl log debian -f", run_log},
    {"events",
     kMachine,
     {},
     "Show what happens to a machine",
     "A line for each event, after one for the present state, until the machine ends. With --json, an object a line.",
     "saffronctl events debian --json",
     run_events},
    {"metrics",
     kMachine,
     {},
     "Show a machine's counters",
     "Numbers of the running engine, for those who measure.",
     "",
     run_metrics},
    {"spice", kMachine, kSpiceOptions, "Print where a viewer finds a machine's screen",
     "Prints a URI that saffron-viewer, remote-viewer and others open.", "saffron-viewer $(saffronctl spice debian)",
     run_spice},
    {"ticket", kTicketArguments, kTicketOptions, "Set the password for network viewers",
     "Holds for the running machine. The ticket \"-\" is read from standard input, where other users do not see it.",
     "saffronctl ticket debian - --lifetime 60 < ticket-file", run_ticket},
    {"insert", kMachineAndFile, kInsertOptions, "Insert a CD image into a machine's drive",
     "In the running machine, and for its next start.", "saffronctl insert debian drivers.iso", run_insert},
    {"eject", kMachine, kEjectOptions, "Eject the CD image from a machine's drive",
     "From the running machine, and for its next start.", "", run_eject},
    {"doctor",
     {},
     {},
     "Check what this host can do",
     "Looks at the CPU, KVM, firmware, libraries and helpers, and says for each problem what to do.",
     "",
     run_doctor},
    {"version",
     {},
     {},
     "Show the version",
     "Of this program, the control protocol and the machine file.",
     "",
     run_version},
    {"help",
     kHelpArguments,
     {},
     "Show help, for one verb or for all",
     "With --json, the list of verbs.",
     "saffronctl help create",
     run_help},
};

}  // namespace

std::span<const Verb> verbs() {
  return kVerbs;
}
std::span<const OptionSpec> common_options() {
  return kCommonOptions;
}
std::span<const ExitStatus> exit_statuses() {
  return kExitStatuses;
}

const Verb* find_verb(std::string_view name) {
  const auto* const found =
      std::find_if(std::begin(kVerbs), std::end(kVerbs), [&](const Verb& verb) { return verb.name == name; });
  return found == std::end(kVerbs) ? nullptr : found;
}

}  // namespace saffron::ctl
