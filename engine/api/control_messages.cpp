// SPDX-License-Identifier: Apache-2.0
#include "engine/api/control_messages.h"

#include "engine/api/control_event_fields.h"
#include "engine/api/control_message_fields.h"

namespace saffron::api {

using core::Error;
using core::ErrorCode;
using core::Result;

ErrorInfo ErrorInfo::from(const Error& error) {
  return ErrorInfo{core::error_code_name(error.code), error.message, error.subject};
}

Error ErrorInfo::to_error() const {
  // A code that a newer engine has and we don't is an internal error to us; its message still says what it is.
  Error error{ErrorCode::kInternal, message, subject};
  for (int value = 0; value <= static_cast<int>(ErrorCode::kInternal); ++value) {
    if (code == core::error_code_name(static_cast<ErrorCode>(value))) {
      error.code = static_cast<ErrorCode>(value);
    }
  }
  return error;
}

std::string_view event_name(const EventBody& body) {
  return std::visit([](const auto& alternative) { return std::decay_t<decltype(alternative)>::kName; }, body);
}

template <typename T>
std::string encode(const T& message) {
  return dump_json(JsonWriter::write(message));
}

template <typename T>
Result<T> decode(std::string_view json, bool strict) {
  const Json document = SAFFRON_TRY(parse_json(json));
  T message;
  SAFFRON_TRY(JsonReader(strict).read(document, message));
  return message;
}

#define SAFFRON_MESSAGE(Type)                     \
  template std::string encode<Type>(const Type&); \
  template Result<Type> decode<Type>(std::string_view, bool);

SAFFRON_MESSAGE(Empty)
SAFFRON_MESSAGE(ErrorInfo)
SAFFRON_MESSAGE(LedState)
SAFFRON_MESSAGE(DisplayInfo)
SAFFRON_MESSAGE(MediaInfo)
SAFFRON_MESSAGE(JobInfo)
SAFFRON_MESSAGE(SpiceInfo)
SAFFRON_MESSAGE(MachineStatus)
SAFFRON_MESSAGE(HelloRequest)
SAFFRON_MESSAGE(HelloResult)
SAFFRON_MESSAGE(StopRequest)
SAFFRON_MESSAGE(ScreenshotResult)
SAFFRON_MESSAGE(KeysRequest)
SAFFRON_MESSAGE(TypeRequest)
SAFFRON_MESSAGE(JobStarted)
SAFFRON_MESSAGE(PointerRequest)
SAFFRON_MESSAGE(MediaInsertRequest)
SAFFRON_MESSAGE(MediaEjectRequest)
SAFFRON_MESSAGE(SetTicketRequest)
SAFFRON_MESSAGE(SerialInfo)
SAFFRON_MESSAGE(MetricsResult)
SAFFRON_MESSAGE(JobRequest)
SAFFRON_MESSAGE(StateChanged)
SAFFRON_MESSAGE(DisplayChanged)
SAFFRON_MESSAGE(MediaChanged)
SAFFRON_MESSAGE(ViewersChanged)
SAFFRON_MESSAGE(InputChanged)
SAFFRON_MESSAGE(GuestPanicked)
SAFFRON_MESSAGE(DiskFull)
SAFFRON_MESSAGE(ErrorEvent)
SAFFRON_MESSAGE(Stopped)
SAFFRON_MESSAGE(LogEvent)
SAFFRON_MESSAGE(JobChanged)
SAFFRON_MESSAGE(GuestReset)
#undef SAFFRON_MESSAGE

}  // namespace saffron::api
