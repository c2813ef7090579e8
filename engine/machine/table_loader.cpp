// SPDX-License-Identifier: Apache-2.0
#include "engine/machine/table_loader.h"

#include <map>
#include <numeric>

#include "engine/machine/byte_writer.h"

namespace saffron::machine {

namespace {

constexpr std::size_t kRecordSize = 128;
constexpr std::size_t kNameSize = 56;
enum Command : std::uint32_t { kAllocate = 1, kAddPointer = 2, kAddChecksum = 3 };

std::uint64_t load(const std::vector<std::uint8_t>& bytes, std::size_t offset, unsigned size) {
  std::uint64_t value = 0;
  for (unsigned i = 0; i < size; ++i) {
    value |= std::uint64_t{bytes.at(offset + i)} << (i * 8);
  }
  return value;
}

void store(std::vector<std::uint8_t>& bytes, std::size_t offset, unsigned size, std::uint64_t value) {
  for (unsigned i = 0; i < size; ++i) {
    bytes.at(offset + i) = static_cast<std::uint8_t>(value >> (i * 8));
  }
}

}  // namespace

void TableLoader::add_file(TableFile file) {
  files_.push_back(std::move(file));
}

void TableLoader::add_pointer(std::string_view file, std::uint32_t offset, std::uint8_t size, std::string_view target) {
  pointers_.push_back({std::string(file), offset, size, std::string(target)});
}

void TableLoader::add_checksum(std::string_view file, std::uint32_t offset, std::uint32_t start, std::uint32_t length) {
  checksums_.push_back({std::string(file), offset, start, length});
}

std::vector<std::uint8_t> TableLoader::script() const {
  ByteWriter writer;
  const auto end_record = [&] { writer.align(kRecordSize); };
  for (const TableFile& file : files_) {
    writer.u32(kAllocate).text(file.name, kNameSize).u32(file.alignment).u8(static_cast<std::uint8_t>(file.zone));
    end_record();
  }
  for (const Pointer& pointer : pointers_) {
    writer.u32(kAddPointer).text(pointer.file, kNameSize).text(pointer.target, kNameSize);
    writer.u32(pointer.offset).u8(pointer.size);
    end_record();
  }
  for (const Checksum& checksum : checksums_) {
    writer.u32(kAddChecksum).text(checksum.file, kNameSize);
    writer.u32(checksum.offset).u32(checksum.start).u32(checksum.length);
    end_record();
  }
  return writer.bytes();
}

core::Result<core::GuestAddress> TableLoader::place(const core::GuestMemory& memory, core::GuestAddress base,
                                                    core::GuestAddress limit) const {
  std::map<std::string, std::uint64_t> addresses;
  std::map<std::string, std::vector<std::uint8_t>> contents;
  std::uint64_t next = base.value;
  for (const TableFile& file : files_) {
    next = (next + file.alignment - 1) / file.alignment * file.alignment;
    if (next > limit.value || file.content.size() > limit.value - next) {
      return core::Error{core::ErrorCode::kExhausted, "the firmware tables do not fit into their memory", file.name};
    }
    addresses[file.name] = next;
    contents[file.name] = file.content;
    next += file.content.size();
  }
  for (const Pointer& pointer : pointers_) {
    std::vector<std::uint8_t>& bytes = contents.at(pointer.file);
    store(bytes, pointer.offset, pointer.size,
          load(bytes, pointer.offset, pointer.size) + addresses.at(pointer.target));
  }
  for (const Checksum& checksum : checksums_) {
    std::vector<std::uint8_t>& bytes = contents.at(checksum.file);
    bytes.at(checksum.offset) = 0;
    const auto first = bytes.begin() + checksum.start;
    const auto sum = std::accumulate(first, first + checksum.length, 0U);
    bytes.at(checksum.offset) = static_cast<std::uint8_t>(0U - sum);
  }
  for (const auto& [name, bytes] : contents) {
    SAFFRON_TRY(memory.write({addresses.at(name)}, bytes));
  }
  return core::GuestAddress{addresses.at(files_.back().name)};
}

}  // namespace saffron::machine
