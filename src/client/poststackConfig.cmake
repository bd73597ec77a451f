# find_package(poststack): the target poststack::poststack.
include(CMakeFindDependencyMacro)
find_dependency(Threads)

find_library(POSTSTACK_PQ_LIBRARY NAMES pq)
mark_as_advanced(POSTSTACK_PQ_LIBRARY)
if(NOT POSTSTACK_PQ_LIBRARY)
    set(poststack_FOUND FALSE)
    set(poststack_NOT_FOUND_MESSAGE "libpq is missing: install the package libpq-dev")
    return()
endif()
if(NOT TARGET poststack::pq)
    add_library(poststack::pq UNKNOWN IMPORTED)
    set_target_properties(poststack::pq PROPERTIES IMPORTED_LOCATION "${POSTSTACK_PQ_LIBRARY}")
endif()

include("${CMAKE_CURRENT_LIST_DIR}/poststackTargets.cmake")
