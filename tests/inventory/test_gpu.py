"""What `nvidia-smi` prints, and what we make of it."""

import pytest

from moorage.inventory.gpu import models, parse
from moorage.inventory.machine import Gpu
from moorage.kit.errors import Unavailable

MIB = 1 << 20
UUID = "GPU-8a4a5d2e-4f5c-9a3d-1c1f-5b0d6f0a7c11"
FAILED = (
    "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. "
    "Make sure that the latest NVIDIA driver is installed and running.\n"
)


def test_several_gpus_are_told_with_bytes_and_shares() -> None:
    found = parse(
        f"0, NVIDIA GeForce RTX 4090, 24564, 1024, 37, {UUID}\n"
        f"1, NVIDIA GeForce RTX 3090, 24576, 0, 0, {UUID}\n"
    )

    assert found == (
        Gpu("NVIDIA GeForce RTX 4090", 24564 * MIB, 1024 * MIB, 0.37),
        Gpu("NVIDIA GeForce RTX 3090", 24576 * MIB, 0, 0.0),
    )
    assert models(found) == "NVIDIA GeForce RTX 4090, NVIDIA GeForce RTX 3090"


def test_two_of_one_model_are_one_model() -> None:
    line = f"0, NVIDIA A100-SXM4-80GB, 81920, 0, 0, {UUID}\n"

    assert models(parse(line * 2)) == "NVIDIA A100-SXM4-80GB"


def test_a_name_may_have_commas() -> None:
    [gpu] = parse(f"0, Quadro, special, 42, 8192, 12, 3, {UUID}\n")

    assert (gpu.model, gpu.memory, gpu.used) == ("Quadro, special, 42", 8192 * MIB, 12 * MIB)


@pytest.mark.parametrize(
    "text",
    ["[N/A]", "[Not Supported]", "[Unknown Error]", "[GPU requires reset]", "N/A"],
)
def test_what_a_gpu_does_not_say_is_not_known(text: str) -> None:
    [gpu] = parse(f"0, Tesla K80, {text}, {text}, {text}, {UUID}\n")

    assert gpu == Gpu("Tesla K80", None, None, None)


@pytest.mark.parametrize("output", ["", "\n\n", "No devices were found\n", "No devices were found"])
def test_no_devices_are_no_gpus(output: str) -> None:
    assert parse(output) == ()


@pytest.mark.parametrize(
    "output",
    [
        FAILED,
        "Failed to initialize NVML: Driver/library version mismatch\n",
        "Unable to determine the device handle for GPU 0000:01:00.0: GPU is lost.\n",
        'Field "utilization.gpu" is not a valid field to query.\n',
        "0, 24564, 1024\n",
    ],
)
def test_a_complaint_is_told_in_its_own_words(output: str) -> None:
    with pytest.raises(Unavailable) as caught:
        parse(output)

    assert caught.value.message == f"nvidia-smi says: {output.strip()}"


def test_a_warning_beside_the_gpus_hides_none() -> None:
    output = (
        f"0, Tesla T4, 15360, 0, 0, {UUID}\nWARNING: infoROM is corrupted at gpu 0000:00:1E.0\n"
    )

    assert [gpu.model for gpu in parse(output)] == ["Tesla T4"]
