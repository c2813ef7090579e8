// SPDX-License-Identifier: Apache-2.0
#include "engine/api/engine_launcher.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>

#include "engine/api/control_messages.h"
#include "engine/api/json_document.h"

namespace saffron::api {
namespace {

using core::Error;
using core::ErrorCode;
using core::Result;
using core::UniqueFd;

constexpr long kRotateLogBytes = 4L << 20;
constexpr std::size_t kMaxStatusLine = 64 << 10;  // An error's text; more is not a status line.
constexpr std::size_t kExcerptBytes = 2000;
constexpr int kStatusFd = 3;  // In the engine.

/// Everything that the child needs between fork and exec, made before: only async-signal-safe calls are allowed there,
/// as another thread may have held any lock.
struct ChildPlan {
  std::vector<std::string> arguments;
  std::vector<char*> argv;
  int null_fd = -1;
  int log_fd = -1;
  int status_fd = -1;
  std::string exec_failure;  // The status line if exec fails.

  void finish() {
    for (std::string& argument : arguments) {
      argv.push_back(argument.data());
    }
    argv.push_back(nullptr);
  }
};

[[noreturn]] void run_engine(const ChildPlan& plan) {
  // Signals as a fresh process has them: a GUI's or a shell's mask and handlers are not the engine's.
  for (int number = 1; number < NSIG; ++number) {
    signal(number, SIG_DFL);
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  // The three descriptors may be 0..3 themselves; move them out of the way first.
  const int null_fd = fcntl(plan.null_fd, F_DUPFD, 10);
  const int log_fd = fcntl(plan.log_fd, F_DUPFD, 10);
  const int status_fd = fcntl(plan.status_fd, F_DUPFD, 10);
  dup2(null_fd, 0);
  dup2(log_fd, 1);
  dup2(log_fd, 2);
  dup2(status_fd, kStatusFd);
  // Whatever the starter had open (sockets, displays) must not stay open in a process that outlives it.
  if (syscall(SYS_close_range, kStatusFd + 1, ~0U, 0) != 0) {
    for (int fd = kStatusFd + 1; fd < 1024; ++fd) {
      close(fd);
    }
  }
  if (chdir("/") == 0) {
    execv(plan.argv[0], plan.argv.data());
  }
  [[maybe_unused]] const ssize_t ignored = write(kStatusFd, plan.exec_failure.data(), plan.exec_failure.size());
  _exit(127);
}

/// A grandchild in a session of its own; its parent is init (or the nearest subreaper), so nobody here must reap it.
Result<void> spawn_detached(const ChildPlan& plan) {
  const pid_t child = fork();
  if (child < 0) {
    return Error::from_errno(errno, "Cannot start a process", plan.arguments[0]);
  }
  if (child == 0) {
    setsid();
    const pid_t engine = fork();
    if (engine == 0) {
      run_engine(plan);
    }
    _exit(engine < 0 ? 1 : 0);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return Error{ErrorCode::kExhausted, "Cannot start a process", plan.arguments[0]};
  }
  return {};
}

Result<UniqueFd> open_log(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  SAFFRON_TRY(make_private_directory(path.substr(0, slash)));
  struct stat info {};
  if (stat(path.c_str(), &info) == 0 && info.st_size > kRotateLogBytes) {
    rename(path.c_str(), (path + ".old").c_str());
  }
  UniqueFd log(open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!log) {
    return Error::from_errno(errno, "Cannot open the machine's log", path);
  }
  return log;
}

bool is_program(const std::string& path) {
  struct stat info {};
  return stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) && access(path.c_str(), X_OK) == 0;
}

void write_status(int status_fd, const std::string& line) {
  if (status_fd < 0) {
    return;
  }
  std::string_view rest = line;
  while (!rest.empty()) {
    const ssize_t count = write(status_fd, rest.data(), rest.size());
    if (count < 0 && errno != EINTR) {
      break;  // The starter is gone; the engine does not need it.
    }
    rest.remove_prefix(count > 0 ? static_cast<std::size_t>(count) : 0);
  }
  close(status_fd);
}

std::string failure_line(const Error& error) {
  return fmt::format("{{\"error\":{}}}\n", encode(ErrorInfo::from(error)));
}

}  // namespace

Result<std::string> find_engine_program() {
  constexpr const char* kProgram = "saffron-engine";
  std::vector<std::string> places;
  if (const char* const named = std::getenv("SAFFRON_ENGINE"); named != nullptr && named[0] != '\0') {
    places.emplace_back(named);
  } else {
    const std::string own = program_directory();
    for (const char* where : {"", "/../libexec/saffron", "/../lib/saffron"}) {
      places.push_back(fmt::format("{}{}/{}", own, where, kProgram));
    }
    const char* const path = std::getenv("PATH");
    for (std::string_view rest = path != nullptr ? path : ""; !rest.empty();) {
      const std::size_t colon = std::min(rest.find(':'), rest.size());
      if (rest.starts_with('/')) {
        places.push_back(fmt::format("{}/{}", rest.substr(0, colon), kProgram));
      }
      rest.remove_prefix(std::min(colon + 1, rest.size()));
    }
  }
  for (const std::string& place : places) {
    if (is_program(place)) {
      return place;
    }
  }
  return Error{ErrorCode::kNotFound, "The program saffron-engine is not there: is Saffron installed completely?",
               places.front()};
}

EngineLaunch::EngineLaunch(UniqueFd status, std::string log_file, long log_start)
    : status_(std::move(status)), log_file_(std::move(log_file)), log_start_(log_start) {}

Result<std::unique_ptr<EngineLaunch>> EngineLaunch::start(const MachinePaths& paths, const LaunchOptions& options) {
  if (MachineLock::is_held(paths)) {
    return Error{ErrorCode::kBusy, fmt::format("The machine \"{}\" is already running", paths.name), paths.name};
  }
  const std::string program =
      options.engine_program.empty() ? SAFFRON_TRY(find_engine_program()) : options.engine_program;
  SAFFRON_TRY(prepare_runtime_directory(paths.runtime));
  UniqueFd log = SAFFRON_TRY(open_log(paths.log_file));
  UniqueFd null(open("/dev/null", O_RDWR | O_CLOEXEC));
  int ends[2] = {-1, -1};
  if (!null || pipe2(ends, O_CLOEXEC) != 0) {
    return Error::from_errno(errno, "Cannot start the engine", program);
  }
  UniqueFd read_end(ends[0]);
  UniqueFd write_end(ends[1]);
  fcntl(read_end.get(), F_SETFL, O_NONBLOCK);
  const long log_start = static_cast<long>(lseek(log.get(), 0, SEEK_END));

  ChildPlan plan;
  plan.arguments = {program,       "--machine",   paths.directory,          "--runtime",
                    paths.runtime, "--status-fd", std::to_string(kStatusFd)};
  plan.arguments.insert(plan.arguments.end(), options.extra_arguments.begin(), options.extra_arguments.end());
  plan.null_fd = null.get();
  plan.log_fd = log.get();
  plan.status_fd = write_end.get();
  plan.exec_failure = failure_line({ErrorCode::kNotFound, "Cannot run the program saffron-engine", program});
  plan.finish();
  SAFFRON_TRY(spawn_detached(plan));
  return std::unique_ptr<EngineLaunch>(new EngineLaunch(std::move(read_end), paths.log_file, log_start));
}

std::optional<Result<void>> EngineLaunch::poll() {
  while (!outcome_) {
    char buffer[4096];
    const ssize_t count = read(status_.get(), buffer, sizeof(buffer));
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0 && errno == EAGAIN) {
      return std::nullopt;
    }
    line_.append(buffer, count > 0 ? static_cast<std::size_t>(count) : 0);
    const std::size_t end = line_.find('\n');
    if (end == std::string::npos && count > 0 && line_.size() < kMaxStatusLine) {
      continue;
    }
    const auto status = parse_json(std::string_view(line_).substr(0, end));
    if (end == std::string::npos || !status.ok() || !status->is_object()) {
      outcome_ = died();
    } else if (status->contains("error")) {
      auto error = decode<ErrorInfo>(dump_json((*status)["error"]));
      outcome_ = error.ok() ? error->to_error() : died();
    } else {
      outcome_ = Result<void>();
    }
  }
  return outcome_;
}

