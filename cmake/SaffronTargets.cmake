# SPDX-License-Identifier: Apache-2.0
# The kinds of target that Saffron has. Libraries list what they may see; nothing else is on their link line.

# A warning is an error, in every build.
add_library(saffron_options INTERFACE)
target_compile_options(saffron_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Werror
  -fno-strict-aliasing -fstack-protector-strong)
# SAFFRON_TRY is a statement expression; GCC has no finer switch for it than -Wpedantic.
target_compile_options(saffron_options INTERFACE
  $<IF:$<CXX_COMPILER_ID:GNU>,-Wno-pedantic,-Wno-gnu-statement-expression>)
target_include_directories(saffron_options INTERFACE ${PROJECT_SOURCE_DIR})
# Assertions are on in both sanitizer builds.
if(SAFFRON_SANITIZE STREQUAL "address")
  target_compile_options(saffron_options INTERFACE -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all
    -fno-omit-frame-pointer -O1 -UNDEBUG)
  target_link_options(saffron_options INTERFACE -fsanitize=address,undefined)
elseif(SAFFRON_SANITIZE STREQUAL "thread")
  target_compile_options(saffron_options INTERFACE -fsanitize=thread -fno-omit-frame-pointer -O1 -UNDEBUG)
  target_link_options(saffron_options INTERFACE -fsanitize=thread)
endif()

# saffron_library(NAME SOURCES a.cpp ... [LIBS target ...] [PRIVATE_LIBS target ...])
function(saffron_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;LIBS;PRIVATE_LIBS" ${ARGN})
  add_library(${name} STATIC ${arg_SOURCES})
  target_link_libraries(${name} PUBLIC saffron_options ${arg_LIBS} PRIVATE ${arg_PRIVATE_LIBS})
endfunction()

# One precompiled Qt Test header for all unit tests. (Qt6::Test defines the test's folder on the command line, which
# would make each folder's header another one; no test of ours asks for it.)
set_property(TARGET Qt6::Test PROPERTY INTERFACE_COMPILE_DEFINITIONS QT_TESTLIB_LIB)
add_library(saffron_test_pch OBJECT ${PROJECT_SOURCE_DIR}/cmake/test_pch.cpp)
target_link_libraries(saffron_test_pch PRIVATE saffron_options Qt6::Core Qt6::Test fmt::fmt)
target_precompile_headers(saffron_test_pch PRIVATE <QtTest/QtTest> <vector> <string> <functional> <memory>)

# saffron_test(NAME SOURCES name_test.cpp ... [LIBS ...] [TIMEOUT seconds] [LABELS label ...])
# A Qt Test program; runs under ctest with a time limit. Label "tsan" marks what the TSan run repeats.
function(saffron_test name)
  cmake_parse_arguments(arg "" "TIMEOUT" "SOURCES;LIBS;LABELS" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  add_executable(${name} ${arg_SOURCES})
  set_target_properties(${name} PROPERTIES AUTOMOC ON)
  target_link_libraries(${name} PRIVATE saffron_options Qt6::Core Qt6::Test fmt::fmt ${arg_LIBS})
  target_precompile_headers(${name} REUSE_FROM saffron_test_pch)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS "unit;${arg_LABELS}")
  if(SAFFRON_SANITIZE STREQUAL "thread")
    set_tests_properties(${name} PROPERTIES ENVIRONMENT
      "TSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/cmake/tsan_suppressions.txt")
  endif()
endfunction()

# saffron_fuzzer(NAME SOURCES name_fuzz.cpp [LIBS ...] [RUNS n]): a libFuzzer target with its corpus in
# tests/fuzz/corpus/NAME. Only in the ASan build; ctest gives it a fixed number of inputs from a fixed seed.
function(saffron_fuzzer name)
  if(NOT SAFFRON_SANITIZE STREQUAL "address")
    return()
  endif()
  cmake_parse_arguments(arg "" "RUNS" "SOURCES;LIBS" ${ARGN})
  if(NOT arg_RUNS)
    set(arg_RUNS 20000)
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE saffron_options ${arg_LIBS})
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  file(MAKE_DIRECTORY ${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${name})
  add_test(NAME ${name} COMMAND ${name} -runs=${arg_RUNS} -seed=1 -timeout=20 -rss_limit_mb=2048
    -artifact_prefix=${CMAKE_BINARY_DIR}/ ${CMAKE_BINARY_DIR}/corpus-${name} ${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${name})
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/corpus-${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT 180 LABELS "fuzz")
endfunction()
