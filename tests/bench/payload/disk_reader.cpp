// SPDX-License-Identifier: Apache-2.0
// Runs in the guest: reads a disk past the guest's page cache and prints "BENCH NAME OPERATIONS-PER-SECOND" for each
// way of reading. usage: disk_reader DEVICE SECONDS. Linux asynchronous I/O by bare system calls, so that nothing is
// needed but the kernel.
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <vector>

namespace {

constexpr std::size_t kAlignment = 4096;

struct Pattern {
  const char* name;
  std::size_t block;
  unsigned depth;
  bool random;
};

constexpr Pattern kPatterns[] = {
    {"random-4k-1", 4096, 1, true},
    {"random-4k-16", 4096, 16, true},
    {"sequential-1m-1", 1 << 20, 1, false},
    {"sequential-1m-4", 1 << 20, 4, false},
};

double now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

/// Where the next read goes. The generator is xorshift64 with a fixed seed: every run reads the same blocks.
class Cursor {
 public:
  Cursor(std::uint64_t size, const Pattern& pattern) : blocks_(size / pattern.block), pattern_(pattern) {}
  long long next() {
    if (!pattern_.random) {
      return static_cast<long long>(next_++ % blocks_ * pattern_.block);
    }
    next_ = next_ == 0 ? 0x9e3779b97f4a7c15 : next_;
    next_ ^= next_ << 13;
    next_ ^= next_ >> 7;
    next_ ^= next_ << 17;
    return static_cast<long long>(next_ % blocks_ * pattern_.block);
  }

 private:
  std::uint64_t blocks_;
  const Pattern& pattern_;
  std::uint64_t next_ = 0;
};

/// Reads for `seconds`, always `depth` reads at a time; operations a second.
double measure(int fd, std::uint64_t size, const Pattern& pattern, double seconds) {
  aio_context_t context = 0;
  if (syscall(SYS_io_setup, pattern.depth, &context) != 0) {
    fail("io_setup");
  }
  std::vector<iocb> blocks(pattern.depth);
  Cursor cursor(size, pattern);
  const auto submit = [&](iocb& block) {
    block.aio_offset = cursor.next();
    iocb* list = &block;
    if (syscall(SYS_io_submit, context, 1, &list) != 1) {
      fail("io_submit");
    }
  };
  for (iocb& block : blocks) {
    void* buffer = nullptr;
    if (posix_memalign(&buffer, kAlignment, pattern.block) != 0) {
      fail("memory");
    }
    block.aio_data = reinterpret_cast<std::uint64_t>(&block);
    block.aio_lio_opcode = IOCB_CMD_PREAD;
    block.aio_fildes = static_cast<std::uint32_t>(fd);
    block.aio_buf = reinterpret_cast<std::uint64_t>(buffer);
    block.aio_nbytes = pattern.block;
    submit(block);
  }
  std::uint64_t done = 0;
  unsigned pending = pattern.depth;
  const double start = now();
  const double end = start + seconds;
  double last = start;
  std::vector<io_event> events(pattern.depth);
  while (pending != 0) {
    const long count = syscall(SYS_io_getevents, context, 1, events.size(), events.data(), nullptr);
    last = now();
    for (long i = 0; i < count; ++i) {
      iocb& block = *reinterpret_cast<iocb*>(events[static_cast<std::size_t>(i)].data);
      if (events[static_cast<std::size_t>(i)].res != static_cast<long long>(pattern.block)) {
        std::fprintf(stderr, "a read failed: %lld\n", events[static_cast<std::size_t>(i)].res);
        std::exit(1);
      }
      ++done;
      if (last < end) {
        submit(block);
      } else {
        --pending;
      }
    }
  }
  for (iocb& block : blocks) {
    std::free(reinterpret_cast<void*>(block.aio_buf));
  }
  syscall(SYS_io_destroy, context);
  return static_cast<double>(done) / (last - start);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: disk_reader DEVICE SECONDS\n");
    return 2;
  }
  const int fd = open(argv[1], O_RDONLY | O_DIRECT);
  std::uint64_t size = 0;
  if (fd < 0 || ioctl(fd, BLKGETSIZE64, &size) != 0) {
    fail(argv[1]);
  }
  for (const Pattern& pattern : kPatterns) {
    measure(fd, size, pattern, 0.3);  // Caches warm, queues known.
    std::printf("BENCH %s %.1f\n", pattern.name, measure(fd, size, pattern, std::atof(argv[2])));
    std::fflush(stdout);
  }
  return 0;
}
