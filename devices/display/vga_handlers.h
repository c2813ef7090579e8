// SPDX-License-Identifier: Apache-2.0
// The bus faces of a VgaAdapter: what answers in each range, with its legal access sizes.
#pragma once

#include <array>

#include "devices/display/edid.h"
#include "devices/display/vga_adapter.h"
#include "engine/core/bus.h"

namespace saffron::display {

/// Ports 0x3b0-0x3df; device offset 0 is port 0x3b0.
class LegacyPortsHandler final : public core::BusDevice {
 public:
  explicit LegacyPortsHandler(VgaAdapter& adapter) : adapter_(adapter) {}
  std::string_view name() const override { return "vga-ports"; }
  core::AccessSizes access_sizes() const override { return {1}; }
  std::uint64_t read(std::uint64_t offset, unsigned) override {
    return adapter_.read_port(static_cast<std::uint16_t>(VgaPorts::kFirstPort + offset));
  }
  void write(std::uint64_t offset, unsigned, std::uint64_t value) override {
    adapter_.write_port(static_cast<std::uint16_t>(VgaPorts::kFirstPort + offset), static_cast<std::uint8_t>(value));
  }

 private:
  VgaAdapter& adapter_;
};

/// Ports 0x1ce (index) and 0x1cf, also 0x1d0 (data); device offset 0 is port 0x1ce. 16 bits only.
class DispiPortsHandler final : public core::BusDevice {
 public:
  explicit DispiPortsHandler(VgaAdapter& adapter) : adapter_(adapter) {}
  std::string_view name() const override { return "vga-dispi-ports"; }
  core::AccessSizes access_sizes() const override { return {2}; }
  std::uint64_t read(std::uint64_t offset, unsigned) override {
    return offset == 0 ? adapter_.read_dispi_index() : adapter_.read_dispi_data();
  }
  void write(std::uint64_t offset, unsigned, std::uint64_t value) override {
    if (offset == 0) {
      adapter_.write_dispi_index(static_cast<std::uint16_t>(value));
    } else {
      adapter_.write_dispi_data(static_cast<std::uint16_t>(value));
    }
  }

 private:
  VgaAdapter& adapter_;
};

/// Memory 0xa0000-0xbffff; device offset 0 is 0xa0000.
class LegacyWindowHandler final : public core::BusDevice {
 public:
  explicit LegacyWindowHandler(VgaAdapter& adapter) : adapter_(adapter) {}
  std::string_view name() const override { return "vga-window"; }
  core::AccessSizes access_sizes() const override { return {1, 2, 4, 8}; }
  std::uint64_t read(std::uint64_t offset, unsigned size) override { return adapter_.read_window(offset, size); }
  void write(std::uint64_t offset, unsigned size, std::uint64_t value) override {
    adapter_.write_window(offset, size, value);
  }

 private:
  VgaAdapter& adapter_;
};

/// BAR2 0x400: ports 0x3c0-0x3df as memory, always in their colour places.
class MappedPortsHandler final : public core::BusDevice {
 public:
  static constexpr std::uint64_t kOffset = 0x400;
  static constexpr std::uint64_t kSize = 0x20;
  explicit MappedPortsHandler(VgaAdapter& adapter) : adapter_(adapter) {}
  std::string_view name() const override { return "vga-mmio-ports"; }
  core::AccessSizes access_sizes() const override { return {1}; }
  std::uint64_t read(std::uint64_t offset, unsigned) override {
    return adapter_.read_port(static_cast<std::uint16_t>(0x3c0 + offset), true);
  }
  void write(std::uint64_t offset, unsigned, std::uint64_t value) override {
    adapter_.write_port(static_cast<std::uint16_t>(0x3c0 + offset), static_cast<std::uint8_t>(value), true);
  }

 private:
  VgaAdapter& adapter_;
};

/// BAR2 0x500: dispi registers, 16 bits each.
class MappedDispiHandler final : public core::BusDevice {
 public:
  static constexpr std::uint64_t kOffset = 0x500;
  static constexpr std::uint64_t kSize = 0x16;
  explicit MappedDispiHandler(VgaAdapter& adapter) : adapter_(adapter) {}
  std::string_view name() const override { return "vga-mmio-dispi"; }
  core::AccessSizes access_sizes() const override { return {2}; }
  std::uint64_t read(std::uint64_t offset, unsigned) override {
    return adapter_.read_dispi(static_cast<unsigned>(offset / 2));
  }
  void write(std::uint64_t offset, unsigned, std::uint64_t value) override {
    adapter_.write_dispi(static_cast<unsigned>(offset / 2), static_cast<std::uint16_t>(value));
  }

 private:
  VgaAdapter& adapter_;
};

/// BAR2 0: the monitor's EDID, read only; zeroes after it.
class EdidHandler final : public core::BusDevice {
 public:
  static constexpr std::uint64_t kSize = 0x400;
  explicit EdidHandler(const std::array<std::uint8_t, kEdidSize>& edid) : edid_(edid) {}
  std::string_view name() const override { return "vga-edid"; }
  core::AccessSizes access_sizes() const override { return {1, 2, 4, 8}; }
  std::uint64_t read(std::uint64_t offset, unsigned size) override {
    std::uint64_t value = 0;
    for (unsigned i = 0; i < size; ++i) {
      value |= std::uint64_t{offset + i < edid_.size() ? edid_[offset + i] : std::uint8_t{0}} << (8 * i);
    }
    return value;
  }
  void write(std::uint64_t, unsigned, std::uint64_t) override {}

 private:
  std::array<std::uint8_t, kEdidSize> edid_;
};

/// BAR2 0x600: the size of this register block, and the framebuffer's byte order (little endian only).
class ExtendedRegistersHandler final : public core::BusDevice {
 public:
  static constexpr std::uint64_t kOffset = 0x600;
  static constexpr std::uint64_t kSize = 8;
  static constexpr std::uint32_t kLittleEndian = 0x1e1e1e1e;
  std::string_view name() const override { return "vga-extended"; }
  core::AccessSizes access_sizes() const override { return {4}; }
  std::uint64_t read(std::uint64_t offset, unsigned) override { return offset == 0 ? kSize : kLittleEndian; }
  void write(std::uint64_t, unsigned, std::uint64_t) override {}
};

}  // namespace saffron::display
