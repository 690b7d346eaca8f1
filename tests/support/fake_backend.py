"""``synthmatch`` as a process, with a fake workshop or a tiny model, and a fake link to Surge XT.

``python fake_backend.py serve`` and so on. ``FAKE_BACKEND`` in the environment may hold words:

    tiny        the real workshop, on untrained weights in the folder that ``FAKE_WEIGHTS`` names
    full        after the start no file can grow, as on a full disk
    real-link   the real link to a Surge XT on the OSC In and Out ports of ``FAKE_LINK_PORTS``
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.append(str(Path(__file__).parent))

from backend.__main__ import main

RENDERERS = "renderers.log"
#: The largest file where the disk is full.
ROOM_BYTES = 1000


def run() -> int:
    from fake_link import FakeLink

    from backend import service_commands
    from backend.userdata import UserData, data_folder

    words = os.environ.get("FAKE_BACKEND", "").split()

    def make_workshop(device: str, surge: Path | None, use_device: Callable[[str], None]) -> object:
        if "full" in words:
            import resource

            resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM_BYTES, ROOM_BYTES))
        if "tiny" in words:
            from backend.matching import propose

            weights = Path(os.environ["FAKE_WEIGHTS"])
            propose.weights_stem = lambda spec_name: weights / spec_name  # type: ignore[assignment]
            return really(device, surge, use_device)
        from fake_workshop import FakeWorkshop

        use_device("cpu")
        return FakeWorkshop(data_folder() / RENDERERS)

    def make_link(data: UserData) -> object:
        if "real-link" in words:
            from backend.osc.surge import SurgeLink

            port, answer_port = map(int, os.environ["FAKE_LINK_PORTS"].split())
            return SurgeLink(data.folder, probe_ports=(port,), answer_ports=(answer_port,))
        return FakeLink(53280)

    really = service_commands.make_workshop
    service_commands.make_workshop = make_workshop  # type: ignore[assignment]
    service_commands.make_link = make_link  # type: ignore[assignment]
    return main()


if __name__ == "__main__":
    sys.exit(run())
