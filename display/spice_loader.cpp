// SPDX-License-Identifier: Apache-2.0
#include "display/spice_loader.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

#ifndef SAFFRON_INSTALL_MODULE_DIRECTORY
#define SAFFRON_INSTALL_MODULE_DIRECTORY "/usr/lib/saffron"
#endif

namespace saffron::spice {

using core::Error;
using core::ErrorCode;
using core::Result;

namespace {

constexpr const char* kModuleName = "saffron-spice.so";

Result<std::unique_ptr<SpiceServer>> create_from(const std::string& path, const SpiceRequest& request) {
  // RTLD_LOCAL: the module carries its own copy of our core library, and the two must not be mixed by name.
  void* handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (handle == nullptr) {
    const char* reason = ::dlerror();
    return Error{ErrorCode::kUnsupported,
                 fmt::format("the SPICE module does not load: {}", reason != nullptr ? reason : "unknown reason"),
                 path};
  }
  // A data pointer to a function pointer: POSIX promises that dlsym's result converts.
  auto* factory = reinterpret_cast<FactoryFunction*>(::dlsym(handle, kFactorySymbol));
  if (factory == nullptr) {
    return Error{ErrorCode::kUnsupported, "the SPICE module is not one of ours", path};
  }
  Result<std::unique_ptr<SpiceServer>> result = Error{ErrorCode::kInternal, "the SPICE module did not answer", path};
  factory(kModuleVersion, &request, &result);
  return result;
}

}  // namespace

std::vector<std::string> module_candidates(const std::string& executable_path) {
  std::vector<std::string> candidates;
  std::filesystem::path folder = std::filesystem::path(executable_path).parent_path();
  // In the build tree programs stand up to three folders below its root; installed, in bin/ beside lib/.
  for (int level = 0; level < 4 && !folder.empty(); ++level) {
    candidates.push_back((folder / "lib" / "saffron" / kModuleName).string());
    if (folder == folder.root_path()) {
      break;
    }
    folder = folder.parent_path();
  }
  candidates.push_back(std::string(SAFFRON_INSTALL_MODULE_DIRECTORY) + "/" + kModuleName);
  return candidates;
}

Result<std::unique_ptr<SpiceServer>> load_spice_server(const SpiceRequest& request,
                                                       const std::vector<std::string>& candidates) {
  for (const std::string& candidate : candidates) {
    std::error_code ignored;
    if (std::filesystem::is_regular_file(candidate, ignored)) {
      return create_from(candidate, request);
    }
  }
  return Error{ErrorCode::kNotFound,
               "the SPICE module saffron-spice.so is not installed, so the machine cannot have a display",
               candidates.empty() ? kModuleName : candidates.back()};
}

Result<std::unique_ptr<SpiceServer>> load_spice_server(const SpiceRequest& request) {
  std::error_code failure;
  const auto executable = std::filesystem::read_symlink("/proc/self/exe", failure);
  return load_spice_server(request, module_candidates(failure ? std::string() : executable.string()));
}

}  // namespace saffron::spice
