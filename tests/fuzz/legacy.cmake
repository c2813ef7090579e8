# SPDX-License-Identifier: Apache-2.0
saffron_fuzzer(fw_cfg_fuzz SOURCES fw_cfg_fuzz.cpp LIBS saffron_legacy saffron_fakes)
saffron_fuzzer(legacy_fuzz SOURCES legacy_fuzz.cpp LIBS saffron_legacy saffron_fakes)
