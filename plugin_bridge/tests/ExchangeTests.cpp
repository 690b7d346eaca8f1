#include "Exchange.h"

#include "ProtocolCodec.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <set>

namespace synthmatch
{

using namespace protocol;

namespace
{

/** An exchange, a clock that is set by hand, and what was sent and answered. */
struct Rig
{
    using Sent = Message<RequestHead, Request>;

    Rig()
    {
        exchange.setToken ("t0k3n");
        exchange.onUnknown = [this] { ++unknown; };
    }

    void ask (const Request& request, double timeoutS = 0.0)
    {
        exchange.ask (request, [this] (const Answer& answer) { answers.push_back (answer); }, nowS, timeoutS);
    }

    void answer (int serial, const Answer& answer)
    {
        exchange.take ({ exchange.client(), serial }, answer, nowS);
    }

    /** Go on to a time, a turn at each moment that the exchange asks for. */
    void goOnTo (double untilS)
    {
        while (exchange.nextDueS() <= untilS)
        {
            nowS = juce::jmax (nowS, exchange.nextDueS());
            exchange.tick (nowS);
        }

        nowS = untilS;
    }

    juce::String refusal (size_t index) const
    {
        const auto* refused = std::get_if<Refused> (&answers.at (index));
        return refused != nullptr ? refused->code + ": " + refused->message : juce::String ("an answer");
    }

