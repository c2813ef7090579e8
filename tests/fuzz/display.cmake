# SPDX-License-Identifier: Apache-2.0
saffron_fuzzer(vga_fuzz SOURCES vga_fuzz.cpp LIBS saffron_display saffron_fakes RUNS 1500)
