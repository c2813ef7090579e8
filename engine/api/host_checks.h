// SPDX-License-Identifier: Apache-2.0
// Host checks: what this host can and cannot do for a machine, each with the fix. For `saffronctl doctor` and the GUI.
// Missing here: IOMMU, VFIO and USB facts, which belong to passthrough/.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/enum_names.h"

namespace saffron::api {

/// kWarning: machines run, but slower or with less; kFailed: they don't.
enum class CheckState { kOk, kWarning, kFailed };

struct HostCheck {
  std::string id;     // Stable, e.g. "kvm_device".
  std::string title;  // "KVM device"
  CheckState state = CheckState::kOk;
  std::string detail;  // What was found.
  std::string fix;     // What to do; empty if there is nothing to do.
};

/// How the host is looked at; tests point it at a made-up tree.
struct HostProbe {
  std::string root;               // Before every absolute path below, "" for the real host.
  std::string runtime_directory;  // BasePaths::runtime
  std::string engine_program;     // Empty if not found.
  std::function<int(const std::string& path)> open_read_write;  // Returns 0 or errno.
  std::function<int()> io_uring_errno;                          // 0 if a ring can be made.
  static HostProbe real();
};

/// In order of importance. Any thread; blocks on the file system, shortly.
std::vector<HostCheck> run_host_checks(const HostProbe& probe);

/// Whether /dev/kvm is there and usable and runs ordinary guests (no: kvm_pvm without VMX or SVM). For `./dev run` and
/// the GUI: the sentence to show, or empty.
std::string kvm_problem(const HostProbe& probe);

template <>
struct EnumNames<CheckState> {
  static constexpr std::array<std::string_view, 3> kNames{"ok", "warning", "failed"};
};

}  // namespace saffron::api
