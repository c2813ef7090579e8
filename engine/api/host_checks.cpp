// SPDX-License-Identifier: Apache-2.0
#include "engine/api/host_checks.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>

#include "engine/api/engine_launcher.h"
#include "engine/api/paths.h"

namespace saffron::api {
namespace {

constexpr std::uint64_t kLeastMemoryKib = std::uint64_t{1} << 20;  // 1 GiB: a small desktop guest.

bool exists(const HostProbe& probe, const std::string& path) {
  struct stat info {};
  return stat((probe.root + path).c_str(), &info) == 0;
}

/// The words after "flags" of the first CPU.
std::set<std::string> cpu_flags(const HostProbe& probe) {
  std::ifstream file(probe.root + "/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("flags")) {
      std::istringstream words(line.substr(std::min(line.find(':') + 1, line.size())));
      std::set<std::string> flags;
      for (std::string word; words >> word;) {
        flags.insert(word);
      }
      return flags;
    }
  }
  return {};
}

std::optional<std::uint64_t> memory_kib(const HostProbe& probe, std::string_view field) {
  std::ifstream file(probe.root + "/proc/meminfo");
  std::string name;
  std::uint64_t number = 0;
  std::string rest;
  while (file >> name >> number && std::getline(file, rest)) {
    if (name == field) {
      return number;
    }
  }
  return std::nullopt;
}

std::string first_word(const HostProbe& probe, const std::string& path) {
  std::ifstream file(probe.root + path);
  std::string word;
  file >> word;
  return word;
}

HostCheck check_cpu(const HostProbe& probe) {
  HostCheck check{"cpu_virtualization", "CPU virtualization", CheckState::kOk, {}, {}};
  const auto flags = cpu_flags(probe);
  if (flags.contains("vmx") || flags.contains("svm")) {
    check.detail = flags.contains("vmx") ? "Intel VT-x" : "AMD-V";
    return check;
  }
  check.state = CheckState::kFailed;
  if (exists(probe, "/sys/module/kvm_pvm")) {
    check.detail = "no VT-x or AMD-V; KVM runs on kvm_pvm, which cannot run ordinary guests at speed";
    check.fix =
        "Use a host with VT-x or AMD-V, or a virtual host with nested virtualization. Saffron's lab works here.";
  } else {
    check.detail = "the CPU offers neither VT-x nor AMD-V";
    check.fix = flags.contains("hypervisor") ? "Turn on nested virtualization for this virtual host."
                                             : "Turn on VT-x or AMD-V (SVM) in the host's firmware settings.";
  }
  return check;
}

HostCheck check_kvm_device(const HostProbe& probe) {
  HostCheck check{"kvm_device", "KVM device", CheckState::kOk, "/dev/kvm opens", {}};
  if (!exists(probe, "/dev/kvm")) {
    check.state = CheckState::kFailed;
    check.detail = "/dev/kvm is missing";
    const bool amd = cpu_flags(probe).contains("svm");
    check.fix = fmt::format("Load KVM: sudo modprobe {}", amd ? "kvm-amd" : "kvm-intel");
    return check;
  }
  const int error = probe.open_read_write(probe.root + "/dev/kvm");
  if (error == 0) {
    return check;
  }
  check.state = CheckState::kFailed;
  check.detail = fmt::format("/dev/kvm does not open: {}", std::strerror(error));
  check.fix = error == EACCES || error == EPERM ? "Join the group kvm (sudo adduser $USER kvm), then log in again."
                                                : "See the kernel's log (dmesg | grep kvm).";
  return check;
}

HostCheck check_nested(const HostProbe& probe) {
  HostCheck check{"nested", "Nested virtualization", CheckState::kOk, {}, {}};
  for (const char* module : {"kvm_intel", "kvm_amd"}) {
    const std::string value = first_word(probe, fmt::format("/sys/module/{}/parameters/nested", module));
    if (!value.empty()) {
      const bool on = value == "Y" || value == "1";
      check.detail = on ? "guests can be hosts themselves" : "off: guests cannot run machines of their own";
      check.fix = on ? "" : fmt::format("If you need it: load {} with nested=1.", module);
      return check;
    }
  }
  check.detail = "not offered";
  return check;
}

HostCheck check_firmware(const HostProbe& probe) {
  HostCheck check{"firmware", "SeaBIOS firmware", CheckState::kOk, {}, {}};
  for (const char* path : {"/usr/share/seabios/bios-256k.bin", "/usr/share/qemu/bios-256k.bin"}) {
    if (exists(probe, path)) {
      check.detail = path;
      break;
    }
  }
  const bool video =
      exists(probe, "/usr/share/seabios/vgabios-stdvga.bin") || exists(probe, "/usr/share/qemu/vgabios-stdvga.bin");
  if (check.detail.empty() || !video) {
    check.state = CheckState::kFailed;
    check.detail = check.detail.empty() ? "bios-256k.bin is missing" : "vgabios-stdvga.bin is missing";
    check.fix = "Install the package seabios.";
  }
  return check;
}

HostCheck check_program(const HostProbe& probe, const char* id, const char* title, const char* program,
                        const char* without) {
  HostCheck check{id, title, CheckState::kOk, {}, {}};
  for (const char* directory : {"/usr/bin", "/usr/local/bin", "/usr/sbin", "/bin"}) {
    const std::string path = fmt::format("{}/{}", directory, program);
    if (exists(probe, path)) {
      check.detail = path;
      return check;
    }
  }
  check.state = CheckState::kWarning;
  check.detail = fmt::format("{} is missing: {}", program, without);
  check.fix = fmt::format("Install the package {}.", program);
  return check;
}

HostCheck check_spice(const HostProbe& probe) {
  HostCheck check{"spice_server", "SPICE server library", CheckState::kOk, {}, {}};
  for (const char* directory : {"/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib", "/usr/local/lib"}) {
    const std::string path = fmt::format("{}/libspice-server.so.1", directory);
    if (exists(probe, path)) {
      check.detail = path;
      return check;
    }
  }
  check.state = CheckState::kFailed;
  check.detail = "libspice-server.so.1 is missing";
  check.fix = "Install the package libspice-server1.";
  return check;
}

HostCheck check_io_uring(const HostProbe& probe) {
  HostCheck check{"io_uring", "io_uring", CheckState::kOk, "available", {}};
  const int error = probe.io_uring_errno();
  if (error != 0) {
    const std::string limit = first_word(probe, "/proc/sys/kernel/io_uring_disabled");
    check.state = CheckState::kWarning;
    check.detail = fmt::format("not available ({}): disks are slower", std::strerror(error));
    check.fix = !limit.empty() && limit != "0" ? "Allow it: sudo sysctl kernel.io_uring_disabled=0"
                                               : "Use a kernel with io_uring, or a sandbox that allows it.";
  }
  return check;
}

HostCheck check_runtime_directory(const HostProbe& probe) {
  HostCheck check{"runtime_directory", "Runtime directory", CheckState::kOk, probe.runtime_directory, {}};
  if (probe.runtime_directory.starts_with("/tmp/saffron-")) {
    check.state = CheckState::kWarning;
    check.detail = fmt::format("XDG_RUNTIME_DIR is not set; machines use {}", probe.runtime_directory);
    check.fix = "Log in through a session manager (systemd-logind) that sets XDG_RUNTIME_DIR.";
  }
  if (probe.root.empty()) {
    auto prepared = prepare_runtime_directory(probe.runtime_directory);
    if (!prepared.ok()) {
      check.state = CheckState::kFailed;
      check.detail = prepared.error().message;
      check.fix = "Make it a directory of your own with mode 0700, or set XDG_RUNTIME_DIR.";
    }
  }
  return check;
}

HostCheck check_memory(const HostProbe& probe) {
  HostCheck check{"memory", "Memory", CheckState::kOk, {}, {}};
  const std::uint64_t available = memory_kib(probe, "MemAvailable:").value_or(0);
  const std::uint64_t total = memory_kib(probe, "MemTotal:").value_or(0);
  check.detail = fmt::format("{} MiB available of {} MiB", available >> 10, total >> 10);
  if (available < kLeastMemoryKib) {
    check.state = CheckState::kWarning;
    check.fix = "Close other programs, or give machines less memory.";
  }
  return check;
}

HostCheck check_engine(const HostProbe& probe) {
  HostCheck check{"engine", "Saffron's engine", CheckState::kOk, probe.engine_program, {}};
  if (probe.engine_program.empty()) {
    check.state = CheckState::kFailed;
    check.detail = "the program saffron-engine is missing";
    check.fix = "Install Saffron completely; saffron-engine belongs beside saffronctl.";
  }
  return check;
}

int open_errno(const std::string& path) {
  const core::UniqueFd fd(open(path.c_str(), O_RDWR | O_CLOEXEC));
  return fd ? 0 : errno;
}

int real_io_uring_errno() {
  // struct io_uring_params: 120 bytes, all zero but what the kernel fills in (io_uring_setup(2)).
  alignas(8) char parameters[120] = {};
  const core::UniqueFd ring(static_cast<int>(syscall(SYS_io_uring_setup, 1, parameters)));
  return ring ? 0 : errno;
}

}  // namespace

HostProbe HostProbe::real() {
  HostProbe probe;
  auto base = BasePaths::from_environment();
  if (base.ok()) {
    probe.runtime_directory = base->runtime;
  }
  auto engine = find_engine_program();
  if (engine.ok()) {
    probe.engine_program = *std::move(engine);
  }
  probe.open_read_write = open_errno;
  probe.io_uring_errno = real_io_uring_errno;
  return probe;
}

std::vector<HostCheck> run_host_checks(const HostProbe& probe) {
  return {
      check_cpu(probe),      check_kvm_device(probe),
      check_engine(probe),   check_firmware(probe),
      check_spice(probe),    check_runtime_directory(probe),
      check_memory(probe),   check_program(probe, "passt", "User-mode network", "passt", "machines have no network"),
      check_io_uring(probe), check_nested(probe),
  };
}

std::string kvm_problem(const HostProbe& probe) {
  for (const HostCheck& check : {check_kvm_device(probe), check_cpu(probe)}) {
    if (check.state == CheckState::kFailed) {
      return fmt::format("This host cannot run machines natively: {}.", check.detail);
    }
  }
  return {};
}

}  // namespace saffron::api
