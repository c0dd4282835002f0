# knarr_component(name DEPENDS a b LIBRARIES x y)
#
# Makes the static library knarr_<name> of src/<name>/**/*.cc, a test binary test_<name> of the
# *_test.cc beside them, a program (not built by default) for every *_bench.cc, and in the fuzz flavour
# one for every *_fuzz.cc. DEPENDS are other
# components: only what is listed there may be included (checked by scripts/tidy).
# The standard headers of cmake/precompiled.h for every file of a target: precompiled where builds
# are cold and whole, merely included in `dev`, where ccache then shares objects between checkouts (it
# cannot with a precompiled header, whose bytes differ in each).
function(knarr_standard_headers target)
  if(KNARR_FLAVOUR STREQUAL "dev")
    target_compile_options(${target} PRIVATE "SHELL:-include ${CMAKE_SOURCE_DIR}/cmake/precompiled.h")
  else()
    target_precompile_headers(${target} PRIVATE ${CMAKE_SOURCE_DIR}/cmake/precompiled.h)
  endif()
endfunction()

function(knarr_component name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "DEPENDS;LIBRARIES;GENERATED;TEST_DEPENDS")
  set(folder ${CMAKE_SOURCE_DIR}/src/${name})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${folder}/*.cc)
  set(all_sources ${sources})
  set(tests ${sources})
  set(fuzzers ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(FILTER fuzzers INCLUDE REGEX "_fuzz\\.cc$")
  list(FILTER sources EXCLUDE REGEX "_(test|fuzz|bench)\\.cc$")
  list(FILTER sources EXCLUDE REGEX "/testing/")
  if(NOT sources AND NOT arg_GENERATED)
    return()
  endif()

  add_library(knarr_${name} STATIC ${sources} ${arg_GENERATED})
  target_include_directories(knarr_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src ${CMAKE_BINARY_DIR})
  foreach(dependency IN LISTS arg_DEPENDS)
    if(TARGET knarr_${dependency})
      target_link_libraries(knarr_${name} PUBLIC knarr_${dependency})
    endif()
  endforeach()
  target_link_libraries(knarr_${name} PUBLIC ${arg_LIBRARIES})
  knarr_standard_headers(knarr_${name})

  if(tests AND NOT KNARR_FLAVOUR STREQUAL "fuzz" AND NOT KNARR_FLAVOUR STREQUAL "release")
    file(GLOB_RECURSE support CONFIGURE_DEPENDS ${folder}/testing/*.cc)
    list(FILTER support EXCLUDE REGEX "_(test|fuzz|bench)\\.cc$")
    add_executable(test_${name} EXCLUDE_FROM_ALL ${tests} ${support})
    target_link_libraries(test_${name} PRIVATE knarr_${name} GTest::gtest GTest::gtest_main)
    foreach(dependency IN LISTS arg_TEST_DEPENDS)
      # Declared further up, so not known yet: looked up when the build is generated.
      target_link_libraries(test_${name} PRIVATE $<TARGET_NAME_IF_EXISTS:knarr_${dependency}>)
    endforeach()
    target_compile_definitions(test_${name} PRIVATE
      KNARR_SOURCE_DIR="${CMAKE_SOURCE_DIR}" KNARR_BINARY_DIR="${CMAKE_BINARY_DIR}")
    knarr_standard_headers(test_${name})
    set_property(GLOBAL APPEND PROPERTY KNARR_TESTS test_${name})
    add_test(NAME ${name} COMMAND test_${name} --gtest_brief=1)
    set_tests_properties(${name} PROPERTIES WORKING_DIRECTORY ${CMAKE_BINARY_DIR} TIMEOUT 600)
  endif()

  set(benches ${all_sources})
  list(FILTER benches INCLUDE REGEX "_bench\\.cc$")
  foreach(bench IN LISTS benches)
    get_filename_component(program ${bench} NAME_WE)
    add_executable(${program} EXCLUDE_FROM_ALL ${bench})
    target_link_libraries(${program} PRIVATE knarr_${name})
  endforeach()

  if(KNARR_FLAVOUR STREQUAL "fuzz")
    foreach(fuzzer IN LISTS fuzzers)
      get_filename_component(program ${fuzzer} NAME_WE)
      add_executable(${program} EXCLUDE_FROM_ALL ${fuzzer})
      target_link_libraries(${program} PRIVATE knarr_${name})
      target_link_options(${program} PRIVATE -fsanitize=fuzzer)
      set_property(GLOBAL APPEND PROPERTY KNARR_FUZZERS ${program})
    endforeach()
  endif()
endfunction()
