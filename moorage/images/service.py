"""Have images on an engine: find them, or fetch them from a registry, or build them."""

import asyncio
import textwrap
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Literal

from moorage.engines.port import Engine, Image, Say
from moorage.images.base import base_digest, base_ref
from moorage.images.debian import make_base
from moorage.images.recipe import IMAGE_LABEL, RECIPE_LABEL, SOURCE_LABEL, Layer, Recipe
from moorage.kit.errors import Conflict, Failed, MoorageError, NotFound, Unavailable
from moorage.kit.i18n import Text

Mode = Literal["auto", "registry", "build"]

REGISTRY_SILENCE_S = 300  # how long a registry that did not answer is not asked again
LOOK_TIMEOUT_S = 0.15  # whoever installs an app is answered within 0.3 s
REASON_LENGTH = 200  # of a failed build's message, which goes on with the whole output


class Images:
    """Images of blueprints, on any engine; the same one is made once at a time.

    mode: which sources to use; auto asks registries, and builds what none of them gives.
    mirror: the Debian mirror to build from; None: the one this machine's own apt uses.
    """

    def __init__(self, *, mode: Mode = "auto", mirror: str | None = None) -> None:
        self._mode = mode
        self._mirror = mirror
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._silent_until: dict[str, float] = {}

    async def find(self, engine: Engine, recipes: Sequence[Recipe]) -> Recipe | None:
        """Return the first recipe whose image is on the engine and up to date, or None."""
        for recipe in self._wanted(recipes):
            if await _is_made(engine, recipe):
                return recipe
        return None

    def builds(self, recipes: Sequence[Recipe]) -> bool:
        """Return whether an image of the recipes can be built, whatever registries have."""
        return any(recipe.build for recipe in self._wanted(recipes))

    async def check(self, engine: Engine, recipes: Sequence[Recipe]) -> None:
        """Raise if a short look tells that no recipe's image can be had; say what is missing.

        Raises Conflict, Unavailable (a registry does not answer).
        """
        if self.builds(recipes) or await self.find(engine, recipes):
            return
        refusal: MoorageError = Conflict(
            Text(
                "MOORAGE_IMAGES={mode} allows no source of its image; set it to auto.",
                mode=self._mode,
            )
        )
        for recipe in self._wanted(recipes):
            ref = str(recipe.registry)
            try:
                await self._check_registry(engine, ref)
            except NotFound as error:
                told = Text("No registry has the image {image}: choose another version.", image=ref)
                refusal = Conflict(told, detail=error.detail)
            except Unavailable as error:
                told = Text(
                    "The image {image} is not on the server, and its registry does not answer: "
                    "fetch it there, or try again later.",
                    image=ref,
                )
                refusal = Unavailable(told, detail=error.detail)
            else:
                return
        raise refusal

    async def prepare(self, engine: Engine, recipes: Sequence[Recipe], *, say: Say) -> Recipe:
        """Have the image of one recipe, the first that can be had; return that recipe.

        recipes: versions of one blueprint, the preferred one first.
        Raises Failed with the reason for each that could not be had, Unavailable when the engine
        does not answer.
        """
        if found := await self.find(engine, recipes):
            return found
        reasons: list[str] = []
        details: list[str] = []
        for recipe in self._wanted(recipes):
            try:
                await self._make(engine, recipe, say)
            except MoorageError as error:
                reason = textwrap.shorten(error.message, REASON_LENGTH, placeholder=" …")
                reasons.append(f"{recipe.ref}: {reason}")
                details += [error.message, error.detail or ""]
                await say(reasons[-1])
            else:
                return recipe
        if not reasons:
            reasons = [f"MOORAGE_IMAGES={self._mode} allows none of its sources; set it to auto."]
        elif self._mode == "registry":
            reasons.append("Set MOORAGE_IMAGES=auto to build from Debian packages instead.")
        message = " ".join(["No image could be had.", *reasons])
        await engine.ping()  # if it went away, all this may pass
        raise Failed(message, detail="\n".join(details))

    def _wanted(self, recipes: Sequence[Recipe]) -> list[Recipe]:
        if self._mode == "registry":
            return [recipe for recipe in recipes if recipe.registry]
        if self._mode == "build":
            return [recipe for recipe in recipes if recipe.build]
        return list(recipes)

    async def _make(self, engine: Engine, recipe: Recipe, say: Say) -> None:
        async with self._locks[recipe.ref]:
            if await _is_made(engine, recipe):
                return
            if recipe.registry:
                await self._have_pulled(engine, recipe.registry, say)
            else:
                await self._have_base(engine, recipe.suite, say)
            for layer in recipe.layers():
                await _have_layer(engine, recipe.name, layer, say)

    async def _have_pulled(self, engine: Engine, ref: str, say: Say) -> None:
        if await engine.find_image(ref):
            return
        with self._asking(_registry(ref)):
            await say(f"Fetching {ref}")
            await engine.pull_image(ref, say=say)

    async def _check_registry(self, engine: Engine, ref: str) -> None:
        if await engine.find_image(ref) is None:
            with self._asking(_registry(ref)):
                await engine.ask_registry(ref, timeout_s=LOOK_TIMEOUT_S)

    @contextmanager
    def _asking(self, registry: str) -> Iterator[None]:
        """Ask a registry, unless that is of no use; remember when it does not answer."""
        if self._mode == "auto" and time.monotonic() < self._silent_until.get(registry, 0):
            raise Unavailable("Its registry did not answer a moment ago.")
        try:
            yield
        except Unavailable:
            self._silent_until[registry] = time.monotonic() + REGISTRY_SILENCE_S
            raise

    async def _have_base(self, engine: Engine, suite: str, say: Say) -> None:
        async with self._locks[base_ref(suite)]:
            old = await engine.find_image(base_ref(suite))
            if old is None or old.labels.get(RECIPE_LABEL) != base_digest(suite):
                await make_base(engine, suite, mirror=self._mirror, say=say)
                await _remove_replaced(engine, old)


