# SPDX-License-Identifier: Apache-2.0
saffron_fuzzer(virtqueue_fuzz SOURCES virtqueue_fuzz.cpp LIBS saffron_virtio saffron_fakes)
saffron_fuzzer(virtio_pci_fuzz SOURCES virtio_pci_fuzz.cpp LIBS saffron_virtio saffron_fakes RUNS 5000)
