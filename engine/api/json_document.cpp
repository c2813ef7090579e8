// SPDX-License-Identifier: Apache-2.0
#include "engine/api/json_document.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

namespace saffron::api {
namespace {

using core::Error;
using core::ErrorCode;

/// Builds the document from the parser's events, so that depth and repeated names are checked before anything is kept.
class DocumentBuilder {
 public:
  explicit DocumentBuilder(std::string_view text) : text_(text) {}

  bool null() { return add(Json(nullptr)); }
  bool boolean(bool value) { return add(Json(value)); }
  bool number_integer(std::int64_t value) { return add(Json(value)); }
  bool number_unsigned(std::uint64_t value) { return add(Json(value)); }
  bool number_float(double value, const std::string&) { return add(Json(value)); }
  bool string(std::string& value) { return add(Json(std::move(value))); }
  bool binary(Json::binary_t&) { return false; }
  bool start_object(std::size_t) { return open(Json::object()); }
  bool start_array(std::size_t) { return open(Json::array()); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }

  bool key(std::string& name) {
    // Ordered objects are searched linearly: cap the names, so that a long hostile object is not a quadratic one.
    constexpr std::size_t kMaxNames = 512;
    Json& object = *stack_.back();
    if (object.size() >= kMaxNames) {
      return fail("An object has too many names", name);
    }
    if (object.contains(name)) {
      return fail("The same name stands twice in one object", name);
    }
    key_ = std::move(name);
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) {
    const std::size_t end = std::min(position > 0 ? position - 1 : 0, text_.size());
    const std::string_view before = text_.substr(0, end);
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    const std::size_t line_start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
    return fail(fmt::format("This is not valid JSON at line {}, column {}", line, end - line_start + 1), "");
  }

  core::Result<Json> take() {
    if (error_) {
      return *std::move(error_);
    }
    return std::move(root_);
  }

 private:
  Json* place(Json value) {
    if (stack_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    Json& parent = *stack_.back();
    if (parent.is_array()) {
      parent.push_back(std::move(value));
      return &parent.back();
    }
    Json& member = parent[key_];
    member = std::move(value);
    return &member;
  }
  bool add(Json value) {
    place(std::move(value));
    return true;
  }
  bool open(Json value) {
    if (stack_.size() >= kMaxJsonDepth) {
      return fail(fmt::format("The JSON is nested deeper than {} levels", kMaxJsonDepth), "");
    }
    // Pointers stay good: a parent gets no further member while its child is open.
    stack_.push_back(place(std::move(value)));
    return true;
  }
  bool close() {
    stack_.pop_back();
    return true;
  }
  bool fail(std::string message, std::string_view subject) {
    if (!error_) {
      error_ = Error{ErrorCode::kProtocol, std::move(message), std::string(subject.substr(0, 64))};
    }
    return false;
  }

  std::string_view text_;
  Json root_;
  std::vector<Json*> stack_;
  std::string key_;
  std::optional<Error> error_;
};

}  // namespace

core::Result<Json> parse_json(std::string_view text) {
  DocumentBuilder builder(text);
  if (!Json::sax_parse(text.begin(), text.end(), &builder)) {
    auto result = builder.take();
    return result.ok() ? core::Result<Json>(Error{ErrorCode::kProtocol, "This is not valid JSON", {}})
                       : std::move(result);
  }
  return builder.take();
}

std::string dump_json(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace saffron::api
