// SPDX-License-Identifier: Apache-2.0
#include "engine/core/result.h"

#include <QtTest/QtTest>

#include <cerrno>
#include <memory>

using saffron::core::Error;
using saffron::core::ErrorCode;
using saffron::core::Result;

namespace {

Result<int> half(int number) {
  if (number % 2 != 0) {
    return Error{ErrorCode::kInvalidArgument, "odd", "number"};
  }
  return number / 2;
}

Result<int> quarter(int number) {
  const int first = SAFFRON_TRY(half(number));
  return SAFFRON_TRY(half(first));
}

Result<void> check(int number) {
  SAFFRON_TRY(half(number));
  return {};
}

}  // namespace

class ResultTest : public QObject {
  Q_OBJECT
 private slots:
  void try_passes_values_through() { QCOMPARE(quarter(12).value(), 3); }
  void try_returns_the_first_error() {
    const auto result = quarter(6);
    QVERIFY(!result.ok());
    QCOMPARE(result.error().subject, std::string("number"));
    QVERIFY(check(2).ok());
    QCOMPARE(check(1).error().code, ErrorCode::kInvalidArgument);
  }
  void holds_move_only_values() {
    Result<std::unique_ptr<int>> result = std::make_unique<int>(7);
    const std::unique_ptr<int> moved = std::move(result).value();
    QCOMPARE(*moved, 7);
  }
  void errno_picks_a_code_and_a_text() {
    const Error error = Error::from_errno(ENOENT, "cannot open the disk", "disks[0].path");
    QCOMPARE(error.code, ErrorCode::kNotFound);
    QCOMPARE(error.message, std::string("cannot open the disk: No such file or directory"));
    QCOMPARE(std::string(saffron::core::error_code_name(error.code)), std::string("not_found"));
  }
};

QTEST_APPLESS_MAIN(ResultTest)
#include "result_test.moc"