async def _is_made(engine: Engine, recipe: Recipe) -> bool:
    """Tell whether the image is there and made of what the recipe says.

    An image whose source is gone from the engine is as good as ever: it was brought here alone.
    """
    layers = recipe.layers()
    image = await engine.find_image(recipe.ref)
    for layer in reversed(layers):
        if image is None:
            return layer is not layers[-1]
        source = await engine.find_image(layer.source)
        if not _is_current(image, layer, source):
            return False
        image = source
    return True


def _is_current(image: Image, layer: Layer, source: Image | None) -> bool:
    labels = image.labels
    built_on = labels.get(SOURCE_LABEL)
    return labels.get(RECIPE_LABEL) == layer.digest and (source is None or source.id == built_on)


async def _have_layer(engine: Engine, name: str, layer: Layer, say: Say) -> None:
    source = await engine.find_image(layer.source)
    if source is None:
        raise Unavailable(f"{layer.source} is gone again: try once more.")
    old = await engine.find_image(layer.ref)
    if old is not None and _is_current(old, layer, source):
        return
    await say(f"Building {layer.ref}")
    labels = {IMAGE_LABEL: name, RECIPE_LABEL: layer.digest, SOURCE_LABEL: source.id}
    args = {"SOURCE": layer.source}
    await engine.build_image(layer.ref, layer.context(), labels=labels, args=args, say=say)
    await _remove_replaced(engine, old)


async def _remove_replaced(engine: Engine, old: Image | None) -> None:
    if old is not None:
        # It lost its name. What still uses it keeps it.
        with suppress(Conflict):
            await engine.remove_image(old.id)


def _registry(ref: str) -> str:
    """Return the host a reference begins with; empty: the engine's own default."""
    host, slash, _ = ref.partition("/")
    return host if slash and (set(".:") & set(host) or host == "localhost") else ""
