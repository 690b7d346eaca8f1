// The commands of a session: each goes into its queue.
#include "Session.h"

#include <cmath>

namespace synthmatch
{

namespace
{
    /** Of what comes in quick succession, only the newest is done. */
    enum Key { none, lookBack, trim, budget, moreAmount };
}

SessionViewPtr Session::view() const
{
    const std::lock_guard<std::mutex> lock (mutex);
    return shown;
}

void Session::readPeaks (std::vector<float>& peaks, double seconds) const
{
    engine.readPeaks (peaks, seconds);
}

void Session::setLookBack (double seconds)
{
    post ([this, seconds] { capture.setLookBack (seconds); }, Key::lookBack);
}

void Session::startRecording()
{
    post ([this] { capture.startRecording(); });
}

void Session::stopRecording()
{
    post ([this] { capture.stopRecording(); });
}

void Session::armTransport()
{
    post ([this] { capture.armTransport(); });
}

void Session::armSound()
{
    post ([this] { capture.armSound(); });
}

void Session::disarm()
{
    post ([this] { capture.disarm(); });
}

void Session::loadFile (const juce::File& file)
{
    post ([this, file] { capture.loadFile (file); });
}

void Session::setTrim (double startS, double endS)
{
    post ([this, startS, endS] { capture.setTrim (startS, endS); }, Key::trim);
}

void Session::clearRegion()
{
    post ([this] { capture.clearRegion(); });
}

void Session::match()
{
    post ([this] { matching.begin(); });
}

void Session::moreLike (int index)
{
    post ([this, index] { matching.beginLike (index); });
}

void Session::setMoreAmount (float amount)
{
    if (std::isfinite (amount))
        post ([this, amount] { shared.view.moreAmount = juce::jlimit (0.0f, 1.0f, amount); }, Key::moreAmount);
}

void Session::cancel()
{
    post ([this] { matching.cancel(); });
}

void Session::select (int index)
{
    post (
        [this, index]
        {
            writer.select (index);
            audition.follow();
        });
}

void Session::selectNext()
{
    post (
        [this]
        {
            writer.selectNext();
            audition.follow();
        });
}

void Session::selectPrevious()
{
    post (
        [this]
        {
            writer.selectPrevious();
            audition.follow();
        });
}

void Session::undo()
{
    post ([this] { writer.undo(); });
}

void Session::keep (int index, const juce::File& destination)
{
    post ([this, index, destination] { keeper.keep (index, destination); });
}

void Session::setAudition (Audition what)
{
    post ([this, what] { audition.set (what); });
}

void Session::refreshInstances()
{
    post ([this] { instances.refresh(); });
}

void Session::chooseInstance (int port)
{
    post ([this, port] { instances.choose (port); });
}

void Session::setLock (Section section, bool locked)
{
    post ([this, section, locked] { shared.view.locks[(size_t) section] = locked; });
}

void Session::setBudget (float seconds)
{
    if (std::isfinite (seconds))
        post ([this, seconds] { shared.view.budgetS = juce::jlimit (0.0f, mostBudgetS, seconds); }, Key::budget);
}

void Session::setAddress (const juce::String& address)
{
    post (
        [this, address]
        {
            if (std::exchange (shared.view.address, address) != address
                && shared.view.link.state != LinkState::idle)
                link.reopen();
        });
}

void Session::retryLink()
{
    post ([this] { link.reopen(); });
}

void Session::dismissProblem()
{
    post ([this] { shared.show (About::match, {}); });
}

} // namespace synthmatch
