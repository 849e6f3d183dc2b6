"""`nvidia-smi`, run by argument list, bounded in time and output."""

import shutil

from moorage.inventory import gpu
from moorage.inventory.machine import Gpu
from moorage.kit import process
from moorage.kit.errors import Unavailable
from moorage.kit.i18n import Text

_TOOL = "nvidia-smi"
_WITHIN_S = 5.0
_LONGEST = 1 << 20  # bytes


async def look(tool: str = _TOOL, *, within_s: float = _WITHIN_S) -> tuple[Gpu, ...]:
    """Return the GPUs of this machine; none without the tool. Raises Unavailable."""
    program = shutil.which(tool)
    if program is None:
        return ()
    async with process.started(program, *gpu.ARGUMENTS, timeout_s=within_s) as running:
        output, _ = await process.outputs(running, most=_LONGEST)
        code = await running.wait()
    if code and not output:
        raise Unavailable(Text("{tool} failed with exit status {code}.", tool=_TOOL, code=code))
    return gpu.parse(output.decode(errors="replace"))
