#pragma once

#include "SessionShared.h"

#include <functional>
#include <map>
#include <type_traits>

namespace synthmatch
{

/** Makes the link to the backend, when it is first needed. */
using MakeLink = std::function<std::unique_ptr<BackendLink> (BackendLink::Listener&)>;

/** The session's side of the link: brings all that comes onto the session's thread, and gives every wait an
    end. All but the callbacks of the link runs on the session's thread.
*/
class SessionLink final : private BackendLink::Listener
{
public:
    using Task = std::function<void()>;

    /** @param post  puts a task into the session's queue; any thread may call it */
    SessionLink (SessionShared&, MakeLink, std::function<void (Task)> post);
    ~SessionLink() override;

    /** Told after `view.link` has changed.

        @param isAnew  the backend was lost, or has forgotten what was said before
    */
    std::function<void (bool isAnew)> onChange;
    std::function<void (const protocol::Event&)> onEvent;

    /** Find or start the backend, unless that goes on already or is done. */
    void open();

    /** Leave this backend, and try again. */
    void reopen();

    bool isConnected() const;

    /** Have the backend there, then call one of both, once. */
    void whenConnected (Task ready, std::function<void (const Problem&)> failed);

    /** Ask; one of both is called once, unless the session ends before. An answer of another kind is refused. */
    template <typename Kind>
    void ask (const protocol::Request& request,
              std::function<void (const Kind&)> answered,
              std::function<void (const protocol::Refused&)> refused)
    {
        askAny (request,
                [answered = std::move (answered), refused = std::move (refused)] (const protocol::Answer& answer)
                {
                    if (const auto* kind = std::get_if<Kind> (&answer))
                        answered (*kind);
                    else if (const auto* no = std::get_if<protocol::Refused> (&answer))
                        refused (*no);
                    else
                        refused ({ "protocol", "The backend gave an answer that does not fit." });
                });
    }

    /** Whether anything is waited for. */
    bool isWaiting() const { return ! asked.empty() || ! waiting.empty(); }

    /** End what was waited for too long. */
    void tick();

private:
    struct Asked
    {
        BackendLink::OnAnswer answered;
        double untilS = 0.0;
    };
    struct Waiting
    {
        Task ready;
        std::function<void (const Problem&)> failed;
    };

    void linkChanged (const LinkReport&) override;
    void eventCame (const protocol::Event&) override;
    void askAny (const protocol::Request&, BackendLink::OnAnswer);
    void take (const LinkReport&);
    void showLink (const LinkReport&);
    void answer (int number, const protocol::Answer&);
    void failWaiting (const Problem&);

    SessionShared& shared;
    const MakeLink makeLink;
    const std::function<void (Task)> post;
    std::map<int, Asked> asked;
    std::vector<Waiting> waiting;
    int lastAsked = 0;
    double heardS = 0.0;
    std::unique_ptr<BackendLink> link;
};

/** A refusal as it is shown. */
Problem problemOf (const protocol::Refused&);

} // namespace synthmatch
