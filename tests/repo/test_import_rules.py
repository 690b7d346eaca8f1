"""Who may import whom: the table that keeps the packages apart, checked on every source file."""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

#: The standard library, and the stubs of it that only type checkers read.
STANDARD = sys.stdlib_module_names | {"_typeshed"}
NEVER = {"pickle", "cPickle", "cloudpickle", "dill", "joblib", "shelve", "marshal"}


@dataclass(frozen=True)
class Rule:
    """What the modules under a name may import beside the standard library.

    Args:
        may: prefixes that are allowed; all others are faults.
        never: prefixes within ``may`` that are not.
    """

    may: tuple[str, ...]
    never: tuple[str, ...] = ()


BACKEND = ("backend", "models", "numpy", "rich", "matplotlib", "sounddevice", "safetensors")
BASE = ("numpy", "backend.records", "backend.errors", "backend.files")

TRAINING = (
    *BASE,
    *("training", "models", "backend.audio", "backend.synth", "backend.matching"),
    *("rich", "safetensors", "torch", "torchaudio", "scipy", "pyloudnorm"),
)

#: The longest matching name counts.
RULES = {
    "models": Rule(("models", "numpy", "numba", "torch", "safetensors")),
    "backend": Rule(BACKEND),
    "backend.records": Rule(("numpy",)),
    "backend.errors": Rule(("numpy",)),
    "backend.files": Rule(("backend.errors",)),
    "backend.audio": Rule((*BASE, "backend.audio", "pedalboard")),
    "backend.audio.devices": Rule((*BASE, "sounddevice")),
    "backend.synth": Rule((*BASE, "backend.synth")),
    "backend.synth.renderer": Rule((*BASE, "backend.synth", "pedalboard")),
    "backend.synth.render_pool": Rule(
        (*BASE, "backend.synth", "backend.freed_memory", "backend.priority")
    ),
    "backend.matching": Rule((*BACKEND, "torch"), never=("backend.osc",)),
    "backend.osc": Rule((*BASE, "backend.osc", "backend.synth", "pythonosc")),
    "backend.osc.client": Rule((*BASE, "backend.osc", "backend.discovery", "backend.launcher")),
    "backend.doctor": Rule((*BACKEND, "torch", "pythonosc")),  # lists devices, asks Surge
    "training": Rule(TRAINING),
    "training.bench_render": Rule((*TRAINING, "pedalboard")),  # plays the reference procedure
    "training.pitch_engines": Rule((*TRAINING, "vita")),  # another synthesizer, optional
    **{
        module: Rule((*TRAINING, "backend.pipeline"))  # measure what users get
        for module in (
            *("training.evaluate", "training.match_rows"),
            *("training.bench_locks", "training.bench_search", "training.timed_search"),
        )
    },
    "benchmarks": Rule((*BASE, "backend", "benchmarks", "training")),
    "examples": Rule(("numpy", "pedalboard")),
}


def _under(name: str, prefix: str) -> bool:
    return name == prefix or name.startswith(prefix + ".")


def _rule(module: str) -> Rule:
    return RULES[max((name for name in RULES if _under(module, name)), key=len)]


def _imports(tree: ast.AST) -> list[str]:
    """Return the dotted names a source imports; a relative import begins with a dot."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found += [f"{'.' * node.level}{node.module or ''}.{a.name}" for a in node.names]
    return found


def import_faults(module: str, source: str) -> list[str]:
    """Return one line for each import that ``module`` may not have."""
    rule = _rule(module)
    faults = []
    for name in _imports(ast.parse(source)):
        standard = name.split(".")[0] in STANDARD
        allowed = standard or any(_under(name, prefix) for prefix in rule.may)
        if not allowed or any(_under(name, prefix) for prefix in rule.never):
            faults.append(f"{module} imports {name}")
    return faults


def pickle_faults(module: str, source: str) -> list[str]:
    """Return one line for each use of pickle, torch's or numpy's own included."""
    tree = ast.parse(source)
    faults = [name for name in _imports(tree) if name.split(".")[0] in NEVER]
    faults += [
        n for n in _imports(tree) if n in ("torch.load", "torch.save", "torch.serialization")
    ]
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id == "torch" and node.attr in ("load", "save"):
                faults.append(f"torch.{node.attr}")
        if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
            if not (isinstance(node.value, ast.Constant) and node.value.value is False):
                faults.append("allow_pickle")
    return [f"{module} uses {fault}" for fault in faults]


def _module(path: Path, root: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_every_import_is_allowed(python_files: tuple[Path, ...], root: Path) -> None:
    ours = {_module(path, root): path for path in python_files}
    checked = [name for name in ours if name.split(".")[0] != "tests"]
    folders = {"backend", "benchmarks", "models", "training", "examples"}
    assert {name.split(".")[0] for name in checked} == folders
    faults = [f for n in checked for f in import_faults(n, ours[n].read_text(encoding="utf-8"))]
    assert faults == []


def test_nothing_is_pickled(python_files: tuple[Path, ...], root: Path) -> None:
    sources = {_module(path, root): path.read_text(encoding="utf-8") for path in python_files}
    assert [f for name, source in sources.items() for f in pickle_faults(name, source)] == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("models.flow", "from backend.errors import WeightsError"),
        ("models.flow", "import training.train"),
        ("backend.records", "from backend import errors"),
        ("backend.audio.region", "import torch"),
        ("backend.audio.player", "import sounddevice"),
        ("backend.audio.region", "def f():\n    from backend.matching import rank"),
        ("backend.synth.spec", "import pedalboard"),
        ("backend.synth.renderer", "from models.flow import path"),
        ("backend.pipeline", "import torch.nn"),
        ("backend.pipeline", "from training import dataset"),
        ("backend.pipeline", "import pythonosc"),
        ("backend.matching.rank", "from backend.osc import server"),
        ("backend.matching.metrics", "import librosa"),
        ("backend.matching.metrics", "from scipy import signal"),
        ("models.features", "import torchaudio"),
        ("training.train", "from backend import pipeline"),
        ("training.train", "from . import dataset"),
    ],
)
def test_a_forbidden_import_is_caught(module: str, source: str) -> None:
    assert len(import_faults(module, source)) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("models.flow", "from __future__ import annotations\nimport math, torch, numpy"),
        ("backend.synth.renderer", "import pedalboard\nfrom backend.synth import spec"),
        ("backend.doctor", "import pythonosc.udp_client, sounddevice"),
        (
            "training.train",
            "import torchaudio, scipy\nfrom backend.synth.spec import ParameterSpec",
        ),
    ],
)
def test_an_allowed_import_passes(module: str, source: str) -> None:
    assert import_faults(module, source) == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from torch import load",
        "import torch\ntorch.save(1, 'x')",
        "import numpy as np\nnp.load('x', allow_pickle=True)",
    ],
)
def test_pickle_is_caught(source: str) -> None:
    assert len(pickle_faults("models.planted", source)) == 1
