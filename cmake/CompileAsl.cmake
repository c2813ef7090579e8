# SPDX-License-Identifier: Apache-2.0
# saffron_compile_asl(SOURCE HEADER): runs the C preprocessor and iasl; HEADER then defines an array dsdt_aml_code.
find_program(IASL iasl REQUIRED)

function(saffron_compile_asl source header)
  get_filename_component(folder ${header} DIRECTORY)
  get_filename_component(base ${header} NAME_WE)
  file(MAKE_DIRECTORY ${folder})
  add_custom_command(OUTPUT ${header}
    COMMAND ${CMAKE_CXX_COMPILER} -E -P -x c ${source} -o ${folder}/${base}.i
    COMMAND ${IASL} -vs -va -we -p ${folder}/${base} -tc ${folder}/${base}.i > ${folder}/${base}.log
    DEPENDS ${source} COMMENT "Compiling ${base}.asl" VERBATIM)
endfunction()
