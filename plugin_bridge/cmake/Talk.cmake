# Talks with a real backend as the plugin does, for tests in Python: tests/plugin/test_link.py.
add_executable(synthmatch_talk "${CMAKE_CURRENT_SOURCE_DIR}/tools/talk/main.cpp")
target_link_libraries(synthmatch_talk PRIVATE synthmatch_code)
if(NOT MSVC)
    target_compile_options(synthmatch_talk PRIVATE -Wall -Wextra)
endif()
