# Compiler settings and the few helpers that every folder's CMakeLists.txt uses.

set(FIXGATE_WARNINGS
    -Wall -Wextra -Wpedantic -Werror -Wconversion -Wshadow -Wformat=2 -Wundef -Wcast-qual -Wvla)
set(FIXGATE_C_WARNINGS -Wswitch-enum -Wstrict-prototypes -Wmissing-prototypes)

add_library(fixgate_settings INTERFACE)
target_compile_options(fixgate_settings INTERFACE
    ${FIXGATE_WARNINGS} $<$<COMPILE_LANGUAGE:C>:${FIXGATE_C_WARNINGS}>)
# Includes are written from the root, so that the layer shows in every line.
target_include_directories(fixgate_settings INTERFACE
    ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR}/generated)
target_compile_definitions(fixgate_settings INTERFACE _POSIX_C_SOURCE=200809L)

if(FIXGATE_SANITIZE)
  set(FIXGATE_SANITIZERS -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_compile_options(fixgate_settings INTERFACE ${FIXGATE_SANITIZERS})
  target_link_options(fixgate_settings INTERFACE ${FIXGATE_SANITIZERS})
endif()
if(FIXGATE_FUZZ)
  target_compile_options(fixgate_settings INTERFACE -fsanitize=fuzzer-no-link)
endif()

# fixgate_library(NAME SOURCE… [LINK LIBRARY…]): a static library of ours.
function(fixgate_library name)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE fixgate_settings PUBLIC ${ARG_LINK})
endfunction()

# fixgate_program(NAME SOURCE… [LINK LIBRARY…]): a program of ours, in build/bin.
function(fixgate_program name)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE fixgate_settings ${ARG_LINK})
endfunction()

# fixgate_test(NAME SOURCE… [LINK LIBRARY…] [TIMEOUT SECONDS] [LABEL LABEL]): a
# cmocka program that ctest runs from the root of the sources.
function(fixgate_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT;LABEL" "LINK" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 60)
  endif()
  if(NOT ARG_LABEL)
    set(ARG_LABEL unit)
  endif()
  fixgate_program(${name} ${ARG_UNPARSED_ARGUMENTS} LINK ${ARG_LINK} cmocka)
  set_target_properties(${name} PROPERTIES
      RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS ${ARG_LABEL}
      ENVIRONMENT "FIXGATE_BUILD=${PROJECT_BINARY_DIR}")
endfunction()
