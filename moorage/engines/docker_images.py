"""Images of a Docker Engine: the half of the adapter that is slow and talks."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import aclosing, suppress

import msgspec

from moorage.engines.docker_answers import ErrorDetail, InspectedImage, ListedImage
from moorage.engines.docker_body import label_filter, quoted, split_ref
from moorage.engines.docker_errors import known_error
from moorage.engines.http import EngineClient
from moorage.engines.port import Image, ImageMissing, Say
from moorage.kit.errors import Invalid, MoorageError, NotFound, Unavailable

PULL_STALL_S = 60
BUILD_STALL_S = 900  # a package installation may say nothing for minutes
LINES_KEPT = 20


class DockerImages:
    """The image calls of a Docker Engine."""

    _client: EngineClient

    async def find_image(self, ref: str) -> Image | None:
        """Return the image or None."""
        try:
            answer = await self._client.ask("GET", f"/images/{quoted(ref)}/json", InspectedImage)
        except NotFound:
            return None
        return answer.image()

    async def list_images(self, labels: Mapping[str, str]) -> Sequence[Image]:
        """List images that carry all labels."""
        query = label_filter(labels)
        answer = await self._client.ask("GET", "/images/json", list[ListedImage], query=query)
        return [item.image() for item in answer]

    async def ask_registry(self, ref: str, *, timeout_s: float) -> None:
        """Return when the registry of an image has it, or does not say so in time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._client.send("GET", f"/distribution/{quoted(ref)}/json")

    async def pull_image(self, ref: str, *, say: Say, connect_timeout_s: float = 5) -> None:
        """Pull it from its registry."""
        repository, tag = split_ref(ref)
        query = {"fromImage": repository, "tag": tag}
        stream = self._client.stream("/images/create", query=query, silence_s=PULL_STALL_S)
        try:
            async with asyncio.timeout(connect_timeout_s) as limit, aclosing(stream) as progress:
                async for line in progress:
                    limit.reschedule(asyncio.get_running_loop().time() + PULL_STALL_S)
                    if line.error_detail:
                        raise _pull_error(ref, line.error_detail.message)
                    if not line.progress:
                        await say(f"{line.id} {line.status}".strip())
        except TimeoutError as error:
            raise Unavailable(
                f"No registry gave {ref} in time: build it here, or name a registry that answers."
            ) from error

    async def import_image(
        self,
        ref: str,
        rootfs: AsyncIterator[bytes],
        *,
        changes: Sequence[str] = (),
    ) -> None:
        """Make an image of a tar stream."""
        repository, tag = split_ref(ref)
        query = [("fromSrc", "-"), ("repo", repository), ("tag", tag)]
        query += [("changes", change) for change in changes]
        stream = self._client.stream(
            "/images/create", query=query, body=rootfs, silence_s=BUILD_STALL_S
        )
        async with aclosing(stream) as progress:
            async for line in progress:
                if line.error_detail:
                    raise Invalid(f"{ref} could not be imported: {line.error_detail.message}")

    async def build_image(
        self,
        ref: str,
        context: bytes,
        *,
        labels: Mapping[str, str],
        args: Mapping[str, str],
        say: Say,
    ) -> None:
        """Build a tar of a Dockerfile and its files."""
        query = {
            "t": ref,
            "rm": "1",
            "forcerm": "1",
            "labels": msgspec.json.encode(labels).decode(),
            "buildargs": msgspec.json.encode(args).decode(),
        }
        stream = self._client.stream("/build", query=query, body=context, silence_s=BUILD_STALL_S)
        last: deque[str] = deque(maxlen=LINES_KEPT)
        pending = ""
        async with aclosing(stream) as progress:
            async for item in progress:
                if item.error_detail:
                    raise _build_error(ref, item.error_detail, last)
                *lines, pending = (pending + item.stream).split("\n")
                for line in filter(str.strip, lines):
                    last.append(line)
                    await say(line)

    async def remove_image(self, ref: str) -> None:
        """Remove it."""
        try:
            await self._client.send("DELETE", f"/images/{quoted(ref)}", timeout_s=120)
        except ImageMissing:
            return


def _pull_error(ref: str, why: str) -> MoorageError:
    return known_error(why) or Unavailable(f"{ref} could not be fetched.", detail=why)


def _build_error(ref: str, why: ErrorDetail, last: Iterable[str]) -> MoorageError:
    # The text of a failed step quotes its command, which may look like any error.
    known = None if why.code else known_error(why.message)
    return known or Invalid("\n".join([f"{ref} could not be built: {why.message}", *last]))
