"""What `nvidia-smi` says of GPUs. Pure.

Source: https://docs.nvidia.com/deploy/nvidia-smi/index.html
"""

import re
from collections.abc import Sequence

from moorage.inventory.machine import Gpu
from moorage.kit.errors import Unavailable
from moorage.kit.i18n import Text

ARGUMENTS = (
    "--query-gpu=index,name,memory.total,memory.used,utilization.gpu,uuid",
    "--format=csv,noheader,nounits",
)

_MIB = 1 << 20
_NONE = "No devices were found"
# Nothing is quoted, and a name may have commas. A figure may be [N/A], [Not Supported], …
_LINE = re.compile(
    r"\d+, (?P<model>.+), (?P<memory>\d+|\[.*?\]|N/A), (?P<used>\d+|\[.*?\]|N/A), "
    r"(?P<utilisation>\d+|\[.*?\]|N/A), (?:GPU-\S+|\[.*?\]|N/A)"
)
_SHOWN = 200


def parse(output: str) -> tuple[Gpu, ...]:
    """Return the GPUs that the tool lists. Raises Unavailable when it lists none, but complains."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    found = [match for match in map(_LINE.fullmatch, lines) if match]
    if not found and lines and not lines[0].startswith(_NONE):
        raise Unavailable(Text("nvidia-smi says: {line}", line=lines[0][:_SHOWN]))
    return tuple(
        Gpu(
            model=match["model"],
            memory=_number(match["memory"], _MIB),
            used=_number(match["used"], _MIB),
            utilisation=None
            if (per_cent := _number(match["utilisation"])) is None
            else min(per_cent / 100, 1.0),
        )
        for match in found
    )


def models(gpus: Sequence[Gpu]) -> str:
    """Return the models of a machine's GPUs, each once."""
    return ", ".join(dict.fromkeys(gpu.model for gpu in gpus))


def _number(text: str, unit: int = 1) -> int | None:
    return int(text) * unit if text.isdecimal() else None
