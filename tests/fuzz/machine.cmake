# SPDX-License-Identifier: Apache-2.0
saffron_fuzzer(direct_boot_fuzz SOURCES direct_boot_fuzz.cpp LIBS saffron_machine saffron_fakes RUNS 20000)
