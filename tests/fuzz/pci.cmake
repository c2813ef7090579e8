# SPDX-License-Identifier: Apache-2.0
saffron_fuzzer(pci_config_fuzz SOURCES pci_config_fuzz.cpp LIBS saffron_pci saffron_fakes RUNS 20000)
