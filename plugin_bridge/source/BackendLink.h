#pragma once

#include "Protocol.h"

#include <functional>

namespace synthmatch
{

/** How the link to the backend is. */
enum class LinkState
{
    idle,       // nothing was asked for yet: no process is looked for, no socket is open
    connecting, // looking for the backend, or saying hello
    starting,   // a backend was started and is coming up
    connected,
    failed      // see LinkReport::problem; `open` tries again
};

/** What the session is told about the link. */
struct LinkReport
{
    LinkState state = LinkState::idle;
    juce::String problem;  // one sentence for the user; empty if there is none
    juce::String nextStep; // what the user can do about it
    juce::String folder;   // where regions are put; known once connected
    juce::String model;    // loading, ready, failed; known once connected
    float modelFraction = 0.0f;
    float elapsedS = 0.0f; // since the start or connection was begun
    int greetings = 0;     // rises with every welcome: the backend knows nothing of what was said before
};

/** A conversation with the backend, as the session needs it; BackendClient is the real one.

    All methods return at once and may be called by any thread but the audio thread. The callbacks
    come from a thread of the link's own; none comes after the destructor has returned.
*/
class BackendLink
{
public:
    using OnAnswer = std::function<void (const protocol::Answer&)>;

    struct Listener
    {
        virtual ~Listener() = default;
        virtual void linkChanged (const LinkReport&) = 0;
        virtual void eventCame (const protocol::Event&) = 0;
    };

    virtual ~BackendLink() = default;

    /** Find the backend, start it where none runs, and say hello. Never called before the user's first click.

        Nothing changes while that goes on, or where it is connected and the backend still there.

        @param address  "port token" of a backend elsewhere on this computer, or empty: the user's own
    */
    virtual void open (const juce::String& address) = 0;

    /** Ask; `onAnswer` gets exactly one answer, unless the link is destroyed before: Refused with the code
        "link" where none comes in time, or no backend is connected. What is asked while one is looked for waits.
    */
    virtual void ask (const protocol::Request&, OnAnswer onAnswer) = 0;

    /** Say goodbye and go back to idle. */
    virtual void close() = 0;
};

} // namespace synthmatch
