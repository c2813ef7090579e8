// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include "devices/net/passt_backend.h"
#include "devices/net/unplugged_backend.h"
#include "devices/net/virtio_net.h"
#include "engine/machine/error_about.h"
#include "engine/machine/machine_builder.h"

namespace saffron::machine {

namespace {

net::PasstConfig passt_config(const api::NetworkConfig& config) {
  net::PasstConfig result;
  for (const api::ForwardConfig& forward : config.forwards) {
    const auto protocol =
        forward.protocol == api::ForwardProtocol::kTcp ? net::ForwardProtocol::kTcp : net::ForwardProtocol::kUdp;
    result.forwards.push_back({protocol, forward.host_address, static_cast<std::uint16_t>(forward.host_port),
                               static_cast<std::uint16_t>(forward.guest_port)});
  }
  return result;
}

core::Result<std::unique_ptr<ports::NetBackend>> make_backend(const api::NetworkConfig& config) {
  if (config.mode == api::NetworkMode::kNone) {
    return std::unique_ptr<ports::NetBackend>(std::make_unique<net::UnpluggedBackend>());
  }
  return std::unique_ptr<ports::NetBackend>(SAFFRON_TRY(net::PasstBackend::create(config.id, passt_config(config))));
}

}  // namespace

core::Result<void> MachineBuilder::add_network() {
  const api::MachineConfig& config = machine_.config_;
  for (std::size_t i = 0; i < config.networks.size(); ++i) {
    const api::NetworkConfig& network = config.networks[i];
    const std::string field = fmt::format("networks[{}]", i);
    auto backend = make_backend(network);
    if (!backend.ok()) {
      return about(std::move(backend).error(), field);
    }
    const net::MacAddress mac = SAFFRON_TRY(net::MacAddress::parse(api::effective_mac(config, network)));
    machine_.network_threads_.push_back(SAFFRON_TRY(core::LoopThread::start(network.id)));
    core::EventLoop& loop = machine_.network_threads_.back()->loop();
    auto device = std::make_unique<net::VirtioNet>(network.id, mac, std::move(backend).value(), loop);
    const auto connected = device->connect();
    if (!connected.ok()) {
      return about(connected.error(), field);
    }
    SAFFRON_TRY(plug_virtio(std::move(device)));
  }
  return {};
}

}  // namespace saffron::machine
