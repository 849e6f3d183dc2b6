"""Which machines are asked for, and what is told of each."""

from datetime import datetime
from typing import Annotated

from fastapi import Depends, Query
from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from moorage.inventory.machine import SourceName, Status, Wanted

_MACHINE: JsonDict = {
    "id": 100,
    "cpus": 32,
    "status": "running",
    "mem": 11_591_667_560,
    "GPU": "NVIDIA RTX4090",
    "ip": "192.168.1.100",
    "name": "Aimlab001",
    "maxdisk": 128_849_018_880,
    "uptime": 86_400,
    "cpu": 0.25,
    "mem_used": 4_294_967_296,
    "disk_used": 32_212_254_720,
    "gpus": [{"model": "NVIDIA RTX4090", "memory": 25_757_220_864, "used": 0, "utilisation": 0.0}],
    "source": "files",
    "labels": {"room": "3"},
    "seen_at": "2030-01-31T12:00:00Z",
    "problem": None,
}


class GpuOut(BaseModel):
    """A GPU. memory, used: bytes; utilisation: 0 to 1; null where it does not say."""

    model_config = ConfigDict(from_attributes=True)

    model: str
    memory: int | None
    used: int | None
    utilisation: float | None


class MachineInfo(BaseModel):
    """A machine, as it was at `seen_at`. mem, maxdisk, mem_used, disk_used: bytes; cpu: 0 to 1."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"example": _MACHINE})

    id: int
    cpus: int = Field(description="Its processors.")
    status: Status = Field(description="unknown: it cannot be reached.")
    mem: int
    gpu: str = Field(serialization_alias="GPU", description="The model; empty without one.")
    ip: str = Field(description="Its IPv4 address.")
    name: str
    maxdisk: int
    uptime: int | None = Field(description="Seconds.")
    cpu: float | None
    mem_used: int | None
    disk_used: int | None
    gpus: list[GpuOut]
    source: SourceName = Field(description="Where it is known from.")
    labels: dict[str, str]
    seen_at: datetime | None
    problem: str | None = Field(description="Why something is not known.")


class InfoOut(BaseModel):
    """Machines; one of a file also has whatever else the file says of it."""

    data: list[MachineInfo]


class RefusedOut(BaseModel):
    """What was not done, and why."""

    detail: str


async def get_wanted(
    status: Annotated[Status | None, Query()] = None,
    gpu: Annotated[
        str | None, Query(min_length=1, max_length=200, description="A part of the model.")
    ] = None,
    source: Annotated[SourceName | None, Query(description="Where it is known from.")] = None,
    label: Annotated[
        str | None, Query(min_length=1, max_length=511, description="`room`, or `room=3`.")
    ] = None,
) -> Wanted:
    """Return which machines are asked for."""
    return Wanted(status=status, gpu=gpu, source=source, label=label)


WantedDep = Annotated[Wanted, Depends(get_wanted)]
