# SPDX-License-Identifier: Apache-2.0
saffron_fuzzer(machine_config_fuzz SOURCES machine_config_fuzz.cpp LIBS saffron_api)
saffron_fuzzer(control_protocol_fuzz SOURCES control_protocol_fuzz.cpp LIBS saffron_api saffron_fakes RUNS 3000)
