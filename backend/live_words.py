"""What ``synthmatch live`` says of commands and matches, in lines for the user."""

from __future__ import annotations

from dataclasses import dataclass

from backend.osc.protocol import Written


@dataclass(frozen=True)
class Said:
    """What came of a command, in a line or more, and whether it was a fault."""

    text: str
    fault: bool = False


#: The commands beside ranks, as the user is told.
KEYS = (
    "n next, p previous, 1-9 by rank, a or space A/B, t target, c candidate, s stop, u undo, "
    "k keep, l more like this, + and - how much that may change, q quit"
)

#: What became of a write, by the state of its report.
ARRIVED = {
    "verified": "is in Surge XT: verified",
    "unverified": "was sent to Surge XT: unverified",
    "queued": "waits for Surge XT: queued",
    "differs": "is in Surge XT, but differs",
}

#: That candidates came, and that they were the last.
NEWER = "Newer candidates are there."
FINAL = "No better ones will come."


#: How much may change in more like a candidate, at first, and a key's step; 0..1.
AMOUNT, AMOUNT_STEP = 0.3, 0.1


def amount(share: float) -> str:
    """Return how much may change in more like a candidate, 0..1."""
    return f"changing {share:.0%}"


def improving(budget_s: float) -> Said:
    """Return that better candidates may follow, and how long."""
    return Said(f"Better ones may follow within {budget_s:g} s, until one is written.")


def told_of_write(what: str, written: Written) -> Said:
    """Return what became of a write.

    Args:
        what: was written.
        written: the backend's report.
    """
    report = written.report
    times = "" if report.attempts == 1 else f", sent {report.attempts} times"
    where = ARRIVED[report.state]
    if report.state == "differs":
        where += f" in {written.differing_count} settings"
    text = f"{what} {where}, {1000 * report.seconds:.0f} ms{times}"
    remark = f". {report.remark}" if report.remark else ""
    return Said(text + remark, fault=report.state == "differs")
