"""The conversation: what is said becomes a plan, the plan is carried out, the answer grows.

In: a `Message` that was addressed to us, a choice, a wish to stop, or the end of a job. Out: pages
for the front, jobs for the runner, sessions for next time. Everything that a turn is lives in its
row (`bot.conversation.record`), so a restart goes on where it was: the runner delivers the end of a
job again until `finished` has counted it, and `resume` starts what was between two steps.
The shape - tasks that name the tasks they need, results handed on by number - is MusicAgent's (Yu
et al., EMNLP demo 2023); the session's table is Loop Copilot's (Zhang et al., arXiv 2310.12404).
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from bot.agent import memory, refer
from bot.agent import session as sessions
from bot.agent.at import At
from bot.agent.tools import REGISTRY, validate
from bot.agent.values import Asker, Make, Option, Plan, Session, Step
from bot.conversation import outcome, record, telling
from bot.conversation.placing import place
from bot.conversation.record import Line, Record
from bot.conversation.values import Front, Message, Mind, MindError, Page, Place
from bot.domain import Progress
from bot.policy import Limits
from bot.settings import Settings
from bot.taste.engine import Taste
from models.errors import Refusal
from storage import jobs, readings, turns
from storage.db import DbThread
from storage.jobs import Job
from storage.turns import Turn

log = logging.getLogger(__name__)

#: Largest file in bytes where a front does not say (Discord's own default).
FILE_LIMIT = 10 * 2**20
#: Tools that may run while another turn of the session is at work: they change nothing on it.
AT_ONCE = frozenset({"cancel", "chat", "help", "other", "session"})
NOBODY = "I could not make sense of that just now. Please say it another way, or use /help."
NOT_YOURS = "Only the person who asked can choose here."
OVER = "That question is over; please ask again."


class Conversation:
    """Carries out what people say, one turn of a session after another.

    Parameters
    ----------
    db : DbThread
    settings : Settings
    taste : Taste
    minds : sequence of Mind
        Asked in order; the last one always answers.
    wake : () -> None
        Tells the job runner that there is work.
    now : () -> float
        UTC epoch seconds.
    """

    def __init__(
        self,
        db: DbThread,
        settings: Settings,
        taste: Taste,
        minds: Sequence[Mind],
        wake: Callable[[], None],
        now: Callable[[], float],
    ) -> None:
        self._db, self._settings, self._taste = db, settings, taste
        self._minds, self._wake, self._now = tuple(minds), wake, now
        self._locks: dict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.front: Front | None = None
        #: Bytes of the largest file that a place takes; raises `Refusal` where it takes none.
        self.room: Callable[[Asker], int] = lambda _: FILE_LIMIT

    async def hear(self, message: Message, plan: Plan | None = None) -> Turn:
        """Take a message in and do as much of it as can be done now; twice is once.

        `plan` is what it means where that is known: a button was pressed, not a word said.
        """
        now = self._now()
        session = await memory.load(self._db, message.asker, message.shared, now)
        turn, fresh = await self._db.run(
            turns.add,
            session_id=session.id,
            user_id=message.asker.user_id,
            guild_id=message.asker.guild_id,
            channel_id=message.asker.channel_id,
            locale=message.asker.locale,
            message_id=message.message_id,
            text=message.text,
            now=now,
        )
        if not fresh:
            return turn
        async with self._locks[session.id]:
            session = await self._open(message)
            if session.question and await self._answered(session, message):
                await self._mark(turn, state="done")  # the other turn goes on
                return turn
            busy = await self._db.run(turns.running, session.id, before=turn.id)
            plan = plan or await self._plan(message.text, session, message.asker)
            if busy and not _at_once(plan):
                # Understood when its time comes: the table will not be what it is now.
                await self._show(turn, telling.later(message.asker.locale))
                return turn
            await self._begin(turn, session, plan)
        await self._carry_on(turn.id)
        return turn

    async def choose(self, turn_id: int, number: int, user_id: int) -> None:
        """Go on with option `number` (from 0) of a question.

        Raises
        ------
        Refusal
            When the question is over or another person's.
        """
        turn = await self._db.run(turns.get, turn_id)
        if turn is None or turn.state != "asking":
            raise Refusal(OVER)
        if turn.user_id != user_id:
            raise Refusal(NOT_YOURS)
        question = record.from_json(turn.plan).plan.question
        if question is None or not 0 <= number < len(question.options):
            raise Refusal(OVER)
        await self._chosen(turn, question.options[number], question.said)

    async def cancel(self, turn_id: int, user_id: int) -> None:
        """Stop a turn at once: the step that runs is given up, the later ones never begin.

        Raises
        ------
        Refusal
            When it is over, or another person's.
        """
        turn = await self._db.run(turns.get, turn_id)
        if turn is None or turn.state not in ("running", "asking"):
            raise Refusal("That request is already over.")
        if turn.user_id != user_id:
            raise Refusal("Only the person who asked for this piece can cancel it.")
        await self._mark(turn, state="cancelled")
        if turn.job_id is not None:
            await self._db.run(jobs.request_cancel, turn.job_id, user_id)
            self._wake()
        told = record.from_json(turn.plan) if turn.plan else Record.of(Plan())
        await self._show(turn, telling.stopped(told, turn.locale))
        await self._next(turn)

    async def progress(self, job: Job, turn_id: int, progress: Progress) -> None:
        """Show how far the job of a turn's step is."""
        turn = await self._db.run(turns.get, turn_id)
        if turn is not None and turn.job_id == job.id and turn.state == "running":
            told = record.from_json(turn.plan)
            await self._show(turn, telling.working(told, turn.locale, progress))

    async def finished(self, job: Job, turn_id: int, result: Mapping[str, Any]) -> int | None:
        """Count the result of a step's job once and go on; the turn's message id, once over."""
        turn = await self._db.run(turns.get, turn_id)
        if turn is None:
            return None  # forgotten meanwhile
        if turn.job_id == job.id and turn.state == "running":
            session = await memory.load_id(self._db, turn.session_id, self._now())
            told = record.from_json(turn.plan)
            number = told.at
            assert number is not None  # noqa: S101 - a step waits for this job
            made = outcome.of_job(job, result, session, told.step(number), self._now())
            told = told.with_line(number, made.line, made.piece_id)
            await self._keep(turn, made.session or session, told, job_id=None)
        return await self._carry_on(turn_id)

    async def failed(
        self, job: Job, turn_id: int, template: str, values: Mapping[str, Any]
    ) -> int | None:
        """A step's job gave up, or was cancelled: say so, and do what does not need it."""
        turn = await self._db.run(turns.get, turn_id)
        if turn is None:
            return None
        if turn.job_id == job.id and turn.state == "running":
            told = record.from_json(turn.plan)
            state = "cancelled" if job.state == "cancelled" else "failed"
            line = Line(state, (telling.harmless(template, values),))  # type: ignore[arg-type]
            told = told.with_line(told.at or 1, line)
            stop: dict[str, Any] = {"state": "cancelled"} if state == "cancelled" else {}
            await self._mark(turn, plan=record.to_json(told), job_id=None, **stop)
        return await self._carry_on(turn_id)

    async def resume(self) -> None:
        """After a restart: go on with every turn that is between two steps."""
        for turn in await self._db.run(turns.unfinished):
            if turn.job_id is not None or turn.state != "running":
                continue
            busy = await self._db.run(turns.running, turn.session_id, before=turn.id)
            if turn.plan or not busy:  # what waits for an earlier turn is begun at its end
                try:
                    await self._carry_on(turn.id)
                except Exception:  # one broken turn must not keep the bot from starting
                    log.exception("turn %d cannot go on", turn.id)

    # -- a message ------------------------------------------------------------------------------

    async def _open(self, message: Message) -> Session:
        """The session as it is now, with what came along with the message on its table."""
        session = await memory.load(self._db, message.asker, message.shared, self._now())
        if message.file:
            session = replace(session, file=message.file)
        if len(message.reply_to) == 1:
            session = sessions.put(session, message.reply_to[0], None, "", ("", {}), self._now())
        elif message.reply_to:
            session = sessions.offer(session, message.reply_to)
        if message.file or message.reply_to:
            await memory.save(self._db, session, self._now())
        return session

    async def _answered(self, session: Session, message: Message) -> bool:
        """Whether the message answers the session's question; a question passed over is dropped."""
        assert session.question is not None  # noqa: S101 - the caller looked
        asking = await self._db.run(turns.asking, session.id)
        await memory.save(self._db, replace(session, question=None), self._now())
        if asking is None:
            return False
        number = refer.answer_of(message.text, session.question)
        if number is None or asking.user_id != message.asker.user_id:
            await self._mark(asking, state="cancelled")
            await self._show(asking, telling.dropped(session.question, asking.locale))
            return False
        await self._chosen(asking, session.question.options[number], session.question.said, True)
        return True

    async def _plan(self, text: str, session: Session, asker: Asker) -> Plan:
        recalled = await self._db.run(readings.recall, asker.user_id, text)
        for mind in self._minds:
            try:
                return await mind.plan(text, session, asker, recalled)
            except MindError as error:
                log.info("a mind passed: %s", error)
            except Refusal as refusal:
                return Plan(notes=(telling.harmless(refusal.template, refusal.values),))
            except Exception:  # the next mind may fare better, and nothing may block the session
                log.exception("a mind broke")
        return Plan(notes=((NOBODY, {}),))

    async def _begin(self, turn: Turn, session: Session, plan: Plan) -> None:
        told = Record.of(plan)
        state = "asking" if plan.question else "running"
        await self._mark(turn, plan=record.to_json(told), state=state)
        session = sessions.said(session, "person", turn.text)
        if plan.question:
            session = replace(session, question=plan.question)
            await self._show(turn, telling.asking(plan.question, turn.locale))
        await memory.save(self._db, session, self._now())

    async def _chosen(self, turn: Turn, option: Option, said: str, locked: bool = False) -> None:
        if option.intent and said:
            await self._db.run(readings.remember, turn.user_id, said, option.intent)
        told = Record.of(Plan(option.steps))
        await self._mark(turn, plan=record.to_json(told), state="running")
        session = await memory.load_id(self._db, turn.session_id, self._now())
        await memory.save(self._db, replace(session, question=None), self._now())
        await self._carry_on(turn.id, locked=locked)

    # -- the steps ------------------------------------------------------------------------------

    async def _carry_on(self, turn_id: int, *, locked: bool = False) -> int | None:
        """Do the steps of a turn until one needs a worker or none is left."""
        turn = await self._db.run(turns.get, turn_id)
        if turn is None:
            return None
        try:
            if locked:
                return await self._steps(turn)
            async with self._locks[turn.session_id]:
                return await self._steps(turn)
        except Exception:
            await self._mark(turn, state="failed")  # or the session would wait for it for ever
            raise

    async def _steps(self, turn: Turn) -> int | None:
        fresh = await self._db.run(turns.get, turn.id)
        if fresh is None or fresh.state != "running" or fresh.job_id is not None:
            return fresh.reply_id if fresh else None
        turn = fresh
        session = await memory.load_id(self._db, turn.session_id, self._now())
        if not turn.plan:  # it waited for another turn to end
            plan = await self._plan(turn.text, session, _asker(turn))
            await self._begin(turn, session, plan)
            return await self._steps(turn)
        told = record.from_json(turn.plan)
        while (number := told.at) is not None:
            done = await self._do(turn, session, told, number)
            if isinstance(done, Make):
                if (line := await self._place(turn, number, done)) is None:
                    await self._show(turn, telling.working(told, turn.locale, None))
                    return None
                told = told.with_line(number, line)
            else:
                line, session = done
                told = told.with_line(number, line)
            await self._keep(turn, session, told, job_id=None)
        return await self._end(turn, session, told)

    async def _do(
        self, turn: Turn, session: Session, told: Record, number: int
    ) -> Make | tuple[Line, Session]:
        """Call the tool of a step."""
        if told.blocked(number):
            return Line("skipped"), session
        step: Step = told.step(number)
        at = At(
            asker=_asker(turn), session=session, db=self._db, settings=self._settings,
            taste=self._taste, now=self._now(), text=turn.text, made=told.made,
            job_id=await self._db.run(turns.job_of, turn.session_id),
        )  # fmt: skip
        try:
            step = validate(step)
            came = await REGISTRY[step.tool].run(at, **step.args)
        except Refusal as refusal:
            return Line("failed", (telling.harmless(refusal.template, refusal.values),)), session
        except Exception:
            log.exception("tool %s broke in turn %d", step.tool, turn.id)
            return Line("failed", ((telling.BROKE, {}),)), session
        if step.tool == "cancel":
            await self._cancel_all(turn)
        if isinstance(came, Make):
            return came
        return Line("done", came.said, came.text, came.show), came.session or session

    async def _cancel_all(self, turn: Turn) -> None:
        """Stop every other turn of this person in the session."""
        for other in await self._db.run(turns.unfinished, turn.session_id):
            if other.id != turn.id and other.user_id == turn.user_id:
                await self.cancel(other.id, turn.user_id)

    async def _place(self, turn: Turn, number: int, make: Make) -> Line | None:
        """Queue the job of a step; a line where policy says not now."""
        limits = Limits.of(self._settings)
        try:
            limit = self.room(_asker(turn))
            await self._db.run(place, turn, number, make, limits, self._now(), limit)
        except Refusal as refusal:
            return Line("failed", (telling.harmless(refusal.template, refusal.values),))
        self._wake()
        return None

    async def _keep(self, turn: Turn, session: Session, told: Record, **columns: Any) -> None:
        await memory.save(self._db, session, self._now())
        await self._mark(turn, plan=record.to_json(told), **columns)

    async def _mark(self, turn: Turn, **columns: Any) -> None:
        await self._db.run(partial(turns.update, id=turn.id, **columns))

    async def _end(self, turn: Turn, session: Session, told: Record) -> int | None:
        page = telling.finished(told, turn.locale)
        session = sessions.said(session, "segno", page[0])
        await memory.save(self._db, session, self._now())
        state = "done" if all(line.state == "done" for line in told.lines) else "failed"
        reply = await self._show(turn, page)  # first: after a crash it is shown again, not never
        await self._mark(turn, state=state)
        await self._next(turn)
        return reply

    async def _next(self, turn: Turn) -> None:
        """Begin what was said while this turn was at work."""
        waiting = await self._db.run(turns.waiting, turn.session_id)
        if waiting is not None:
            task = asyncio.create_task(self._carry_on(waiting.id))
            task.add_done_callback(_report)

    async def _show(self, turn: Turn, told: telling.Told) -> int | None:
        if self.front is None:
            return None
        text, state, show = told
        fresh = await self._db.run(turns.get, turn.id)
        where = Place(_asker(turn), turn.message_id, fresh.reply_id if fresh else None)
        try:
            reply = await self.front.show(where, Page(turn.id, text, state, show))
        except Exception:  # a page that nobody can be shown must not stop the work
            log.exception("turn %d could not be shown", turn.id)
            return None
        if reply is not None and (fresh is None or reply != fresh.reply_id):
            await self._mark(turn, reply_id=reply)
        return reply


def _asker(turn: Turn) -> Asker:
    """Who said it; a stored turn carries no rights over a server."""
    return Asker(turn.user_id, turn.guild_id, turn.channel_id, turn.locale)


def _at_once(plan: Plan) -> bool:
    return bool(plan.steps) and all(step.tool in AT_ONCE for step in plan.steps)


def _report(task: asyncio.Task[Any]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("a waiting turn could not begin", exc_info=error)
