# Where JUCE comes from, and its modules compiled once for the plugin and its tests.
set(SYNTHMATCH_JUCE_TAG 7.0.12 CACHE STRING "Upstream JUCE that is fetched where the system has none")

if(JUCE_DIR AND EXISTS "${JUCE_DIR}/modules/CMakeLists.txt")
    add_subdirectory("${JUCE_DIR}" "${CMAKE_BINARY_DIR}/juce" EXCLUDE_FROM_ALL)
else()
    # No version here: the package's version file accepts only an exact one.
    find_package(JUCE CONFIG QUIET)
    if(NOT JUCE_FOUND)
        include(FetchContent)
        FetchContent_Declare(juce
            GIT_REPOSITORY https://github.com/juce-framework/JUCE.git
            GIT_TAG ${SYNTHMATCH_JUCE_TAG}
            GIT_SHALLOW ON)
        FetchContent_MakeAvailable(juce)
    endif()
endif()

set(SYNTHMATCH_JUCE_DEFINITIONS
    JUCE_WEB_BROWSER=0
    JUCE_USE_CURL=0
    JUCE_VST3_CAN_REPLACE_VST2=0
    JUCE_DISPLAY_SPLASH_SCREEN=0
    JUCE_REPORT_APP_USAGE=0
    JUCE_STRICT_REFCOUNTEDPOINTER=1
    JUCE_MODAL_LOOPS_PERMITTED=0
    # Debian takes these codecs out of JUCE; the backend reads such files.
    JUCE_USE_FLAC=0
    JUCE_USE_OGGVORBIS=0
    JUCE_USE_MP3AUDIOFORMAT=1)

add_library(synthmatch_juce STATIC)
target_link_libraries(synthmatch_juce
    PRIVATE
        juce::juce_audio_formats
        juce::juce_audio_processors
        juce::juce_audio_utils
        juce::juce_gui_extra
        juce::juce_osc
    PUBLIC
        juce::juce_recommended_config_flags)
target_compile_definitions(synthmatch_juce
    PUBLIC ${SYNTHMATCH_JUCE_DEFINITIONS} JUCE_GLOBAL_MODULE_SETTINGS_INCLUDED=1
    INTERFACE $<TARGET_PROPERTY:synthmatch_juce,COMPILE_DEFINITIONS>)
target_include_directories(synthmatch_juce SYSTEM
    INTERFACE $<TARGET_PROPERTY:synthmatch_juce,INCLUDE_DIRECTORIES>)
if(NOT MSVC)
    # What a format does not use is left out of it by the linker.
    target_compile_options(synthmatch_juce PUBLIC -ffunction-sections -fdata-sections)
endif()
# Debian's JUCE uses the system's image libraries; a static library must name them after itself.
find_package(PNG QUIET)
find_package(JPEG QUIET)
if(UNIX AND NOT APPLE AND PNG_FOUND AND JPEG_FOUND)
    target_link_libraries(synthmatch_juce INTERFACE PNG::PNG JPEG::JPEG)
endif()
