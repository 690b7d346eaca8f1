#include "Session.h"

namespace synthmatch
{

Session::Session (AudioEngine& engineToUse, Outside outsideToUse)
    : outside (std::move (outsideToUse)), engine (engineToUse), shared (engineToUse, outside.times),
      link (shared, outside.makeLink, [this] (auto task) { post (std::move (task)); }), capture (shared),
      instances (shared, link), writer (shared, link, instances), keeper (shared, link),
      matching (shared, link, capture, instances, writer), audition (shared),
      shown (std::make_shared<const SessionView> (shared.view)),
      queue ([this] { return turn(); }, [this] { fault(); })
{
    link.onChange = [this] (bool isAnew) { linkChanged (isAnew); };
    link.onEvent = [this] (const protocol::Event& event) { matching.take (event); };
    instances.onChosen = [this] { writer.instanceChosen(); };
}

Session::~Session()
{
    queue.stop();
    engine.stopPlaying();
}

void Session::follow()
{
    post ([this] { follows = true; });
}

void Session::post (std::function<void()> task, int key)
{
    queue.post (
        [this, task = std::move (task)]
        {
            shared.touched = true;
            task();
        },
        key);
}

int Session::turn()
{
    if (outside.look)
        outside.look();
    link.tick();
    capture.tick();
    matching.tick();
    audition.tick();
    if (shared.touched)
        publish();
    if (capture.isActive() || matching.isActive() || link.isWaiting()
        || shared.view.audition != Audition::none)
        return shared.times.activeMs;
    return follows ? shared.times.idleMs : shared.times.restMs;
}

void Session::publish()
{
    shared.touched = false;
    shared.view.canUndo = writer.canUndo();
    ++shared.view.version;
    auto next = std::make_shared<const SessionView> (shared.view);
    {
        const std::lock_guard<std::mutex> lock (mutex);
        shown.swap (next); // the one before is freed outside the lock
    }
    rememberSound();
}

void Session::rememberSound()
{
    {
        const std::lock_guard<std::mutex> lock (mutex);
        if (sound != nullptr && sound->of == shared.view.region)
            return;
    }
    auto encoded = std::make_shared<SavedSound>();
    encoded->of = shared.view.region;
    try
    {
        *encoded = encodeSound (shared.view.region);
    }
    catch (const std::bad_alloc&) // then the project is saved without it
    {
    }
    const std::lock_guard<std::mutex> lock (mutex);
    sound = encoded;
}

void Session::fault()
{
    matching.cancel();
    shared.show (About::match, { "There is not enough memory for this.", "Close other programs, then try again." });
}

void Session::linkChanged (bool isAnew)
{
    if (isAnew)
        instances.forget();
    matching.linkChanged (isAnew);
}

//============================================================================ the project
juce::MemoryBlock Session::save() const
{
    SavedState state;
    std::shared_ptr<const SavedSound> encoded;
    {
        const std::lock_guard<std::mutex> lock (mutex);
        const auto& view = *shown;
        if (toTake != nullptr)
            state = *toTake;
        else if (! newer.isEmpty() && view.region == nullptr && view.candidates.empty())
            return newer;
        else
            state = { view.region, view.candidates, view.job,     view.seed,      view.selected, view.remark,
                      view.chosenPort, view.locks,  view.budgetS, view.lookBackS, view.address };
        encoded = sound;
    }
    if (encoded == nullptr || encoded->of != state.region)
    {
        encoded = std::make_shared<const SavedSound> (encodeSound (state.region));
        const std::lock_guard<std::mutex> lock (mutex);
        sound = encoded;
    }
    return encodeState (state, *encoded);
}

std::optional<SavedState> Session::restore (const void* data, size_t size)
{
    auto decoded = decodeState (data, size);
    const auto state = decoded.state ? std::make_shared<const SavedState> (*decoded.state) : nullptr;
    {
        const std::lock_guard<std::mutex> lock (mutex);
        newer.reset();
        if (decoded.isNewer)
            newer.append (data, size);
        if (state != nullptr)
            toTake = state;
    }
    post (
        [this, state, problem = decoded.problem]
        {
            if (state == nullptr)
                return shared.show (About::state, problem);
            take (*state);
            publish();
            const std::lock_guard<std::mutex> lock (mutex);
            if (toTake == state)
                toTake = nullptr;
        });
    return decoded.state;
}

void Session::take (const SavedState& state)
{
    auto& view = shared.view;
    const auto otherAddress = view.address != state.address;
    audition.set (Audition::none);
    capture.restored (state.region);
    view.candidates = state.candidates;
    view.job = state.job;
    view.seed = state.seed;
    view.outdated = ! state.candidates.empty();
    view.remark = state.remark;
    view.chosenPort = state.chosenPort;
    view.locks = state.locks;
    view.address = state.address;
    view.kept.clear();
    capture.setLookBack (state.lookBackS);
    view.budgetS = juce::jlimit (0.0f, mostBudgetS, state.budgetS);
    writer.restored (state.selected);
    matching.restored();
    instances.restored();
    shared.show (About::state, {});
    if (otherAddress && view.link.state != LinkState::idle)
        link.reopen();
}

} // namespace synthmatch
