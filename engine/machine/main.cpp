// SPDX-License-Identifier: Apache-2.0
// saffron-engine: one running machine. See saffron-engine(1).
#include <fmt/core.h>
#include <getopt.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <cstring>

#include "engine/api/config_file.h"
#include "engine/api/engine_launcher.h"
#include "engine/core/log.h"
#include "engine/core/version.h"
#include "engine/machine/control_adapter.h"
#include "engine/machine/machine_builder.h"
#include "engine/machine/privileges.h"

namespace {

using namespace saffron;

constexpr int kUsageError = 2;

struct Arguments {
  std::string machine;
  std::string runtime;
  bool headless = false;
  int status_fd = -1;
};

void print_help() {
  fmt::print(
      "Usage: saffron-engine --machine DIR [--runtime DIR] [--headless] [--status-fd N]\n"
      "\n"
      "Runs the machine that DIR/machine.json describes, until its guest powers off or it is told to stop. Usually\n"
      "saffron or saffronctl starts it; saffronctl(1) controls it.\n"
      "\n"
      "  --machine DIR    the machine's directory\n"
      "  --runtime DIR    where its sockets go (default: $XDG_RUNTIME_DIR/saffron/NAME)\n"
      "  --headless       no SPICE server, whatever machine.json says\n"
      "  --status-fd N    report on file descriptor N whether the machine started, as one line of JSON\n"
      "  --help           this text\n"
      "  --version        the version\n"
      "\n"
      "Environment: SAFFRON_LOG=debug|info|warning|error chooses what is logged to standard error.\n"
      "Exit status: 0 the machine ran and ended; 1 it could not start, or failed; 2 wrong usage.\n");
}

/// A wrong use of the command line: says so, and how to learn more.
[[noreturn]] void usage_error(const std::string& text) {
  fmt::print(stderr, "saffron-engine: {}\nTry 'saffron-engine --help'.\n", text);
  std::exit(kUsageError);
}

Arguments parse_arguments(int argc, char** argv) {
  enum Option { kMachine = 1, kRuntime, kHeadless, kStatusFd, kHelp, kVersionOption };
  const option options[] = {{"machine", required_argument, nullptr, kMachine},
                            {"runtime", required_argument, nullptr, kRuntime},
                            {"headless", no_argument, nullptr, kHeadless},
                            {"status-fd", required_argument, nullptr, kStatusFd},
                            {"help", no_argument, nullptr, kHelp},
                            {"version", no_argument, nullptr, kVersionOption},
                            {nullptr, 0, nullptr, 0}};
  Arguments arguments;
  for (int found = 0; (found = ::getopt_long(argc, argv, "", options, nullptr)) != -1;) {
    switch (found) {
      case kMachine:
        arguments.machine = optarg;
        break;
      case kRuntime:
        arguments.runtime = optarg;
        break;
      case kHeadless:
        arguments.headless = true;
        break;
      case kStatusFd: {
        const char* end = optarg + std::strlen(optarg);
        const auto parsed = std::from_chars(optarg, end, arguments.status_fd);
        if (parsed.ec != std::errc() || parsed.ptr != end || arguments.status_fd < 0) {
          usage_error("--status-fd takes the number of an open file descriptor");
        }
        break;
      }
      case kHelp:
        print_help();
        std::exit(0);
      case kVersionOption:
        fmt::print("saffron-engine {}\n", core::kVersion);
        std::exit(0);
      default:
        std::exit(kUsageError);  // getopt has said what was wrong.
    }
  }
  if (arguments.machine.empty() || optind != argc) {
    usage_error(optind != argc ? fmt::format("unexpected argument '{}'", argv[optind]) : "--machine is missing");
  }
  return arguments;
}

/// SIGTERM, SIGINT and SIGHUP end the machine in order: a session that ends must not leave half a disk write. SIGTERM
/// from a service manager means now; the guest was asked before, by whoever wanted that.
class SignalWatch {
 public:
  SignalWatch(core::EventLoop& loop, std::function<void()> stop) {
    sigset_t signals;
    ::sigemptyset(&signals);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
      ::sigaddset(&signals, signal);
    }
    fd_.reset(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
    auto watch = loop.watch(fd_.get(), EPOLLIN, [this, stop = std::move(stop)](core::FdEvents) {
      signalfd_siginfo info{};
      if (::read(fd_.get(), &info, sizeof(info)) == sizeof(info)) {
        core::log_info("engine", "signal {}: the machine is stopped", info.ssi_signo);
        stop();
      }
    });
    if (watch.ok()) {
      watch_ = std::move(watch).value();
    }
  }

