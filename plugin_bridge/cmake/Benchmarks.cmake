# What the plugin costs; built only when asked for: --target synthmatch_bench.
add_executable(synthmatch_bench EXCLUDE_FROM_ALL "${CMAKE_CURRENT_SOURCE_DIR}/benchmarks/AudioThread.cpp")
target_link_libraries(synthmatch_bench PRIVATE synthmatch_code)
