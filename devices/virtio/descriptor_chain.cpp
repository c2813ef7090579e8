// SPDX-License-Identifier: Apache-2.0
#include "devices/virtio/descriptor_chain.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>

namespace saffron::virtio {
namespace {

/// Walks `bytes` on from (index, offset) in `buffers`, and hands each piece to `piece`. The caller has checked that so
/// many bytes remain.
template <typename Piece>
void advance(std::span<const iovec> buffers, std::size_t& index, std::size_t& offset, std::uint64_t bytes,
             const Piece& piece) {
  while (bytes != 0) {
    const iovec& buffer = buffers[index];
    const std::size_t length = std::min<std::uint64_t>(bytes, buffer.iov_len - offset);
    piece(static_cast<std::uint8_t*>(buffer.iov_base) + offset, length);
    bytes -= length;
    offset += length;
    if (offset == buffer.iov_len) {
      ++index;
      offset = 0;
    }
  }
}

}  // namespace

DescriptorChain::DescriptorChain(DescriptorChain&& other) noexcept
    : head_(other.head_),
      owned_(std::exchange(other.owned_, false)),
      readable_count_(std::exchange(other.readable_count_, 0)),
      readable_size_(std::exchange(other.readable_size_, 0)),
      writable_size_(std::exchange(other.writable_size_, 0)),
      buffers_(std::move(other.buffers_)) {
  other.buffers_.clear();
}

DescriptorChain& DescriptorChain::operator=(DescriptorChain&& other) noexcept {
  if (this != &other) {
    assert(!owned_ && "a descriptor chain was overwritten before it was returned to its queue");
    head_ = other.head_;
    owned_ = std::exchange(other.owned_, false);
    readable_count_ = std::exchange(other.readable_count_, 0);
    readable_size_ = std::exchange(other.readable_size_, 0);
    writable_size_ = std::exchange(other.writable_size_, 0);
    buffers_ = std::move(other.buffers_);
    other.buffers_.clear();
  }
  return *this;
}

DescriptorChain::~DescriptorChain() {
  assert(!owned_ && "a descriptor chain was not returned to its queue");
}

ChainReader::ChainReader(const DescriptorChain& chain)
    : buffers_(chain.readable()), remaining_(chain.readable_size()) {}

bool ChainReader::read(std::span<std::uint8_t> to) {
  if (to.size() > remaining_) {
    return false;
  }
  std::uint8_t* next = to.data();
  advance(buffers_, index_, offset_, to.size(), [&next](const std::uint8_t* piece, std::size_t length) {
    std::memcpy(next, piece, length);
    next += length;
  });
  remaining_ -= to.size();
  return true;
}

bool ChainReader::skip(std::uint64_t bytes) {
  if (bytes > remaining_) {
    return false;
  }
  advance(buffers_, index_, offset_, bytes, [](const std::uint8_t*, std::size_t) {});
  remaining_ -= bytes;
  return true;
}

bool ChainReader::take(std::uint64_t bytes, std::vector<iovec>& to) {
  if (bytes > remaining_) {
    return false;
  }
  advance(buffers_, index_, offset_, bytes, [&to](std::uint8_t* piece, std::size_t length) {
    to.push_back({piece, length});
  });
  remaining_ -= bytes;
  return true;
}

ChainWriter::ChainWriter(const DescriptorChain& chain)
    : buffers_(chain.writable()), remaining_(chain.writable_size()) {}

bool ChainWriter::write(std::span<const std::uint8_t> from) {
  if (from.size() > remaining_) {
    return false;
  }
  const std::uint8_t* next = from.data();
  advance(buffers_, index_, offset_, from.size(), [&next](std::uint8_t* piece, std::size_t length) {
    std::memcpy(piece, next, length);
    next += length;
  });
  remaining_ -= from.size();
  written_ += static_cast<std::uint32_t>(from.size());  // Chains are shorter than 2^32 bytes.
  return true;
}

bool ChainWriter::take(std::uint64_t bytes, std::vector<iovec>& to) {
  if (bytes > remaining_) {
    return false;
  }
  advance(buffers_, index_, offset_, bytes, [&to](std::uint8_t* piece, std::size_t length) {
    to.push_back({piece, length});
  });
  remaining_ -= bytes;
  written_ += static_cast<std::uint32_t>(bytes);
  return true;
}

}  // namespace saffron::virtio
