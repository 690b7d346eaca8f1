#pragma once

#include "SessionLink.h"

namespace synthmatch
{

/** Which Surge XT is written to. Session thread only. */
class SessionInstances
{
public:
    SessionInstances (SessionShared&, SessionLink&);

    /** Ask which ones run. */
    void refresh();

    /** The musician's choice. */
    void choose (int port);

    /** See to it that the backend writes to the right one, then say how that went: no problem, or why nothing
        can be written.
    */
    using OnReady = std::function<void (const Problem&)>;
    void prepare (OnReady);

    /** The backend has forgotten what was chosen, or is another one. */
    void forget();

    /** The port comes from a saved project: preferred, but not insisted on. */
    void restored();

    /** Told when an instance was chosen for which the backend is ready. */
    std::function<void()> onChosen;

private:
    void list (std::function<void (const Problem&)> done);
    void take (const std::vector<protocol::Instance>&);
    void tell();
    void finish (const Problem&);
    bool isThere (int port) const;
    Problem problem() const;

    SessionShared& shared;
    SessionLink& link;
    std::vector<OnReady> waiting;
    bool chosenByHand = false; // then no other is chosen by itself
    bool preparing = false;
    bool listing = false;
    int toldPort = 0;     // the backend writes to it; 0: unknown
    int conversation = 0; // rises with every `forget`
};

} // namespace synthmatch
