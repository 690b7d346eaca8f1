# Catch2 tests of our code: `ctest --test-dir build/plugin`.
find_path(CATCH2_INCLUDE catch2/catch.hpp)
if(NOT CATCH2_INCLUDE)
    include(FetchContent)
    FetchContent_Declare(catch2
        GIT_REPOSITORY https://github.com/catchorg/Catch2.git
        GIT_TAG v2.13.10
        GIT_SHALLOW ON)
    FetchContent_GetProperties(catch2)
    if(NOT catch2_POPULATED)
        FetchContent_Populate(catch2)
    endif()
    set(CATCH2_INCLUDE "${catch2_SOURCE_DIR}/single_include")
endif()

file(GLOB SYNTHMATCH_TEST_SOURCES CONFIGURE_DEPENDS
    "${CMAKE_CURRENT_SOURCE_DIR}/tests/*.cpp"
    "${CMAKE_CURRENT_SOURCE_DIR}/tests/*.h")
add_executable(synthmatch_tests ${SYNTHMATCH_TEST_SOURCES})
target_include_directories(synthmatch_tests SYSTEM PRIVATE ${CATCH2_INCLUDE})
target_link_libraries(synthmatch_tests PRIVATE synthmatch_code)
if(NOT MSVC)
    target_compile_options(synthmatch_tests PRIVATE -Wall -Wextra)
endif()
add_test(NAME synthmatch_tests COMMAND synthmatch_tests)
