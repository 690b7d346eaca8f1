#pragma once

#include <juce_audio_basics/juce_audio_basics.h>

#include <memory>

namespace synthmatch
{

/** A captured or loaded sound, and which part of it is to be matched.

    It never changes once made: it is shared between threads as `std::shared_ptr<const Region>`.
*/
struct Region : std::enable_shared_from_this<Region>
{
    /** (1 or 2 channels, samples), finite. Empty if `file` is of a kind that only the backend reads. */
    juce::AudioBuffer<float> audio;
    double sampleRateHz = 0.0;

    /** Which part is matched, in seconds from the first sample: 0 <= startS < endS <= length. */
    double startS = 0.0;
    double endS = 0.0;

    /** First onset in seconds from the first sample; below 0 where none was found. */
    double onsetS = -1.0;

    /** For people, and for the names of presets. */
    juce::String name;

    /** The file it was loaded from; none if it was captured. */
    juce::File file;

    /** The region whose samples `audio` shows, where it has none of its own: see `withTrim`. */
    std::shared_ptr<const Region> owner;

    double lengthS() const { return sampleRateHz > 0.0 ? audio.getNumSamples() / sampleRateHz : 0.0; }
};

using RegionPtr = std::shared_ptr<const Region>;

/** A region of a whole sound: its onset is looked for, and its trim spans all of it.

    @param audio         1 or 2 channels; samples that are not finite become 0
    @param sampleRateHz  above 0
*/
std::shared_ptr<Region> makeRegion (juce::AudioBuffer<float> audio, double sampleRateHz,
                                    const juce::String& name);

/** The same sound with another trim, brought into 0 <= startS < endS <= length.

    A shared region lends its samples, so that handles can be dragged over any length; of one that is not
    shared they are copied.
*/
RegionPtr withTrim (const Region&, double startS, double endS);

/** Only the part to be matched; empty where the region has no audio. */
juce::AudioBuffer<float> trimmedAudio (const Region&);

} // namespace synthmatch
