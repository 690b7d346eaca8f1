# Our own code, compiled once: the plugin formats and the tests link the same library.
file(GLOB SYNTHMATCH_SOURCES CONFIGURE_DEPENDS
    "${CMAKE_CURRENT_SOURCE_DIR}/source/*.cpp"
    "${CMAKE_CURRENT_SOURCE_DIR}/source/*.h")

juce_add_binary_data(synthmatch_assets NAMESPACE synthmatch::assets HEADER_NAME Assets.h
    SOURCES
        "${CMAKE_CURRENT_SOURCE_DIR}/assets/Inter-Regular.otf"
        "${CMAKE_CURRENT_SOURCE_DIR}/assets/Inter-SemiBold.otf")

add_library(synthmatch_code STATIC ${SYNTHMATCH_SOURCES})
target_include_directories(synthmatch_code PUBLIC "${CMAKE_CURRENT_SOURCE_DIR}/source")
target_link_libraries(synthmatch_code PUBLIC synthmatch_juce PRIVATE synthmatch_assets)
target_compile_definitions(synthmatch_code PUBLIC SYNTHMATCH_VERSION="${SYNTHMATCH_VERSION}")
if(MSVC)
    target_compile_options(synthmatch_code PRIVATE /W4)
else()
    target_compile_options(synthmatch_code PRIVATE -Wall -Wextra)
endif()
