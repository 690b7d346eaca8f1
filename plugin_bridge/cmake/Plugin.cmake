# The plugin in its formats. An effect: it sits on the track whose sound is to be matched.
set(SYNTHMATCH_FORMATS VST3 Standalone)
if(APPLE)
    list(APPEND SYNTHMATCH_FORMATS AU)
elseif(UNIX)
    list(APPEND SYNTHMATCH_FORMATS LV2)
endif()

set(SYNTHMATCH_LV2_URI "https://synthmatch.github.io/plugins/synthmatch")

juce_add_plugin(SynthmatchPlugin
    VERSION ${SYNTHMATCH_NUMBERS}
    COMPANY_NAME "Synthmatch"
    BUNDLE_ID "io.github.synthmatch.plugin"
    PLUGIN_MANUFACTURER_CODE Synm
    PLUGIN_CODE Smch
    FORMATS ${SYNTHMATCH_FORMATS}
    PRODUCT_NAME "Synthmatch"
    VST3_CATEGORIES Fx Tools
    AU_MAIN_TYPE kAudioUnitType_Effect
    LV2URI ${SYNTHMATCH_LV2_URI}
    IS_SYNTH FALSE
    NEEDS_MIDI_INPUT FALSE
    NEEDS_MIDI_OUTPUT FALSE
    EDITOR_WANTS_KEYBOARD_FOCUS TRUE
    MICROPHONE_PERMISSION_ENABLED TRUE
    MICROPHONE_PERMISSION_TEXT "Synthmatch records the sound that it is to match."
    COPY_PLUGIN_AFTER_BUILD FALSE)

target_sources(SynthmatchPlugin PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}/plugin/CreatePlugin.cpp")
# Debian's JUCE ignores LV2URI.
target_compile_definitions(SynthmatchPlugin PUBLIC JucePlugin_LV2URI="${SYNTHMATCH_LV2_URI}")
target_link_libraries(SynthmatchPlugin PRIVATE synthmatch_code)
if(UNIX AND NOT APPLE)
    # Symbols of the static libraries must not clash with those of other plugins in the host.
    target_link_options(SynthmatchPlugin PUBLIC -Wl,--exclude-libs,ALL -Wl,--gc-sections)
endif()
