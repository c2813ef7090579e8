// SPDX-License-Identifier: Apache-2.0
// A library of its own for tests of the desktop application.
#pragma once

#include <unistd.h>

#include <QtCore/QDir>
#include <QtCore/QFile>
#include <QtCore/QSettings>
#include <QtCore/QTemporaryDir>
#include <QtTest/QtTest>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/api/machine_library.h"

// Other tests run beside these: Qt's five seconds are too few to tell slow from broken.
#undef QTRY_VERIFY
#undef QTRY_COMPARE
#define QTRY_VERIFY(condition) QTRY_VERIFY_WITH_TIMEOUT((condition), 30000)
#define QTRY_COMPARE(actual, expected) QTRY_COMPARE_WITH_TIMEOUT((actual), (expected), 30000)

namespace saffron::desktop_test {

/// Machines, sockets and logs in a temporary folder; the environment points there as long as it exists.
class TemporaryLibrary {
 public:
  TemporaryLibrary() : base{path("machines"), path("runtime"), path("state")}, library(base) {
    qputenv("SAFFRON_MACHINES", base.machines.c_str());
    qputenv("SAFFRON_RUNTIME", base.runtime.c_str());
    qputenv("SAFFRON_STATE", base.state.c_str());
  }

  std::string path(const char* name) const { return folder.filePath(name).toStdString(); }

  /// A file of that many bytes.
  std::string make_file(const char* name, std::size_t bytes = 2048) const {
    QFile file(folder.filePath(name));
    (void)file.open(QIODevice::WriteOnly);
    file.resize(static_cast<qint64>(bytes));
    return path(name);
  }

  api::MachineConfig make_machine(const std::string& name, std::uint64_t memory_mib = 256) const {
    api::MachineConfig config;
    config.name = name;
    config.memory_mib = memory_mib;
    config.cpus = 1;
    config.cdroms = {{"cd0", std::nullopt}};
    api::CreateOptions options;
    options.new_disk_bytes = std::uint64_t{1} << 30;
    return library.create(config, options, api::host_limits()).value();
  }

  void make_broken_machine(const char* name) const {
    QDir(QString::fromStdString(base.machines)).mkpath(name);
    QFile file(QString::fromStdString(base.machines) + "/" + name + "/machine.json");
    (void)file.open(QIODevice::WriteOnly);
    file.write("{\"format\": 1, \"name\": \"");
    file.write(name);
    file.write("\", \"memory_mib\": \"lots\"}");
  }

  QTemporaryDir folder;
  api::BasePaths base;
  api::MachineLibrary library;
};

}  // namespace saffron::desktop_test
