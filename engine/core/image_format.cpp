// SPDX-License-Identifier: Apache-2.0
#include "engine/core/image_format.h"

#include <unistd.h>

#include <algorithm>
#include <array>

namespace saffron::core {

namespace {

struct Signature {
  std::string_view format;
  std::size_t offset;
  std::string_view bytes;
};

using namespace std::string_view_literals;

constexpr Signature kSignatures[] = {
    {"qcow2", 0, "QFI\xfb"sv},
    {"QED", 0, "QED\0"sv},
    {"VMDK", 0, "KDMV"sv},
    {"VMDK", 0, "COWD"sv},
    {"VMDK", 0, "# Disk DescriptorFile"sv},
    {"VDI", 64, "\x7f\x10\xda\xbe"sv},
    {"VHDX", 0, "vhdxfile"sv},
    {"VHD", 0, "conectix"sv},
};

}  // namespace

std::optional<std::string_view> foreign_image_format(std::span<const std::uint8_t> head) {
  for (const Signature& signature : kSignatures) {
    if (head.size() >= signature.offset + signature.bytes.size() &&
        std::equal(signature.bytes.begin(), signature.bytes.end(),
                   head.begin() + static_cast<std::ptrdiff_t>(signature.offset),
                   [](char wanted, std::uint8_t byte) { return static_cast<std::uint8_t>(wanted) == byte; })) {
      return signature.format;
    }
  }
  return std::nullopt;
}

std::optional<std::string_view> foreign_format_of_file(int fd) {
  std::array<std::uint8_t, 512> head{};  // More than any signature needs.
  const ssize_t count = ::pread(fd, head.data(), head.size(), 0);
  return foreign_image_format(std::span(head).first(count < 0 ? 0 : static_cast<std::size_t>(count)));
}

}  // namespace saffron::core
