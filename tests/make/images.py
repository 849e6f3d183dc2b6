"""The images that `make setup` has prepared."""

from moorage.catalog import service as catalog
from moorage.engines.port import Engine


async def prepared(engine: Engine, blueprint: str) -> str:
    """Return the image of a blueprint that is on the engine, pulled or built."""
    versions = catalog.load().get(blueprint)
    refs = [versions.image(version) for version in versions.versions]
    for ref in refs:
        if await engine.find_image(ref):
            return ref
    raise AssertionError(f"None of {', '.join(refs)} is there; run: moor images prepare")
