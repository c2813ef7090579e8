// SPDX-License-Identifier: Apache-2.0
#include "devices/net/child_process.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "engine/core/pidfd.h"

namespace saffron::net {
namespace {

constexpr int kFinishTimeoutMs = 2000;

// In the child, between fork and exec: only what signal-safety(7) allows, since other threads may have held locks.
[[noreturn]] void become(const char* program, char* const* arguments, int null, int socket, int output, pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) {
    ::_exit(127);  // The engine is gone already.
  }
  // passt writes here and there into 67 MiB of buffers: with huge pages, all between would become real.
  ::prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
  for (int number = 1; number < NSIG; ++number) {
    ::signal(number, SIG_DFL);
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  // The sources are above 3 (see start()), so no step destroys the next one's.
  if (::dup2(null, STDIN_FILENO) < 0 || ::dup2(output, STDOUT_FILENO) < 0 || ::dup2(output, STDERR_FILENO) < 0 ||
      ::dup2(socket, ChildProcess::kSocketFd) < 0) {
    ::_exit(127);
  }
  ::close_range(ChildProcess::kSocketFd + 1, ~0U, 0);
  char path[] = "PATH=/usr/local/bin:/usr/bin:/bin";
  char* const environment[] = {path, nullptr};
  ::execve(program, arguments, environment);
  const char* reason = ::strerrordesc_np(errno);
  if (reason != nullptr) {
    [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, reason, std::strlen(reason));
  }
  ::_exit(127);
}

// A copy of `fd` that is out of the way of the child's descriptors.
core::UniqueFd lift(int fd) {
  return core::UniqueFd(::fcntl(fd, F_DUPFD_CLOEXEC, ChildProcess::kSocketFd + 1));
}

}  // namespace

core::Result<ChildProcess> ChildProcess::start(const std::string& program, const std::vector<std::string>& arguments,
                                               int socket, int output) {
  const core::UniqueFd null_device(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const core::UniqueFd null = lift(null_device.get());
  const core::UniqueFd child_socket = lift(socket);
  const core::UniqueFd child_output = lift(output);
  if (!null || !child_socket || !child_output) {
    return core::Error::from_errno(errno, "Cannot prepare a helper program's descriptors", program);
  }
  std::vector<std::string> storage = {program};
  storage.insert(storage.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& argument : storage) {
    pointers.push_back(argument.data());
  }
  pointers.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) {
    return core::Error::from_errno(errno, "Cannot start a helper program", program);
  }
  if (pid == 0) {
    become(program.c_str(), pointers.data(), null.get(), child_socket.get(), child_output.get(), parent);
  }
  core::UniqueFd pidfd(::pidfd_open(pid, 0));
  if (!pidfd) {
    const int error = errno;
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return core::Error::from_errno(error, "Cannot follow a helper program", program);
  }
  return ChildProcess(pid, std::move(pidfd));
}

ChildProcess::~ChildProcess() {
  if (pidfd_) {
    (void)finish();
  }
}

std::string ChildProcess::finish() {
  if (!pidfd_) {
    return "finished before";
  }
  // Not allowed where the program has changed its user and we may not: then closing its socket must end it.
  (void)::pidfd_send_signal(pidfd_.get(), SIGKILL, nullptr, 0);
  pollfd ended{pidfd_.get(), POLLIN, 0};
  int ready = 0;
  do {
    ready = ::poll(&ended, 1, kFinishTimeoutMs);
  } while (ready < 0 && errno == EINTR);
  pidfd_.reset();
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) {
    return "an unknown end";
  }
  return WIFEXITED(status) ? fmt::format("exit status {}", WEXITSTATUS(status))
                           : fmt::format("signal {}", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}

}  // namespace saffron::net
