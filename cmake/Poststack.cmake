# Helpers shared by every CMakeLists.txt of the project.
include(GNUInstallDirs)
find_package(PkgConfig REQUIRED)

# Flags that every compiled file of ours gets.
add_library(poststack_flags INTERFACE)
target_compile_options(poststack_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual
    $<$<BOOL:${POSTSTACK_WERROR}>:-Werror>)
target_compile_definitions(poststack_flags INTERFACE
    $<$<CONFIG:Release>:_GLIBCXX_ASSERTIONS>
    $<$<CONFIG:Release>:_FORTIFY_SOURCE=2>)
target_compile_options(poststack_flags INTERFACE
    $<$<CONFIG:Release>:-fstack-protector-strong>)
if(POSTSTACK_SANITIZE)
    target_compile_options(poststack_flags INTERFACE
        -fsanitize=${POSTSTACK_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    target_link_options(poststack_flags INTERFACE -fsanitize=${POSTSTACK_SANITIZE})
endif()

# poststack_precompile(<target> <owner>)
#
# Lets <target> use the precompiled headers of <owner>: poststack_base for the product, base_test
# for tests. A third of the time of a clean build went into headers that nearly every file includes.
# A file still includes what it uses: the tidy preset, which precompiles nothing, holds that.
option(POSTSTACK_PRECOMPILE "Parse the headers that nearly every file includes only once" ON)
function(poststack_precompile target owner)
    if(NOT POSTSTACK_PRECOMPILE)
        return()
    endif()
    if(NOT target STREQUAL owner)
        target_precompile_headers(${target} REUSE_FROM ${owner})
        return()
    endif()
    target_precompile_headers(${target} PRIVATE
        <algorithm> <array> <chrono> <cstdint> <filesystem> <functional> <map> <memory> <optional>
        <string> <string_view> <utility> <vector> <fmt/format.h> ${ARGN})
endfunction()

# poststack_module(<name> [OWN_FLAGS] SOURCES ... USES ... [PRIVATE_USES ...] [TESTS ...])
#
# One static library `poststack_<name>` a module, and with TESTS one unit-test program
# `<name>_test`, registered as `unit.<name>`. USES are the modules below it. OWN_FLAGS: it is compiled
# with other flags than its neighbours, so it cannot share their precompiled headers.
function(poststack_module name)
    cmake_parse_arguments(M "OWN_FLAGS" "" "SOURCES;USES;PRIVATE_USES;TESTS" ${ARGN})
    add_library(poststack_${name} STATIC ${M_SOURCES})
    target_include_directories(poststack_${name} PUBLIC ${PROJECT_SOURCE_DIR}/include)
    # For "sys/file.h" alone: <sys/file.h> and its like must stay the C library's.
    target_compile_options(poststack_${name} PUBLIC "SHELL:-iquote ${PROJECT_SOURCE_DIR}/src")
    target_link_libraries(poststack_${name}
        PUBLIC ${M_USES}
        PRIVATE ${M_PRIVATE_USES} $<BUILD_INTERFACE:poststack_flags>)
    set(headers poststack_base)
    if(M_OWN_FLAGS)
        set(headers poststack_${name})
    endif()
    poststack_precompile(poststack_${name} ${headers})
    if(M_TESTS AND POSTSTACK_TESTS)
        add_executable(${name}_test ${M_TESTS})
        target_compile_options(${name}_test PRIVATE "SHELL:-iquote ${PROJECT_SOURCE_DIR}/tests")
        target_link_libraries(${name}_test PRIVATE
            poststack_${name} ${M_PRIVATE_USES} poststack_flags GTest::gmock GTest::gtest_main)
        poststack_precompile(${name}_test base_test <gmock/gmock.h> <gtest/gtest.h>)
        add_test(NAME unit.${name} COMMAND ${name}_test)
        set_tests_properties(unit.${name} PROPERTIES LABELS unit TIMEOUT 60)
    endif()
endfunction()
