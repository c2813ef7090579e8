// SPDX-License-Identifier: Apache-2.0
// screenshot, type, key, spice, ticket, insert, eject, metrics.
#include <sys/mman.h>
#include <sys/stat.h>

#include <filesystem>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "app/ctl/arguments.h"
#include "app/ctl/context.h"
#include "app/ctl/png_writer.h"

namespace saffron::ctl {
namespace {

using core::Error;
using core::ErrorCode;
using core::Result;

constexpr std::uint32_t kMaxScreen = 16384;  // Pixels each way; the engine's limit is below it.
constexpr std::int64_t kDefaultIntervalMs = 15;

/// A screenshot's pixels, mapped; checked against what its reply says, so that reading them cannot fault.
class MappedPixels {
 public:
  static Result<MappedPixels> map(const api::ScreenshotResult& shot, int fd) {
    struct stat info {};
    const std::uint64_t size = std::uint64_t{shot.stride} * shot.height;
    if (shot.format != "xrgb8888" || shot.width == 0 || shot.width > kMaxScreen || shot.height == 0 ||
        shot.height > kMaxScreen || shot.stride / 4 < shot.width || fstat(fd, &info) != 0 ||
        static_cast<std::uint64_t>(info.st_size) < size) {
      return Error{ErrorCode::kProtocol, "The engine sent a screenshot that cannot be read", {}};
    }
    void* const address = mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
    if (address == MAP_FAILED) {
      return Error::from_errno(errno, "Cannot read the screenshot");
    }
    return MappedPixels(address, size);
  }
  ~MappedPixels() {
    if (address_ != nullptr) {
      munmap(address_, size_);
    }
  }
  MappedPixels(MappedPixels&& other) noexcept : address_(std::exchange(other.address_, nullptr)), size_(other.size_) {}
  MappedPixels& operator=(MappedPixels&&) = delete;
  const std::uint8_t* data() const { return static_cast<const std::uint8_t*>(address_); }