Result<void> EngineLaunch::wait(int timeout_ms) {
  using Clock = std::chrono::steady_clock;
  const auto deadline = Clock::now() + std::chrono::milliseconds(timeout_ms);
  for (;;) {
    if (auto outcome = poll()) {
      return *std::move(outcome);
    }
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) {
      return Error{ErrorCode::kTimedOut, "The engine is taking very long to start", log_file_};
    }
    pollfd waited{status_.get(), POLLIN, 0};
    ::poll(&waited, 1, static_cast<int>(left));
  }
}

Error EngineLaunch::died() const {
  std::string message = "The engine ended before the machine was ready";
  const std::string said = log_tail(log_file_, kExcerptBytes, log_start_);
  if (!said.empty()) {
    message += ". The end of its log:\n" + said;
  }
  return Error{ErrorCode::kInternal, std::move(message), log_file_};
}

void report_start_ok(int status_fd) {
  write_status(status_fd, "{\"ok\":true}\n");
}

void report_start_failure(int status_fd, const Error& error) {
  write_status(status_fd, failure_line(error));
}

std::string log_tail(const std::string& path, std::size_t max_bytes, long from) {
  UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info {};
  if (!file || fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode)) {
    return {};
  }
  const long first = std::max(from, static_cast<long>(info.st_size) - static_cast<long>(max_bytes));
  std::string text(max_bytes, '\0');
  const ssize_t count = pread(file.get(), text.data(), text.size(), std::max(first, 0L));
  text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  if (first > from) {
    text.erase(0, std::min(text.find('\n') + 1, text.size()));  // A cut line; none (npos + 1 == 0): keep all.
  }
  return text;
}

}  // namespace saffron::api
