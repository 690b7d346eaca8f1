# What needs a display: tests of the window's keys, focus and menus, and its pictures for the
# README. On Linux the tests run under xvfb-run where it is installed.
file(GLOB SYNTHMATCH_WINDOW_TEST_SOURCES CONFIGURE_DEPENDS
    "${CMAKE_CURRENT_SOURCE_DIR}/tests/window/*.cpp")
add_executable(synthmatch_window_tests ${SYNTHMATCH_WINDOW_TEST_SOURCES})
add_executable(synthmatch_screenshots "${CMAKE_CURRENT_SOURCE_DIR}/tools/screenshots/main.cpp")

foreach(target synthmatch_window_tests synthmatch_screenshots)
    target_include_directories(${target} PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}/tests")
    target_link_libraries(${target} PRIVATE synthmatch_code)
    if(NOT MSVC)
        target_compile_options(${target} PRIVATE -Wall -Wextra)
    endif()
endforeach()
target_include_directories(synthmatch_window_tests SYSTEM PRIVATE ${CATCH2_INCLUDE})

if(UNIX AND NOT APPLE)
    find_program(XVFB_RUN xvfb-run)
    if(XVFB_RUN)
        set(SYNTHMATCH_DISPLAY "${XVFB_RUN}" -a)
    endif()
endif()
add_test(NAME synthmatch_window_tests COMMAND ${SYNTHMATCH_DISPLAY} $<TARGET_FILE:synthmatch_window_tests>)
add_test(NAME synthmatch_screenshots
    COMMAND synthmatch_screenshots "${CMAKE_CURRENT_BINARY_DIR}/screenshots")
