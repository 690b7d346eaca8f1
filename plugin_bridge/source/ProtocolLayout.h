#pragma once

#include "Protocol.h"

#include <limits>

/** Address and arguments of every record, in their order: written, read and described by the visitors in
    ProtocolCodec.h, and compared with backend/osc/protocol.py by tests.
*/
namespace synthmatch::protocol
{

constexpr int most = std::numeric_limits<int>::max();

template <typename Record>
struct Layout;

struct NoArguments
{
    template <typename Visitor, typename Record>
    static void visit (Visitor&, Record&) {}
};

//======================================================================= heads
template <> struct Layout<RequestHead>
{
    static constexpr auto address = "requests";
    template <typename Visitor, typename Record> static void visit (Visitor& v, Record& r)
    {
        v.text ("token", r.token);
        v.text ("client", r.client, 8, 64);
        v.whole ("serial", r.serial, 0, most);
    }
};
template <> struct Layout<AnswerHead>
{
    static constexpr auto address = "answers";
    template <typename Visitor, typename Record> static void visit (Visitor& v, Record& r)
    {
        v.text ("client", r.client, 8, 64);
        v.whole ("serial", r.serial, 0, most);
    }
};
template <> struct Layout<EventHead>
{
    static constexpr auto address = "events";
    template <typename Visitor, typename Record> static void visit (Visitor& v, Record& r)
    {
        v.text ("client", r.client, 8, 64);
        v.whole ("number", r.number, 0, most);
        v.whole ("previous", r.previous, 0, most);
    }
};

//======================================================================= requests
template <> struct Layout<Hello>
{
    static constexpr auto address = "/synthmatch/hello";
    template <typename Visitor, typename Record> static void visit (Visitor& v, Record& r)
    {
        v.whole ("protocol", r.protocol);
        v.text ("name", r.name);
    }
};
template <> struct Layout<Heartbeat> : NoArguments
{
    static constexpr auto address = "/synthmatch/heartbeat";
};
template <> struct Layout<ListInstances> : NoArguments
{
    static constexpr auto address = "/synthmatch/list_instances";
};
template <> struct Layout<ChooseInstance>
{
    static constexpr auto address = "/synthmatch/choose_instance";
    template <typename Visitor, typename Record> static void visit (Visitor& v, Record& r)
    {
        v.whole ("port", r.port, 1, 65535);
    }
};
template <> struct Layout<StartMatch>
{
    static constexpr auto address = "/synthmatch/start_match";
    template <typename Visitor, typename Record> static void visit (Visitor& v, Record& r)
    {
        v.text ("path", r.path);
        v.real ("start_s", r.startS, -1, 600);
        v.whole ("count", r.count, 1, 64);
        v.whole ("seed", r.seed, 0, most);
        v.word ("spec", r.spec, { "surge_full", "surge_simple" });
        v.real ("budget_s", r.budgetS, 0, 60);
        v.words ("locks", r.locks, { "osc", "filter", "envelopes", "lfos", "effects" });
        v.text ("like.path", r.like.path);
        v.whole ("like.note.pitch", r.like.note.pitch);
        v.real ("like.note.on_s", r.like.note.onS);
        v.real ("like.note.off_s", r.like.note.offS);
        v.real ("like.amount", r.like.amount, 0, 1);
    }
};
template <> struct Layout<CancelJob>
{
    static constexpr auto address = "/synthmatch/cancel_job";
    template <typename Visitor, typename Record> static void visit (Visitor& v, Record& r)
    {
        v.whole ("job", r.job, 1, most);
    }
};
template <> struct Layout<WriteCandidate>
{
    static constexpr auto address = "/synthmatch/write_candidate";
    template <typename Visitor, typename Record> static void visit (Visitor& v, Record& r)
    {
        v.whole ("job", r.job, 1, most);
        v.whole ("candidate", r.candidate, 1, most);
    }
};
template <> struct Layout<Undo> : NoArguments { static constexpr auto address = "/synthmatch/undo"; };
template <> struct Layout<KeepCandidate>
{
    static constexpr auto address = "/synthmatch/keep_candidate";
    template <typename Visitor, typename Record> static void visit (Visitor& v, Record& r)
    {
        v.whole ("job", r.job, 1, most);
        v.whole ("candidate", r.candidate, 1, most);
        v.text ("path", r.path);
    }
};
template <> struct Layout<Status> : NoArguments { static constexpr auto address = "/synthmatch/status"; };
template <> struct Layout<StopService> : NoArguments
{
    static constexpr auto address = "/synthmatch/stop_service";
};
template <> struct Layout<Bye> : NoArguments { static constexpr auto address = "/synthmatch/bye"; };
template <> struct Layout<Ack>
{
    static constexpr auto address = "/synthmatch/ack";
    template <typename Visitor, typename Record> static void visit (Visitor& v, Record& r)
    {
        v.whole ("number", r.number, 0, most);
    }
};

//======================================================================= answers
template <> struct Layout<Welcome>
{
    static constexpr auto address = "/synthmatch/welcome";
    template <typename Visitor, typename Record> static void visit (Visitor& v, Record& r)
    {
        v.text ("version", r.version);
        v.text ("folder", r.folder);
        v.word ("state", r.state, { "loading", "ready", "failed" });
        v.whole ("protocol", r.protocol);
        v.real ("lease_s", r.leaseS);
        v.whole ("number", r.number, 0, most);
    }
};
template <> struct Layout<Alive>
{
    static constexpr auto address = "/synthmatch/alive";
    template <typename Visitor, typename Record> static void visit (Visitor& v, Record& r)
    {
        v.word ("state", r.state, { "loading", "ready", "failed" });
        v.real ("fraction", r.fraction, 0, 1);
    }
};
template <> struct Layout<Instances>
{
    static constexpr auto address = "/synthmatch/instances";
    template <typename Visitor, typename Record> static void visit (Visitor& v, Record& r)
    {
        v.list ("instances", r.instances, [] (auto& item, auto& instance) {
            item.whole ("instances[].port", instance.port);
            item.text ("instances[].patch", instance.patch);
            item.yes ("instances[].answers", instance.answers);
            item.yes ("instances[].shared", instance.shared);
        });
    }
};
template <> struct Layout<Chosen>
{
    static constexpr auto address = "/synthmatch/chosen";
    template <typename Visitor, typename Record> static void visit (Visitor& v, Record& r)
    {
        v.whole ("port", r.port, 1, 65535);
    }
};
template <> struct Layout<Queued>
{
    static constexpr auto address = "/synthmatch/queued";
    template <typename Visitor, typename Record> static void visit (Visitor& v, Record& r)
    {
        v.whole ("job", r.job, 1, most);
        v.whole ("place", r.place, 0, most);
    }
};
template <> struct Layout<Cancelled>
{
    static constexpr auto address = "/synthmatch/cancelled";
    template <typename Visitor, typename Record> static void visit (Visitor& v, Record& r)
    {
        v.whole ("job", r.job, 1, most);
    }
};
template <> struct Layout<Written>
{
    static constexpr auto address = "/synthmatch/written";
    template <typename Visitor, typename Record> static void visit (Visitor& v, Record& r)
    {
        v.word ("report.state", r.report.state, { "verified", "unverified", "queued", "differs" });
        v.word ("report.method", r.report.method, { "patch", "stream" });
        v.whole ("report.port", r.report.port);
        v.real ("report.seconds", r.report.seconds);
        v.whole ("report.attempts", r.report.attempts);
        v.texts ("report.differing", r.report.differing);
        v.text ("report.remark", r.report.remark);
        v.whole ("differing_count", r.differingCount, 0, most);
    }
};
template <> struct Layout<Kept>
{
    static constexpr auto address = "/synthmatch/kept";
    template <typename Visitor, typename Record> static void visit (Visitor& v, Record& r)
    {
        v.text ("path", r.path);
    }
};
template <> struct Layout<ServiceState>
{
    static constexpr auto address = "/synthmatch/service_state";
    template <typename Visitor, typename Record> static void visit (Visitor& v, Record& r)
    {
        v.whole ("pid", r.pid, 0, most);
        v.text ("version", r.version);
        v.word ("state", r.state, { "loading", "ready", "failed" });
        v.text ("device", r.device);
        v.whole ("clients", r.clients, 0, most);
        v.whole ("jobs_waiting", r.jobsWaiting, 0, most);
        v.real ("uptime_s", r.uptimeS);
        v.real ("memory_mb", r.memoryMb);
    }
};
template <> struct Layout<Stopping> : NoArguments { static constexpr auto address = "/synthmatch/stopping"; };
template <> struct Layout<Gone> : NoArguments { static constexpr auto address = "/synthmatch/gone"; };
template <> struct Layout<Working> : NoArguments { static constexpr auto address = "/synthmatch/working"; };
template <> struct Layout<Refused>
{
    static constexpr auto address = "/synthmatch/refused";
    template <typename Visitor, typename Record> static void visit (Visitor& v, Record& r)
    {
        v.text ("code", r.code);
        v.text ("message", r.message);
    }
};

//======================================================================= events
template <> struct Layout<Progress>
{
    static constexpr auto address = "/synthmatch/progress";
    template <typename Visitor, typename Record> static void visit (Visitor& v, Record& r)
    {
        v.whole ("job", r.job, 1, most);
        v.word ("stage", r.stage, { "load", "propose", "render", "refine", "write" });
        v.real ("fraction", r.fraction, 0, 1);
        v.real ("remaining_s", r.remainingS);
    }
};
template <> struct Layout<CandidateReady>
{
    static constexpr auto address = "/synthmatch/candidate_ready";
    template <typename Visitor, typename Record> static void visit (Visitor& v, Record& r)
    {
        v.whole ("job", r.job, 1, most);
        v.whole ("candidate", r.candidate, 1, most);
        v.whole ("rank", r.rank, 1, 64);
        v.whole ("note.pitch", r.note.pitch);
        v.real ("note.on_s", r.note.onS);
        v.real ("note.off_s", r.note.offS);
        v.real ("distance", r.distance);
        v.real ("similarity", r.similarity, -1, 100);
        v.text ("preset_path", r.presetPath);
        v.text ("render_path", r.renderPath);
        v.texts ("tells", r.tells);
    }
};
template <> struct Layout<Matched>
{
    static constexpr auto address = "/synthmatch/matched";
    template <typename Visitor, typename Record> static void visit (Visitor& v, Record& r)
    {
        v.whole ("job", r.job, 1, most);
        v.whole ("round", r.round, 1, most);
        v.whole ("count", r.count, 1, 64);
        v.yes ("final", r.isFinal);
        v.text ("remark", r.remark);
    }
};
template <> struct Layout<JobFailed>
{
    static constexpr auto address = "/synthmatch/job_failed";
    template <typename Visitor, typename Record> static void visit (Visitor& v, Record& r)
    {
        v.whole ("job", r.job, 1, most);
        v.text ("code", r.code);
        v.text ("message", r.message);
    }
};
template <> struct Layout<JobCancelled>
{
    static constexpr auto address = "/synthmatch/job_cancelled";
    template <typename Visitor, typename Record> static void visit (Visitor& v, Record& r)
    {
        v.whole ("job", r.job, 1, most);
    }
};
template <> struct Layout<ServiceNews>
{
    static constexpr auto address = "/synthmatch/service_news";
    template <typename Visitor, typename Record> static void visit (Visitor& v, Record& r)
    {
        v.text ("message", r.message);
    }
};

} // namespace synthmatch::protocol
