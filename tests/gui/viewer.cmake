# SPDX-License-Identifier: Apache-2.0
saffron_gui_test(viewer_test SOURCES viewer_test.cpp LIBS saffron_viewer_parts saffron_spice_loader saffron_fakes
  TIMEOUT 300)
add_dependencies(viewer_test saffron_spice_module)