  /// Before any thread is made: all inherit the mask.
  static void block() {
    sigset_t signals;
    ::sigemptyset(&signals);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
      ::sigaddset(&signals, signal);
    }
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
  }

 private:
  core::UniqueFd fd_;
  std::unique_ptr<core::EventLoop::Watch> watch_;
};

/// Before any thread is made: memory that is only reserved stays so, and what is freed goes back.
void keep_memory_small() {
  // Hosts that give huge pages to everybody would back each usual stack of 8 MiB with 2 MiB at its first use. SPICE's
  // and our own threads need a few dozen KiB.
  constexpr std::size_t kThreadStack = 1024 * 1024;
  pthread_attr_t attributes;
  if (::pthread_attr_init(&attributes) == 0) {
    ::pthread_attr_setstacksize(&attributes, kThreadStack);
    ::pthread_setattr_default_np(&attributes);
    ::pthread_attr_destroy(&attributes);
  }
  // A heap for each thread would keep what that thread once freed. Pictures of a screen are mapped on their own.
  constexpr int kHeaps = 2;
  constexpr int kOwnMapping = 1 << 20;
  constexpr int kTrim = 256 * 1024;
  ::mallopt(M_ARENA_MAX, kHeaps);
  ::mallopt(M_MMAP_THRESHOLD, kOwnMapping);
  ::mallopt(M_TRIM_THRESHOLD, kTrim);
}

core::Result<api::MachinePaths> find_paths(const Arguments& arguments, const std::string& name) {
  const api::BasePaths base = SAFFRON_TRY(api::BasePaths::from_environment());
  SAFFRON_TRY(api::make_private_directory(base.state));
  api::MachinePaths paths = api::machine_paths(base, name);
  if (!arguments.runtime.empty()) {
    return api::machine_paths_in(base, name, arguments.machine, arguments.runtime);
  }
  return api::machine_paths_in(base, name, arguments.machine, paths.runtime);
}

/// An error about the file as a whole does not name it: here is where its path is known.
core::Result<api::MachineConfig> load_config(const std::string& directory) {
  auto config = api::load_machine_config(directory);
  if (!config.ok() && config.error().subject.empty()) {
    const core::Error& error = config.error();
    return core::Error{error.code, fmt::format("{}/machine.json: {}", directory, error.message), "machine.json"};
  }
  return config;
}

core::Result<int> run(const Arguments& arguments) {
  const api::MachineConfig config = SAFFRON_TRY(load_config(arguments.machine));
  SAFFRON_TRY(api::check_host_limits(config, api::host_limits()));
  const api::MachinePaths paths = SAFFRON_TRY(find_paths(arguments, config.name));
  const api::MachineLock lock = SAFFRON_TRY(api::MachineLock::acquire(paths));
  // Files are opened after this, with the user's own rights: the machine's paths are the user's words.
  SAFFRON_TRY(machine::drop_privileges(!config.networks.empty()));
  auto loop = SAFFRON_TRY(core::EventLoop::create());
  auto machine = SAFFRON_TRY(machine::MachineBuilder::build(config, paths, *loop, {.headless = arguments.headless}));
  auto control = SAFFRON_TRY(machine::ControlAdapter::create(*loop, *machine, [&] { loop->stop(); }));
  const SignalWatch signals(*loop, [&] { machine->stop(api::StopReason::kForced); });
  SAFFRON_TRY(machine->start());
  api::report_start_ok(arguments.status_fd);
  core::log_info("engine", "saffron-engine {}: {} runs with {} vCPUs and {} MiB", core::kVersion, config.name,
                 config.cpus, config.memory_mib);
  loop->run();
  control.reset();
  machine.reset();
  core::log_info("engine", "{} has ended", config.name);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments arguments = parse_arguments(argc, argv);
  SignalWatch::block();
  keep_memory_small();
  const auto result = run(arguments);
  if (!result.ok()) {
    const core::Error& error = result.error();
    api::report_start_failure(arguments.status_fd, error);
    core::log_error("engine", "{} [{}{}{}]", error.message, core::error_code_name(error.code),
                    error.subject.empty() ? "" : ": ", error.subject);
    return 1;
  }
  return *result;
}
