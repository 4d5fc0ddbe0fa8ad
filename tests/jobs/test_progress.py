"""Progress keeps its distance and never overtakes the answer."""

import asyncio

from bot.domain import Progress
from bot.jobs.progress import ProgressPump


async def test_the_latest_wins():
    sent = []

    async def send(progress):
        sent.append(progress.step)

    pump = ProgressPump(send, 0.1)
    for step in range(5):
        pump.put(Progress(step, 5, ""))
        await asyncio.sleep(0)
    await asyncio.sleep(0.05)
    assert len(sent) == 1  # the first at once, the next not before the interval
    await asyncio.sleep(0.1)
    await pump.close()
    assert len(sent) <= 2
    assert sent[-1] == 4


async def test_closing_waits_for_the_edit_under_way_and_sends_no_more():
    events = []

    async def send(progress):
        events.append(f"start {progress.step}")
        await asyncio.sleep(0.1)
        events.append(f"end {progress.step}")

    pump = ProgressPump(send, 0)
    pump.put(Progress(1, 2, ""))
    await asyncio.sleep(0.02)
    pump.put(Progress(2, 2, ""))
    await pump.close()
    events.append("answer")
    await asyncio.sleep(0.05)
    assert events == ["start 1", "end 1", "answer"]


async def test_a_send_that_fails_is_not_the_last():
    sent = []

    async def send(progress):
        sent.append(progress.step)
        if progress.step == 1:
            raise OSError("no network")

    pump = ProgressPump(send, 0)
    for step in (1, 2):
        pump.put(Progress(step, 2, ""))
        await asyncio.sleep(0.02)
    await pump.close()
    assert sent == [1, 2]
