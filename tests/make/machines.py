"""Files of machines."""

import json
from pathlib import Path
from typing import Any

Json = dict[str, Any]  # Any: JSON


def row(id_: int = 100, **more: object) -> Json:
    """Return a machine as the document of machines has it; None leaves a field out."""
    whole = {
        "id": id_,
        "cpus": 32,
        "status": "running",
        "mem": 11591667560,
        "GPU": "NVIDIA RTX4090",
        "ip": f"10.0.{id_ // 250 % 250}.{id_ % 250 + 1}",
        "name": f"machine{id_:03}",
        "maxdisk": 128849018880,
        **more,
    }
    return {name: value for name, value in whole.items() if value is not None}


def write(file: Path, *rows: object) -> Path:
    """Write a file of machines."""
    file.write_text(json.dumps({"data": rows}))
    return file
