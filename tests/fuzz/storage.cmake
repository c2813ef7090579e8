# SPDX-License-Identifier: Apache-2.0
saffron_fuzzer(ahci_fuzz SOURCES ahci_fuzz.cpp LIBS saffron_storage saffron_fakes RUNS 3000)
saffron_fuzzer(virtio_blk_fuzz SOURCES virtio_blk_fuzz.cpp LIBS saffron_storage saffron_fakes RUNS 5000)
