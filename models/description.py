"""The readable half of a model on disk: what ``<stem>.json`` says, written and checked.

``checkpoint`` writes and loads whole models; this file can be read without their weights, for
instance to list what is installed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from models.config_json import ConfigError, Json, config_from_json, config_to_json, shown
from models.inversion import ModelConfig
from models.sampler import SamplerConfig

FORMAT_NAME = "synthmatch-weights"
FORMAT_VERSION = 1
_KEYS = (
    "format",
    "format_version",
    "spec_name",
    "spec_fingerprint",
    "weights_sha256",
    "model",
    "sampler",
    "provenance",
)
#: A description longer than this is not ours.
_MAX_JSON_BYTES = 1_000_000
#: The next step after most faults.
GET_AGAIN = "Get both weights files again."


class CheckpointError(ValueError):
    """Weights that are missing, damaged, foreign, too new, or for another parameter space."""


@dataclass(frozen=True)
class Description:
    """What the JSON file says.

    Args:
        config: shape of the network.
        spec_fingerprint: of the parameter space that the vectors are in.
        sampler: the setting to use unless told otherwise.
        provenance: how the model was trained, as plain JSON values.
        weights_sha256: of the ``.safetensors`` file, hexadecimal.
    """

    config: ModelConfig
    spec_fingerprint: str
    sampler: SamplerConfig
    provenance: Mapping[str, Json]
    weights_sha256: str

    @property
    def renders(self) -> int:
        """Renders that the model was trained on, in all its runs; 0 where nothing is said."""
        earlier = self.provenance.get("earlier")
        runs = [self.provenance, *(earlier if isinstance(earlier, list) else [])]
        counts = [run.get("renders") for run in runs if isinstance(run, Mapping)]
        return sum(count for count in counts if isinstance(count, int))


def description_to_json(description: Description) -> dict[str, Json]:
    """Arrange a description as the JSON file has it.

    Args:
        description: what to write.

    Returns:
        The whole contents of the file.
    """
    return {
        "format": FORMAT_NAME,
        "format_version": FORMAT_VERSION,
        "spec_name": description.config.spec_name,
        "spec_fingerprint": description.spec_fingerprint,
        "weights_sha256": description.weights_sha256,
        "model": config_to_json(description.config),
        "sampler": config_to_json(description.sampler),
        "provenance": dict(description.provenance),
    }


def read_description(stem: Path) -> Description:
    """Read and check the JSON file alone.

    Args:
        stem: path without ending.

    Returns:
        What it says.

    Raises:
        CheckpointError: missing, unreadable, not JSON, foreign, from a future version, or with
            contents that make no sense.
    """
    path = json_path(stem)
    data = read_bytes(path)
    if len(data) > _MAX_JSON_BYTES:
        raise CheckpointError(
            f"{path} has {len(data)} bytes, a description of weights has at most "
            f"{_MAX_JSON_BYTES}. {GET_AGAIN}"
        )
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{path} is not JSON ({one_line(error)}). {GET_AGAIN}") from None
    if not isinstance(value, dict) or value.get("format") != FORMAT_NAME:
        got = value.get("format") if isinstance(value, dict) else type(value).__name__
        raise CheckpointError(
            f"{path} does not describe Synthmatch weights: its format is {shown(got)}, "
            f"allowed is {FORMAT_NAME!r}. Choose another file."
        )
    version = value.get("format_version")
    if not isinstance(version, int) or isinstance(version, bool) or version != FORMAT_VERSION:
        raise CheckpointError(
            f"{path} has format version {shown(version)}, this program reads version "
            f"{FORMAT_VERSION}. Update Synthmatch, or choose weights made for it."
        )
    return _from_json(value, path)


def json_path(stem: Path) -> Path:
    """Tell where the description of a model lies.

    Args:
        stem: path without ending, which may itself contain dots.

    Returns:
        ``<stem>.json``.
    """
    return stem.with_name(stem.name + ".json")


def read_bytes(path: Path) -> bytes:
    """Read one of a model's two files.

    Args:
        path: the file.

    Returns:
        Its contents.

    Raises:
        CheckpointError: missing or unreadable.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise CheckpointError(
            f"{path} does not exist; weights are a .json and a .safetensors file of one name. "
            "Give their path without the ending, or get them again."
        ) from None
    except OSError as error:
        raise CheckpointError(
            f"{path} cannot be read ({one_line(error)}). Check the file and its permissions."
        ) from None


def _from_json(value: Mapping[str, object], path: Path) -> Description:
    wrong = [key for key in value if key not in _KEYS] + [key for key in _KEYS if key not in value]
    if wrong:
        raise CheckpointError(
            f"{path} has an unknown or missing key {shown(wrong[0])}; it needs exactly "
            f"{', '.join(_KEYS)}. {GET_AGAIN}"
        )
    fingerprint, digest = value["spec_fingerprint"], value["weights_sha256"]
    provenance = value["provenance"]
    if (
        not isinstance(fingerprint, str)
        or not isinstance(digest, str)
        or not isinstance(provenance, dict)
    ):
        raise CheckpointError(
            f"{path} must have spec_fingerprint and weights_sha256 as text and provenance as an "
            f"object; got {shown(fingerprint)}, {shown(digest)} and "
            f"{type(provenance).__name__}. {GET_AGAIN}"
        )
    try:
        config = config_from_json(ModelConfig, value["model"], path="model")
        sampler = config_from_json(SamplerConfig, value["sampler"], path="sampler")
    except ConfigError as error:
        raise CheckpointError(f"{path}: {one_line(error)} {GET_AGAIN}") from None
    if value["spec_name"] != config.spec_name:
        raise CheckpointError(
            f"{path} names the parameter space {shown(value['spec_name'])}, but its model is for "
            f"{config.spec_name!r}. {GET_AGAIN}"
        )
    return Description(config, fingerprint, sampler, provenance, digest)


def one_line(error: Exception) -> str:
    """Quote an error of another library for a one-line message.

    Args:
        error: what was caught.

    Returns:
        Its text without line breaks, at most 200 characters.
    """
    return " ".join(str(error).split())[:200]
