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

# poststack_module(<name> SOURCES ... USES ... [PRIVATE_USES ...] [TESTS ...])
#
# One static library `poststack_<name>` a module, and with TESTS one unit-test program
# `<name>_test`, registered as `unit.<name>`. USES are the modules below it.
function(poststack_module name)
    cmake_parse_arguments(M "" "" "SOURCES;USES;PRIVATE_USES;TESTS" ${ARGN})
    add_library(poststack_${name} STATIC ${M_SOURCES})
    target_include_directories(poststack_${name} PUBLIC ${PROJECT_SOURCE_DIR}/include)
    # For "sys/file.h" alone: <sys/file.h> and its like must stay the C library's.
    target_compile_options(poststack_${name} PUBLIC "SHELL:-iquote ${PROJECT_SOURCE_DIR}/src")
    target_link_libraries(poststack_${name}
        PUBLIC ${M_USES}
        PRIVATE ${M_PRIVATE_USES} $<BUILD_INTERFACE:poststack_flags>)
    if(M_TESTS AND POSTSTACK_TESTS)
        add_executable(${name}_test ${M_TESTS})
        target_compile_options(${name}_test PRIVATE "SHELL:-iquote ${PROJECT_SOURCE_DIR}/tests")
        target_link_libraries(${name}_test PRIVATE
            poststack_${name} ${M_PRIVATE_USES} poststack_flags GTest::gmock GTest::gtest_main)
        add_test(NAME unit.${name} COMMAND ${name}_test)
        set_tests_properties(unit.${name} PROPERTIES LABELS unit TIMEOUT 60)
    endif()
endfunction()
