# SPDX-License-Identifier: Apache-2.0
saffron_fuzzer(virtio_net_fuzz SOURCES virtio_net_fuzz.cpp LIBS saffron_net saffron_fakes RUNS 5000)