    double nowS = 1000.0;
    std::vector<Sent> sent;
    std::vector<double> sentS;
    std::vector<Answer> answers;
    int unknown = 0;
    Exchange exchange { LinkTimes {}, [this] (const auto& datagram) { note (datagram); } };

private:
    void note (const juce::MemoryBlock& datagram)
    {
        const auto read = readMessage<RequestHead, Request> (datagram.getData(), datagram.getSize());
        REQUIRE (read);
        sent.push_back (*read);
        sentS.push_back (nowS - 1000.0);
    }
};

} // namespace

TEST_CASE ("exchange: the same datagram is repeated after 0.1 s, then twice as long each time up to 1 s")
{
    Rig rig;
    rig.ask (StartMatch { "a.wav", -1.0f, 8, 0, "surge_full", 0.0f, {}, {} });
    rig.goOnTo (1005.0);

    REQUIRE (rig.sent.size() > 7);
    const std::vector<double> expected { 0.0, 0.1, 0.3, 0.7, 1.5, 2.5, 3.5 };

    for (size_t i = 0; i < expected.size(); ++i)
    {
        CHECK (rig.sentS[i] == Approx (expected[i]));
        CHECK (rig.sent[i].head.serial == 1);
        CHECK (rig.sent[i].head.token == "t0k3n");
        CHECK (rig.sent[i].head.client == rig.exchange.client());
    }

    rig.answer (1, Queued { 7, 0 });
    REQUIRE (rig.answers.size() == 1);
    CHECK (std::get<Queued> (rig.answers[0]).job == 7);
    CHECK (std::isinf (rig.exchange.nextDueS()));
}

TEST_CASE ("exchange: one answer each, whatever comes")
{
    Rig rig;
    rig.ask (CancelJob { 1 });
    rig.ask (CancelJob { 2 });
    rig.answer (3, Cancelled { 9 }); // of nobody
    rig.answer (2, Cancelled { 2 }); // out of order
    rig.answer (2, Cancelled { 2 }); // doubled
    rig.answer (1, Cancelled { 1 });
    rig.goOnTo (1100.0);

    REQUIRE (rig.answers.size() == 2);
    CHECK (std::get<Cancelled> (rig.answers[0]).job == 2);
    CHECK (std::get<Cancelled> (rig.answers[1]).job == 1);
}

TEST_CASE ("exchange: what is not answered is refused in time, later for writes")
{
    Rig rig;
    rig.ask (ListInstances {});
    rig.ask (WriteCandidate { 1, 2 });
    rig.ask (Heartbeat {}, 0.5);
    rig.goOnTo (1000.6);
    REQUIRE (rig.answers.size() == 1);
    rig.goOnTo (1010.1);
    REQUIRE (rig.answers.size() == 2);
    CHECK (rig.refusal (1) == "link: The backend did not answer in time.");
    rig.goOnTo (1014.9);
    REQUIRE (rig.answers.size() == 2);
    rig.goOnTo (1015.1);
    REQUIRE (rig.answers.size() == 3);

    rig.answer (1, Instances {});
    rig.answer (2, Written {});
    CHECK (rig.answers.size() == 3);
}

TEST_CASE ("exchange: work that goes on is waited for, up to a minute")
{
    Rig rig;
    rig.ask (Undo {});

    for (int second = 1; second < 30; ++second)
    {
        rig.goOnTo (1000.0 + second);
        rig.answer (1, Working {});
    }

    REQUIRE (rig.answers.empty());
    rig.answer (1, Written {});
    REQUIRE (rig.answers.size() == 1);

    rig.ask (Undo {});

    for (int second = 1; second < 62; ++second)
    {
        rig.goOnTo (1030.0 + second);
        rig.answer (2, Working {});
    }

    REQUIRE (rig.answers.size() == 2);
    CHECK (rig.refusal (1).contains ("still at work"));
}

TEST_CASE ("exchange: an answer of another kind is refused, a refusal is handed on")
{
    Rig rig;
    rig.ask (ChooseInstance { 53280 });
    rig.ask (ChooseInstance { 53281 });
    rig.answer (1, Cancelled { 1 });
    rig.answer (2, Refused { "link", "Nobody hears." });
    REQUIRE (rig.answers.size() == 2);
    CHECK (rig.refusal (0).startsWith ("protocol: "));
    CHECK (rig.refusal (1) == "link: Nobody hears.");
}

TEST_CASE ("exchange: each request has its kind of answer")
{
    CHECK (isAnswerTo (Hello {}, Welcome {}));
    CHECK (isAnswerTo (Heartbeat {}, Alive {}));
    CHECK (isAnswerTo (ListInstances {}, Instances {}));
    CHECK (isAnswerTo (ChooseInstance {}, Chosen {}));
    CHECK (isAnswerTo (StartMatch {}, Queued {}));
    CHECK (isAnswerTo (CancelJob {}, Cancelled {}));
    CHECK (isAnswerTo (WriteCandidate {}, Written {}));
    CHECK (isAnswerTo (Undo {}, Written {}));
    CHECK (isAnswerTo (KeepCandidate {}, Kept {}));
    CHECK (isAnswerTo (Status {}, ServiceState {}));
    CHECK (isAnswerTo (StopService {}, Stopping {}));
    CHECK (isAnswerTo (Bye {}, Gone {}));
    CHECK (isAnswerTo (Bye {}, Refused {}));
    CHECK_FALSE (isAnswerTo (Undo {}, Kept {}));
    CHECK_FALSE (isAnswerTo (Undo {}, Working {}));
}

TEST_CASE ("exchange: what the protocol does not allow is refused at once")
{
    Rig rig;
    rig.ask (ChooseInstance { 0 });
    REQUIRE (rig.answers.size() == 1);
    CHECK (rig.refusal (0) == "request: choose_instance.port is 0, and must be from 1 to 65535.");
    CHECK (rig.sent.empty());
}

TEST_CASE ("exchange: no more than the backend takes are under way at once")
{
    Rig rig;

    for (int job = 1; job <= 50; ++job)
        rig.ask (CancelJob { job });

    std::set<int> done;

    for (int turn = 0; turn < 50; ++turn)
    {
        std::set<int> underWay;

        for (const auto& one : rig.sent)
            if (done.count (one.head.serial) == 0)
                underWay.insert (one.head.serial);

        REQUIRE (underWay.size() <= 16);
        done.insert (*underWay.begin());
        rig.answer (*underWay.begin(), Cancelled { 1 });
        rig.exchange.tick (rig.nowS);
    }

    CHECK (rig.answers.size() == 50);
}

TEST_CASE ("exchange: where we are forgotten, all is held until the welcome, and asked anew")
{
    Rig rig;
    rig.ask (CancelJob { 1 });
    rig.ask (CancelJob { 2 });
    rig.answer (1, Refused { "session", "Say hello." });
    rig.answer (2, Refused { "session", "Say hello." });
    CHECK (rig.unknown == 1);
    CHECK (rig.answers.empty());

    rig.ask (Hello { 2, "test" }, 10.0);
    rig.ask (CancelJob { 3 });
    const auto before = rig.sent.size();
    rig.goOnTo (1005.0);

    for (auto i = before; i < rig.sent.size(); ++i)
        CHECK (rig.sent[i].head.serial == 3);

    rig.answer (3, Welcome {});
    rig.exchange.askAllAgain (rig.nowS);
    rig.answer (4, Cancelled { 1 });
    rig.answer (5, Cancelled { 2 });
    rig.answer (6, Cancelled { 3 });
    REQUIRE (rig.answers.size() == 4);
    CHECK (std::get<Cancelled> (rig.answers[1]).job == 1);
    CHECK (std::get<Cancelled> (rig.answers[2]).job == 2);
    CHECK (std::get<Cancelled> (rig.answers[3]).job == 3);
    CHECK (std::get<CancelJob> (rig.sent.back().body).job == 3);
}

TEST_CASE ("exchange: a backend that always forgets us is not asked for ever")
{
    Rig rig;
    rig.ask (CancelJob { 1 });

    for (int serial = 1; serial < 10 && rig.answers.empty(); ++serial)
    {
        rig.answer (serial, Refused { "session", "Say hello." });
        rig.exchange.askAllAgain (rig.nowS);
    }

    REQUIRE (rig.answers.size() == 1);
    CHECK (rig.refusal (0).startsWith ("session: "));
}

TEST_CASE ("exchange: answers may ask anew, and all can be refused at once")
{
    Rig rig;
    int answered = 0;
    rig.exchange.ask (
        CancelJob { 1 },
        [&] (const Answer&) {
            ++answered;
            rig.ask (CancelJob { 2 });
        },
        rig.nowS);

    for (int job = 3; job <= 30; ++job)
        rig.ask (CancelJob { job });

    rig.exchange.refuseAll ("It is gone.");
    CHECK (answered == 1);
    CHECK (rig.answers.size() == 28);
    CHECK (rig.refusal (0) == "link: It is gone.");

    rig.goOnTo (1020.0);
    CHECK (rig.answers.size() == 29);

    rig.ask (CancelJob { 4 });
    rig.exchange.forgetAll();
    rig.goOnTo (1100.0);
    CHECK (rig.answers.size() == 29);
}

TEST_CASE ("exchange: while the computer sleeps no time passes")
{
    Rig rig;
    rig.ask (ListInstances {});
    rig.nowS += 3600.0;
    rig.exchange.postpone (3600.0);
    rig.exchange.tick (rig.nowS);
    CHECK (rig.answers.empty());
    CHECK (rig.exchange.oldestS (rig.nowS) == Approx (0.0));
    rig.answer (1, Instances {});
    CHECK (rig.answers.size() == 1);
}

} // namespace synthmatch
