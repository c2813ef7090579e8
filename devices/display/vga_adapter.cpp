// SPDX-License-Identifier: Apache-2.0
#include "devices/display/vga_adapter.h"

#include <algorithm>

namespace saffron::display {
namespace {

constexpr std::int64_t kMillisecond = 1'000'000;
constexpr std::int64_t kBlinkPhaseNs = 500 * kMillisecond;
// A mode is set by dozens of register writes; sizes seen between them are not worth telling.
constexpr std::int64_t kModeSettleNs = 5 * kMillisecond;
constexpr unsigned kMaxResizePostponements = 20;
// Before the first mode: what a text screen will have.
constexpr std::uint32_t kDefaultWidth = 720;
constexpr std::uint32_t kDefaultHeight = 400;
// Damage up to this part of the screen is "little" (a caret, a clock).
constexpr std::uint64_t kLittleDamageDivisor = 64;

BlinkPhase blink_phase(std::int64_t now) {
  return {.cursor = now / kBlinkPhaseNs % 2 == 0, .characters = now / (2 * kBlinkPhaseNs) % 2 == 0};
}

}  // namespace

VgaAdapter::VgaAdapter(std::span<std::uint8_t> video_memory, core::MemorySlot* slot, core::TimerService& timers)
    : memory_(video_memory),
      slot_(slot),
      clock_(timers.clock()),
      ports_(vga_),
      dispi_(dispi_registers_, video_memory.size()),
      window_(vga_, dispi_registers_, memory_),
      last_mode_write_ns_(clock_.now_ns() - kModeSettleNs),
      renderer_(memory_),
      dirty_pages_(memory_.bitmap_words()),
      timer_(timers.create_timer([this] { on_timer(); })) {}

VgaAdapter::~VgaAdapter() = default;

// --- The guest's side ---

std::uint8_t VgaAdapter::read_port(std::uint16_t port, bool always_colour) {
  const std::int64_t now = port == 0x3ba || port == 0x3da ? clock_.now_ns() : 0;
  const std::lock_guard lock(mutex_);
  return ports_.read(port, now, always_colour);
}

void VgaAdapter::write_port(std::uint16_t port, std::uint8_t value, bool always_colour) {
  VgaEffect effect;
  {
    const std::lock_guard lock(mutex_);
    effect = ports_.write(port, value, always_colour);
  }
  notify(effect);
}

std::uint16_t VgaAdapter::read_dispi_index() {
  const std::lock_guard lock(mutex_);
  return dispi_registers_.index;
}

void VgaAdapter::write_dispi_index(std::uint16_t index) {
  const std::lock_guard lock(mutex_);
  dispi_registers_.index = index;
}

std::uint16_t VgaAdapter::read_dispi_data() {
  return read_dispi(read_dispi_index());
}

void VgaAdapter::write_dispi_data(std::uint16_t value) {
  write_dispi(read_dispi_index(), value);
}

std::uint16_t VgaAdapter::read_dispi(unsigned index) {
  const std::lock_guard lock(mutex_);
  return dispi_.read(index);
}

void VgaAdapter::write_dispi(unsigned index, std::uint16_t value) {
  Dispi::WriteResult result;
  {
    const std::lock_guard lock(mutex_);
    result = dispi_.write(index, value);
    set_dac_width(vga_, (dispi_registers_.enable & DispiRegisters::k8BitDac) != 0);
    if (result.clear_bytes != 0) {
      // Inside the lock: the guest must not draw through the window before the memory is clean. A few milliseconds
      // at most, once a mode.
      memory_.clear(result.clear_bytes);
    }
  }
  if (result.unknown_value) {
    log_unknown_.warning("vga", "the guest wrote {:#x} to dispi register {}, which has no such value", value, index);
  }
  notify(result.effect);
}

std::uint64_t VgaAdapter::read_window(std::uint64_t offset, unsigned size) {
  const std::lock_guard lock(mutex_);
  std::uint64_t value = 0;
  for (unsigned i = 0; i < size; ++i) {
    value |= std::uint64_t{window_.read(offset + i)} << (8 * i);
  }
  return value;
}

void VgaAdapter::write_window(std::uint64_t offset, unsigned size, std::uint64_t value) {
  {
    const std::lock_guard lock(mutex_);
    for (unsigned i = 0; i < size; ++i) {
      window_.write(offset + i, static_cast<std::uint8_t>(value >> (8 * i)));
    }
  }
  notify(VgaEffect::kContent);
}

void VgaAdapter::reset() {
  {
    const std::lock_guard lock(mutex_);
    vga_ = {};
    dispi_registers_ = {};
  }
  notify(VgaEffect::kMode);
}

void VgaAdapter::invalidate() {
  invalid_.store(true);
}

void VgaAdapter::notify(VgaEffect effect) {
  if (effect == VgaEffect::kNone) {
    return;
  }
  if (effect == VgaEffect::kMode) {
    last_mode_write_ns_.store(clock_.now_ns(), std::memory_order_relaxed);
  }
  std::atomic<bool>& wanted = effect == VgaEffect::kMode ? notify_mode_ : notify_content_;
  if (wanted.load(std::memory_order_seq_cst) && wanted.exchange(false)) {
    timer_->arm(clock_.now_ns() + RefreshPacer::kFullRateNs);
  }
}

// --- The control thread's side ---

ScreenState VgaAdapter::snapshot() {
  VgaRegisters vga;
  DispiRegisters dispi;
  {
    const std::lock_guard lock(mutex_);
    vga = vga_;
    dispi = dispi_registers_;
  }
  return decode_screen(vga, dispi, memory_.size());
}

void VgaAdapter::give_blank_screen_a_size(ScreenLayout& layout) const {
  if (layout.format == PixelFormat::kBlank) {
    layout.width = width_ != 0 ? width_ : kDefaultWidth;
    layout.height = height_ != 0 ? height_ : kDefaultHeight;
  }
}

void VgaAdapter::set_sink(ports::DisplaySink* sink) {
  sink_ = sink;
  if (sink_ == nullptr) {
    notify_content_ = false;
    notify_mode_ = false;
    timer_->cancel();
    return;
  }
  refresh_all();
}

void VgaAdapter::refresh_all() {
  if (sink_ != nullptr) {
    pacer_.wake();
    tell_size_ = true;
    resize_postponed_ = kMaxResizePostponements;
    refresh(true);
  }
}

void VgaAdapter::wake() {
  if (sink_ == nullptr || !sink_->has_viewers()) {
    return;
  }
  pacer_.wake();
  const std::int64_t soon = clock_.now_ns() + RefreshPacer::kFullRateNs;
  if (deadline_ > soon) {
    arm(soon);
  }
}

ports::Frame VgaAdapter::capture() {
  const ScreenState state = snapshot();
  if (state.layout.format == PixelFormat::kBlank) {
    return {};
  }
  ScreenRenderer renderer(memory_);
  RowDamage damage;
  renderer.draw(state, {.dirty_pages = {}, .fonts = true, .everything = true, .phase = {}}, damage);
  return renderer.take_frame();
}

void VgaAdapter::on_timer() {
  if (sink_ != nullptr) {
    refresh(false);
  }
}

bool VgaAdapter::must_tell_size(const ScreenLayout& layout) const {
  return tell_size_ || layout.width != width_ || layout.height != height_;
}

bool VgaAdapter::postpone_resize(const ScreenLayout& layout, std::int64_t now) {
  const bool settling = now - last_mode_write_ns_.load(std::memory_order_relaxed) < kModeSettleNs;
  if (!must_tell_size(layout) || !settling || resize_postponed_ >= kMaxResizePostponements) {
    resize_postponed_ = 0;
    return false;
  }
  ++resize_postponed_;
  arm(now + kModeSettleNs);
  return true;
}

void VgaAdapter::refresh(bool everything) {
  const std::int64_t now = clock_.now_ns();
  // Before looking: a change after this is not missed.
  notify_mode_ = true;
  notify_content_ = sink_->has_viewers();
  ScreenState state = snapshot();
  give_blank_screen_a_size(state.layout);
  if (postpone_resize(state.layout, now)) {
    return;
  }
  if (must_tell_size(state.layout)) {
    width_ = state.layout.width;
    height_ = state.layout.height;
    tell_size_ = false;
    everything = true;
    sink_->resize(width_, height_);
  }
  if (!sink_->has_viewers()) {
    sleep_until_mode_change();
    return;
  }
  const RefreshPacer::Found found = draw(state, everything, now);
  plan_next(now, pacer_.next(found));
}

VgaAdapter::Written VgaAdapter::collect_dirty() {
  Written written;
  std::fill(dirty_pages_.begin(), dirty_pages_.end(), 0);
  if (slot_ != nullptr && slot_->mapped()) {
    // Guest writes into the memory that text modes use may have changed fonts: word 0 is the first 256 KiB.
    written.anything = slot_->collect_dirty(dirty_pages_);
    written.fonts = written.anything && dirty_pages_[0] != 0;
  }
  written.anything = memory_.collect_dirty(dirty_pages_) || written.anything;
  written.fonts = memory_.take_font_plane_written() || written.fonts;
  if (invalid_.exchange(false)) {
    std::fill(dirty_pages_.begin(), dirty_pages_.end(), ~std::uint64_t{0});
    written = {.anything = true, .fonts = true};
  }
  return written;
}

RefreshPacer::Found VgaAdapter::draw(const ScreenState& state, bool everything, std::int64_t now) {
  const Written written = collect_dirty();
  const ScreenRenderer::Changes changes{
      .dirty_pages = dirty_pages_, .fonts = written.fonts, .everything = everything, .phase = blink_phase(now)};
  renderer_.draw(state, changes, damage_);
  if (damage_.empty()) {
    return RefreshPacer::Found::kNothing;
  }
  const std::vector<ports::Rect> rects = damage_.rects();
  sink_->update(renderer_.view(), rects);
  if (!written.anything && !everything && renderer_.blinks()) {
    return RefreshPacer::Found::kNothing;  // Only a blink, which has its own time.
  }
  std::uint64_t pixels = 0;
  for (const ports::Rect& rect : rects) {
    pixels += static_cast<std::uint64_t>(rect.width) * static_cast<std::uint64_t>(rect.height);
  }
  const std::uint64_t screen = std::uint64_t{width_} * height_;
  return pixels > screen / kLittleDamageDivisor ? RefreshPacer::Found::kMuch : RefreshPacer::Found::kLittle;
}

void VgaAdapter::plan_next(std::int64_t now, std::int64_t delay) {
  // A large screen takes long to send: leave the other half of the time to the rest of the control thread.
  const std::int64_t spent = clock_.now_ns() - now;
  const bool dozing = delay > 2 * RefreshPacer::kFullRateNs;
  delay = std::max(delay, 2 * spent);
  if (renderer_.blinks()) {
    delay = std::min(delay, kBlinkPhaseNs - now % kBlinkPhaseNs);
  }
  if (!dozing) {
    notify_mode_ = false;
    notify_content_ = false;
  }
  arm(now + delay);
  if (dozing && (!notify_mode_ || !notify_content_)) {
    // A change came while we looked, and our arm() has overridden its own.
    arm(std::min(now + delay, clock_.now_ns() + RefreshPacer::kFullRateNs));
  }
}

void VgaAdapter::sleep_until_mode_change() {
  deadline_ = 0;
  timer_->cancel();
  if (!notify_mode_) {
    arm(clock_.now_ns() + RefreshPacer::kFullRateNs);
  }
}

void VgaAdapter::arm(std::int64_t deadline) {
  deadline_ = deadline;
  timer_->arm(deadline);
}

}  // namespace saffron::display
