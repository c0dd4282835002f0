# Compiler and linker flags of the five presets (KNARR_FLAVOUR).
set(KNARR_FLAVOUR "dev" CACHE STRING "dev, release, asan, tsan or fuzz")
set_property(CACHE KNARR_FLAVOUR PROPERTY STRINGS dev release asan tsan fuzz)

find_program(KNARR_CCACHE ccache)
if(KNARR_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime
      CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${KNARR_CCACHE})
endif()

add_compile_options(-Wall -Wextra -Wno-unused-parameter -Wno-missing-field-initializers
                    -Werror=return-type -Werror=unused-result -fno-omit-frame-pointer -fvisibility=hidden
                    "SHELL:-Xclang -fno-pch-timestamp")  # Or ccache misses everything precompiled.
add_link_options(-fuse-ld=lld)

if(KNARR_FLAVOUR STREQUAL "dev")
  add_compile_options(-O0 -gline-tables-only)
elseif(KNARR_FLAVOUR STREQUAL "release")
  add_compile_options(-O2 -gline-tables-only -DNDEBUG -ffunction-sections -fdata-sections -fPIE)
  add_link_options(-static-pie -Wl,--gc-sections -Wl,--icf=safe)
elseif(KNARR_FLAVOUR STREQUAL "asan")
  # Instrumented for fuzzing too, so that the test script needs no build of its own for fuzzers.
  add_compile_options(-O0 -gline-tables-only -fsanitize=address,undefined,fuzzer-no-link
                      -fno-sanitize-recover=undefined -DKNARR_FAULTS=1)
  add_link_options(-fsanitize=address,undefined)
elseif(KNARR_FLAVOUR STREQUAL "tsan")
  add_compile_options(-O1 -gline-tables-only -fsanitize=thread -DKNARR_FAULTS=1)
  add_link_options(-fsanitize=thread)
elseif(KNARR_FLAVOUR STREQUAL "fuzz")
  add_compile_options(-O1 -gline-tables-only -fsanitize=fuzzer-no-link,address,undefined
                      -fno-sanitize-recover=undefined)
  add_link_options(-fsanitize=address,undefined)
else()
  message(FATAL_ERROR "KNARR_FLAVOUR is dev, release, asan, tsan or fuzz, not '${KNARR_FLAVOUR}'")
endif()
