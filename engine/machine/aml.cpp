// SPDX-License-Identifier: Apache-2.0
#include "engine/machine/aml.h"

namespace saffron::machine::aml {

namespace {

constexpr std::uint8_t kNameOp = 0x08;
constexpr std::uint8_t kQWordPrefix = 0x0e;
constexpr std::uint8_t kStringPrefix = 0x0d;
constexpr std::uint8_t kScopeOp = 0x10;
constexpr std::uint8_t kExtendedPrefix = 0x5b;
constexpr std::uint8_t kDeviceOp = 0x82;

void append(Bytes& to, const Bytes& from) {
  to.insert(to.end(), from.begin(), from.end());
}

void append(Bytes& to, std::string_view text) {
  to.insert(to.end(), text.begin(), text.end());
}

/// PkgLength (20.2.4): it counts itself. Always the four-byte form: simple, and valid for any length.
Bytes with_length(const Bytes& body) {
  const std::size_t length = body.size() + 4;
  Bytes result{static_cast<std::uint8_t>(0xc0 | (length & 0x0f)), static_cast<std::uint8_t>(length >> 4),
               static_cast<std::uint8_t>(length >> 12), static_cast<std::uint8_t>(length >> 20)};
  append(result, body);
  return result;
}

Bytes block(Bytes opcode, std::string_view name, const Bytes& body) {
  Bytes inner;
  append(inner, name);
  append(inner, body);
  append(opcode, with_length(inner));
  return opcode;
}

}  // namespace

Bytes name_integer(std::string_view name, std::uint64_t value) {
  Bytes result{kNameOp};
  append(result, name);
  result.push_back(kQWordPrefix);
  for (unsigned i = 0; i < 8; ++i) {
    result.push_back(static_cast<std::uint8_t>(value >> (i * 8)));
  }
  return result;
}

Bytes name_string(std::string_view name, std::string_view value) {
  Bytes result{kNameOp};
  append(result, name);
  result.push_back(kStringPrefix);
  append(result, value);
  result.push_back(0);
  return result;
}

Bytes scope(std::string_view name, const Bytes& body) {
  return block({kScopeOp}, name, body);
}

Bytes device(std::string_view name, const Bytes& body) {
  return block({kExtendedPrefix, kDeviceOp}, name, body);
}

}  // namespace saffron::machine::aml
