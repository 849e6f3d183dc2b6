"""Threads for calls that block."""

import asyncio
import subprocess
import sys
import threading
from functools import partial

import pytest

from moorage.openstack.threads import Threads

pytestmark = pytest.mark.anyio

WITHIN_S = 30


async def test_a_call_returns_or_raises_where_it_is_waited_for() -> None:
    threads = Threads("test", most=2)

    assert await threads.run(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        await threads.run(lambda: 1 // 0)
    threads.close()


async def test_no_more_calls_than_threads_go_on_at_once() -> None:
    threads, gate = Threads("test", most=2), threading.Event()
    begun: list[int] = []

    def call(number: int) -> int:
        begun.append(number)
        gate.wait(WITHIN_S)
        return len(begun)

    calls = [asyncio.create_task(threads.run(partial(call, number))) for number in range(5)]
    async with asyncio.timeout(WITHIN_S):
        while len(begun) < 2:
            await asyncio.sleep(0)
    at_first = len(begun)
    gate.set()

    assert at_first == 2
    assert max(await asyncio.gather(*calls)) == 5
    threads.close()


async def test_who_gave_up_waiting_has_nothing_done_that_has_not_begun() -> None:
    threads, gate = Threads("test", most=1), threading.Event()
    begun: list[str] = []
    first = asyncio.create_task(threads.run(lambda: gate.wait(WITHIN_S)))
    second = asyncio.create_task(threads.run(lambda: begun.append("second")))
    await asyncio.sleep(0)

    second.cancel()
    gate.set()

    assert await first is True
    assert await threads.run(lambda: "third") == "third"
    assert begun == []
    threads.close()


def test_a_call_that_hangs_does_not_keep_the_process_from_ending() -> None:
    program = (
        "import asyncio, threading\n"
        "from moorage.openstack.threads import Threads\n"
        "async def main():\n"
        "    try:\n"
        "        async with asyncio.timeout(0.1):\n"
        "            await Threads('test', most=1).run(threading.Event().wait)\n"
        "    except TimeoutError:\n"
        "        print('gave up')\n"
        "asyncio.run(main())\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], timeout=WITHIN_S, capture_output=True, text=True
    )

    assert (done.returncode, done.stdout) == (0, "gave up\n")
