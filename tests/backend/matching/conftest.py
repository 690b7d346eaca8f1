from __future__ import annotations

from pathlib import Path

import pytest
from small_index import make_index


@pytest.fixture(scope="session")
def index_stem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small index of Simple, made without Surge XT; see ``small_index``."""
    return make_index(tmp_path_factory.mktemp("index"))
