// SPDX-License-Identifier: Apache-2.0
// Words for states and amounts, and the engine's English sentences in the user's language. GUI thread only.
#pragma once

#include <QtCore/QString>
#include <cstdint>

#include "engine/api/machine_config.h"
#include "engine/api/machine_status.h"
#include "engine/core/result.h"

namespace saffron::desktop {

/// "2 GiB", "512 MiB".
QString size_text(std::uint64_t bytes);
QString memory_text(std::uint64_t mib);
/// "3 min", "2 h 5 min".
QString duration_text(double seconds);
QString cpus_text(std::uint32_t cpus);

/// A sentence of the engine or of engine/api; unknown ones come back as they are.
QString engine_text(const std::string& english);
QString error_text(const core::Error& error);
/// The label of a field of machine.json ("memory_mib") and what it means; empty if the path is unknown.
QString field_label(const char* path);
QString field_help(const char* path);

QString boot_device_text(api::BootDevice device);
QString disk_bus_text(api::DiskBus bus);
QString panic_action_text(api::PanicAction action);

/// A menu entry's text without its mnemonic ("&S", "(&S)") and without "…".
QString plain_label(QString text);
/// For a shell; quoted where necessary.
QString shell_quoted(const QString& word);

}  // namespace saffron::desktop
