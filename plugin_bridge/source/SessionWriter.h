#pragma once

#include "SessionInstances.h"

#include <optional>
#include <utility>

namespace synthmatch
{

/** Which candidate is selected, and what is written into Surge XT. Session thread only.

    One request is under way at a time. Of what is clicked meanwhile only the newest is done after it.
*/
class SessionWriter
{
public:
    SessionWriter (SessionShared&, SessionLink&, SessionInstances&);

    /** Write a candidate of the list; nothing where there is no such candidate. */
    void select (int index);
    void selectNext();
    void selectPrevious();

    /** Put the musician's patch back; nothing where nothing was written. */
    void undo();

    /** Show the list of another match. */
    void showList (std::vector<CandidateView>, int job);

    /** Show a better list of the same match: a selection of the musician's stays on its candidate. */
    void replaceList (std::vector<CandidateView>);

    /** The list is final: select the best one, unless the musician has selected already. */
    void listIsFinal();

    /** The list comes from a saved project, with its selection, which is not written. */
    void restored (int selected);

    /** A match begins: what waited for a Surge XT is not written any more. */
    void matchBegins();

    /** Whether the musician's patch can be put back, or will be once what is under way is done. */
    bool canUndo() const;

    /** A Surge XT was chosen: write a selection that had none to go to. */
    void instanceChosen();

private:
    struct Wish
    {
        bool isUndo = false;
        int job = 0;
        int candidate = 0;
        bool again = false; // it was tried once already
    };

    int count() const { return (int) shared.view.candidates.size(); }
    void selectFirst();
    void wish (const Wish&);
    void pump();
    void send (const Wish&);
    void written (const Wish&, const protocol::Written&);
    void refused (const Wish&, const protocol::Refused&);
    void fail (const Wish&, const Problem&, WriteState);
    void rest();
    std::vector<std::pair<int, int>>::iterator undoable();
    bool isSelected (const Wish&) const;
    void setWrite (WriteState, const juce::String& remark);
    bool isGone (const CandidateView&) const;

    SessionShared& shared;
    SessionLink& link;
    SessionInstances& instances;
    std::optional<Wish> next;
    bool busy = false;
    bool chosenByHand = false;  // the selection is the musician's
    bool hadNoSurge = false;    // the selection was to be written, and there was no Surge XT for it
    std::vector<std::pair<int, int>> kept; // (job, port) for which the musician's patch can be put back
};

} // namespace synthmatch
