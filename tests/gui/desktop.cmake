# SPDX-License-Identifier: Apache-2.0
saffron_gui_test(desktop_test SOURCES desktop_test.cpp desktop_fixture.h LIBS saffron_desktop_parts saffron_fakes
  TIMEOUT 300)
saffron_gui_test(settings_test SOURCES settings_test.cpp desktop_fixture.h LIBS saffron_desktop_parts saffron_fakes
  TIMEOUT 300)
# The program itself, with real engines.
saffron_gui_test(desktop_machine_test SOURCES desktop_machine_test.cpp desktop_fixture.h
  LIBS saffron_desktop_parts saffron_fakes TIMEOUT 600)
add_dependencies(desktop_machine_test saffron saffron-viewer saffronctl saffron-engine saffron_spice_module)
target_compile_definitions(desktop_machine_test PRIVATE SAFFRON_PROGRAMS="${CMAKE_BINARY_DIR}/bin")
set_tests_properties(desktop_machine_test PROPERTIES LABELS "gui;native")

# Every window as a picture: window_shots FOLDER, on any X server.
add_executable(window_shots window_shots.cpp)
target_link_libraries(window_shots PRIVATE saffron_options saffron_desktop_parts saffron_fakes Qt6::Test fmt::fmt)
add_test(NAME window_shots COMMAND ${XVFB_RUN} -a -s "-screen 0 1600x1200x24" $<TARGET_FILE:window_shots>
  ${CMAKE_BINARY_DIR}/shots)
set_tests_properties(window_shots PROPERTIES TIMEOUT 300 LABELS "gui")
