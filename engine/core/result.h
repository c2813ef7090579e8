// SPDX-License-Identifier: Apache-2.0
// Result<T>: a value or an Error. Construction and control paths report failure through it; nothing here throws.
#pragma once

#include <cassert>
#include <string>
#include <utility>
#include <variant>

namespace saffron::core {

/// Stable codes; the control protocol sends their names (see error_code_name), so never rename one.
enum class ErrorCode {
  kInvalidArgument,
  kOutOfRange,
  kNotFound,
  kAlreadyExists,
  kPermissionDenied,
  kBusy,
  kExhausted,
  kIo,
  kUnsupported,
  kInvalidState,
  kProtocol,
  kTimedOut,
  kCancelled,
  kInternal,
};

/// The wire name of a code, e.g. "invalid_argument".
const char* error_code_name(ErrorCode code);

/// What went wrong: a stable code, a sentence for a person, and the field, file or device it is about (may be empty).
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;
  std::string subject;

  /// An Error from an errno value: picks the code, and appends the system's text to `what`.
  static Error from_errno(int errno_value, std::string what, std::string subject = {});
};

/// A value of T or an Error. Test it before value(); misuse is an assertion, as it is our defect, never the guest's.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & { return assert(ok()), *std::get_if<0>(&state_); }
  const T& value() const& { return assert(ok()), *std::get_if<0>(&state_); }
  T&& value() && { return assert(ok()), std::move(*std::get_if<0>(&state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const& { return assert(!ok()), *std::get_if<1>(&state_); }
  Error&& error() && { return assert(!ok()), std::move(*std::get_if<1>(&state_)); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return error_.index() == 0; }
  explicit operator bool() const { return ok(); }
  void value() const { assert(ok()); }
  const Error& error() const& { return assert(!ok()), *std::get_if<1>(&error_); }
  Error&& error() && { return assert(!ok()), std::move(*std::get_if<1>(&error_)); }

 private:
  std::variant<std::monostate, Error> error_;
};

}  // namespace saffron::core

/// Evaluates to the value of a Result, or returns its Error from the enclosing function. (A GNU statement
/// expression: both compilers we build with have it, and nothing in C++20 does the same.)
#define SAFFRON_TRY(expression)                     \
  ({                                                \
    auto saffron_try_result = (expression);         \
    if (!saffron_try_result.ok()) {                 \
      return std::move(saffron_try_result).error(); \
    }                                               \
    std::move(saffron_try_result).value();          \
  })