 private:
  MappedPixels(void* address, std::size_t size) : address_(address), size_(size) {}
  void* address_;
  std::size_t size_;
};

/// Starts a typing job and waits until all of it has been typed.
Result<int> type(Context& context, const Arguments& arguments, std::vector<api::TypeRequest> requests) {
  const std::int64_t interval = SAFFRON_TRY(arguments.number("--interval", kDefaultIntervalMs, 1, 1000));
  const auto client = SAFFRON_TRY(context.connect(arguments.at(0)));
  for (api::TypeRequest& request : requests) {
    request.interval_ms = static_cast<std::uint32_t>(interval);
    const auto started = SAFFRON_TRY(client->call_blocking<api::method::InputType>(request, kAnswerMs));
    // At most four events a character (shift down, key down, key up, shift up), each an interval apart.
    const std::size_t events = request.text ? request.text->size() * 4 : 16;
    const auto limit = static_cast<std::int64_t>(events) * interval * 2 + kAnswerMs;
    SAFFRON_TRY(client->wait_for_job(started.job, static_cast<int>(std::min<std::int64_t>(limit, INT32_MAX))));
  }
  context.answer_done();
  return 0;
}

std::string absolute(const std::string& path) {
  std::error_code error;
  const auto result = std::filesystem::absolute(path, error);
  return error ? path : result.lexically_normal().string();
}

/// The drive a user means: the one named, or the only one.
Result<std::size_t> find_drive(const api::MachineConfig& config, const std::optional<std::string>& wanted) {
  for (std::size_t index = 0; index < config.cdroms.size(); ++index) {
    if (wanted ? config.cdroms[index].id == *wanted : config.cdroms.size() == 1) {
      return index;
    }
  }
  if (wanted) {
    return Error{ErrorCode::kNotFound, fmt::format("The machine has no drive \"{}\"", *wanted), *wanted};
  }
  return Error{ErrorCode::kInvalidArgument,
               config.cdroms.empty() ? "The machine has no CD-ROM drive" : "The machine has several drives: say which",
               "--drive"};
}

/// Changes the medium in the running machine, if it runs, and in machine.json, so that both say the same.
Result<int> change_medium(Context& context, const Arguments& arguments, const std::optional<std::string>& path) {
  const api::MachineLibrary library = SAFFRON_TRY(context.library());
  const std::string& name = arguments.at(0);
  api::MachineConfig config = SAFFRON_TRY(library.load(name));
  api::CdromConfig& drive = config.cdroms[SAFFRON_TRY(find_drive(config, arguments.value("--drive")))];
  if (path) {
    SAFFRON_TRY(api::check_cdrom_image(*path, "FILE"));
  }
  if (library.running(name)) {
    const auto client = SAFFRON_TRY(context.connect(name));
    if (path) {
      SAFFRON_TRY(client->call_blocking<api::method::MediaInsert>({drive.id, *path}, kAnswerMs));
    } else {
      SAFFRON_TRY(client->call_blocking<api::method::MediaEject>({drive.id, arguments.has("--force")}, kAnswerMs));
    }
  }
  drive.path = path;
  SAFFRON_TRY(library.update(config, api::host_limits()));
  context.answer_done();
  return 0;
}

}  // namespace

Result<int> run_screenshot(Context& context, const Arguments& arguments) {
  const auto client = SAFFRON_TRY(context.connect(arguments.at(0)));
  const std::string& file = arguments.at(1);
  if (file == "-" && context.json()) {
    return Error{ErrorCode::kInvalidArgument, "--json and a picture on standard output do not go together", "--json"};
  }
  const auto shot = SAFFRON_TRY(client->screenshot_blocking(kAnswerMs));
  const auto pixels = SAFFRON_TRY(MappedPixels::map(shot.first, shot.second.get()));
  SAFFRON_TRY(write_png(file, shot.first.width, shot.first.height, shot.first.stride, pixels.data()));
  Json answer;
  answer["file"] = file;
  answer["width"] = shot.first.width;
  answer["height"] = shot.first.height;
  context.answer(answer);
  return 0;
}

Result<int> run_type(Context& context, const Arguments& arguments) {
  std::string text;
  if (arguments.positional().size() == 2 && arguments.at(1) == "-") {
    text.assign(std::istreambuf_iterator<char>(std::cin), {});
  } else {
    for (std::size_t index = 1; index < arguments.positional().size(); ++index) {
      text += (index > 1 ? " " : "") + arguments.at(index);
    }
  }
  if (arguments.has("--enter")) {
    text += '\n';
  }
  api::TypeRequest request;
  request.text = text;
  return type(context, arguments, {request});
}

Result<int> run_key(Context& context, const Arguments& arguments) {
  std::vector<api::TypeRequest> requests;
  for (std::size_t index = 1; index < arguments.positional().size(); ++index) {
    SAFFRON_TRY(api::combo_to_keys(arguments.at(index)));  // All are right, or none is pressed.
    api::TypeRequest request;
    request.combo = arguments.at(index);
    requests.push_back(request);
  }
  return type(context, arguments, std::move(requests));
}

Result<int> run_spice(Context& context, const Arguments& arguments) {
  const auto client = SAFFRON_TRY(context.connect(arguments.at(0)));
  const api::SpiceInfo info = SAFFRON_TRY(client->call_blocking<api::method::SpiceQuery>({}, kAnswerMs));
  if (info.uris.empty()) {
    return Error{ErrorCode::kInvalidState, "The machine has no display", arguments.at(0)};
  }
  for (const std::string& uri : info.uris) {
    context.say("{}", printable(uri));
    if (!arguments.has("--all")) {
      break;
    }
  }
  context.answer(Json::parse(api::encode(info)));
  return 0;
}

Result<int> run_ticket(Context& context, const Arguments& arguments) {
  api::SetTicketRequest request;
  const bool none = arguments.has("--none");
  if (none == (arguments.positional().size() > 1)) {
    return Error{ErrorCode::kInvalidArgument, "Give a ticket, \"-\" to read it from standard input, or --none", {}};
  }
  if (!none) {
    std::string ticket = arguments.at(1);
    if (ticket == "-") {
      std::getline(std::cin, ticket);
    }
    request.ticket = ticket;
  }
  const std::int64_t seconds = SAFFRON_TRY(arguments.number("--lifetime", 0, 0, INT32_MAX));
  request.lifetime_seconds = static_cast<std::uint32_t>(seconds);
  const auto client = SAFFRON_TRY(context.connect(arguments.at(0)));
  SAFFRON_TRY(client->call_blocking<api::method::SpiceSetTicket>(request, kAnswerMs));
  context.answer_done();
  return 0;
}

Result<int> run_insert(Context& context, const Arguments& arguments) {
  return change_medium(context, arguments, absolute(arguments.at(1)));
}

Result<int> run_eject(Context& context, const Arguments& arguments) {
  return change_medium(context, arguments, std::nullopt);
}

Result<int> run_metrics(Context& context, const Arguments& arguments) {
  const auto client = SAFFRON_TRY(context.connect(arguments.at(0)));
  const auto metrics = SAFFRON_TRY(client->call_blocking<api::method::Metrics>({}, kAnswerMs));
  for (const auto& [name, value] : metrics.counters) {
    context.say("{:<40} {:>20}", printable(name), value);
  }
  context.answer(Json::parse(api::encode(metrics)));
  return 0;
}

}  // namespace saffron::ctl
