"""Families in one transaction: the ends that came are taken, children begin, nodes whose children are through end.

All families of the transaction go together: one statement for all their mail, one for all children that begin.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from holdfast.model.advance_flow import expression_error
from holdfast.model.expression import ExpressionError
from holdfast.model.instant import Instant
from holdfast.model.json import JSON, JSONObject
from holdfast.model.outcome import ErrorInfo
from holdfast.model.run import NodeState
from holdfast.model.spawn import START_AT_ONCE, ChildEnd, ChildState, Family, FamilyStep, step
from holdfast.stores.codec import decode, encode
from holdfast.stores.families import CHILD, SPAWN, failure_of, recorded, result_of, too_large
from holdfast.stores.planning import RunFold
from holdfast.stores.postgres.beginnings import Beginning, Beginnings
from holdfast.stores.postgres.connection import Connection, Row
from holdfast.stores.postgres.kin import send
from holdfast.stores.postgres.part import Rules, run
from holdfast.stores.postgres.settlement import Settlement
from holdfast.stores.postgres.sql import families as sql
from holdfast.stores.postgres.surroundings import NodeKey, closures
from holdfast.stores.settling import resumed


@dataclass(frozen=True, slots=True)
class Household:
    """A node with children, and what its mail says of them. ``output``: the newest that a loop's child gave."""

    fold: RunFold
    node_id: str
    ends: tuple[ChildEnd, ...] = ()
    output: JSON = None
    first: int = 0
    error: ErrorInfo | None = None

    @property
    def key(self) -> NodeKey:
        return (self.fold.view.id, self.node_id)

    @property
    def family(self) -> Family:
        return self.fold.families[self.node_id]

    @property
    def goes_on(self) -> bool:
        known = self.fold.view.nodes.get(self.node_id)
        return not self.fold.ended and known is not None and known.state is NodeState.ACTIVE


class Households:
    """Used once, under the locks of the runs in ``settlement``. ``told``: mail was written."""

    def __init__(self, connection: Connection, rules: Rules, settlement: Settlement, now: Instant) -> None:
        self._connection = connection
        self._rules = rules
        self._settlement = settlement
        self._now = now
        self._outputs: dict[int, JSON] = {}
        self.told = False

    async def take(self, mail: Sequence[Row]) -> None:
        """Takes the mail out of the inboxes; children that ended have their results from now on."""
        if not mail:
            return
        loops = [row["seq"] for row in mail if row["kind"] == CHILD and self._is_loop(row)]
        for row in await self._connection.fetch(sql.OUTPUTS_IN_MAIL, loops) if loops else ():
            self._outputs[row["seq"]] = decode(row["output"])
        await self._connection.fetch(sql.TAKE_MAIL, [row["seq"] for row in mail])

    def _is_loop(self, row: Row) -> bool:
        fold = self._settlement.fold(row["run_id"])
        family = None if fold is None else fold.families.get(row["node_id"])
        return family is not None and family.kind == "loop"

    async def go_on(self, mail: Sequence[Row]) -> tuple[frozenset[str], list[str]]:
        """Queues with work of children that begin, and runs that have mail of some that ended at once."""
        grouped: defaultdict[NodeKey, list[Row]] = defaultdict(list)
        for row in mail:
            grouped[row["run_id"], row["node_id"]].append(row)
        households = [one for key, rows in grouped.items() if (one := self._household(key, rows)) is not None]
        for one in households:
            if not one.goes_on:
                one.fold.families[one.node_id] = recorded(one.family, one.ends)
        going = await self._judged([one for one in households if one.goes_on])
        steps = [(one, self._step(one)) for one in going]
        begun = await self._begin(steps)
        for one, next_step in steps:
            if next_step.done and not (one.family.detached and begun.refused(one.key)):
                await self._end(one, next_step)
        rows = [(*one.key, encode(one.family)) for one in households]
        await run(self._connection, sql.SAVE_FAMILIES, rows, 3)
        return frozenset(begun.queues), sorted({row[0] for row in begun.mail})

    def _household(self, key: NodeKey, rows: Sequence[Row]) -> Household | None:
        fold = self._settlement.fold(key[0])
        if fold is None or key[1] not in fold.families:
            return None
        told = sorted((row for row in rows if row["kind"] == CHILD), key=lambda row: row["idx"])
        ends = tuple(
            ChildEnd(row["idx"], ChildState(row["state"]), self._outputs.get(row["seq"]), decode(row["error"]))
            for row in told
        )
        spawns = [row["idx"] or 0 for row in rows if row["kind"] == SPAWN]
        # Children begin in the order of their indexes: what stands before one that ended has begun.
        first = ends[-1].index + 1 if ends else max(spawns, default=0)
        return Household(fold, key[1], ends, ends[-1].output if ends else None, first)

    async def _judged(self, households: Sequence[Household]) -> list[Household]:
        """With what a loop's ``until`` says of its child that succeeded."""
        loops = [one for one in households if one.family.kind == "loop" and one.ends]
        known = await closures(self._connection.fetch, [one.key for one in loops]) if loops else {}
        return [self._judge(one, known) if one in loops else one for one in households]

    def _judge(self, one: Household, known: Mapping[NodeKey, JSONObject]) -> Household:
        (end, *_), view, graph = one.ends, one.fold.view, one.fold.graph
        if end.state is not ChildState.SUCCEEDED:
            return one
        scope = graph.scope_within(view, known.get(one.key, {}), end.output, end.index, self._now)
        try:
            over = graph.loop_over(one.node_id, scope)
        except ExpressionError as error:
            failure = expression_error("until", error)
            return Household(one.fold, one.node_id, one.ends, one.output, one.first, failure)
        judged = ChildEnd(end.index, end.state, end.output, end.error, over)
        return Household(one.fold, one.node_id, (judged,), one.output, one.first)

    def _step(self, one: Household) -> FamilyStep:
        answer = step(one.family, one.ends)
        if one.error is not None:
            answer = FamilyStep(recorded(one.family, one.ends), done=True, stop=True)
        one.fold.families[one.node_id] = answer.family
        return answer

    async def _begin(self, steps: Sequence[tuple[Household, FamilyStep]]) -> Beginnings:
        wanted = [
            Beginning(
                one.fold, self._settlement.rows[one.fold.view.id], one.node_id, one.first, one.output, answer.start
            )
            for one, answer in steps
            if answer.start
        ]
        begun = Beginnings(self._connection, self._rules, self._now)
        await begun.begin(wanted)
        # A window that is wider than what one transaction starts fills over several.
        more = [
            (*one.key, begun.next_index(one.key))
            for one, answer in steps
            if answer.start == START_AT_ONCE and one.family.new and one.family.live < one.family.concurrency
        ]
        await send(self._connection, [(run_id, SPAWN, node, index, None, None, None) for run_id, node, index in more])
        self.told = bool(begun.mail or more or begun.told)
        return begun

    async def _end(self, one: Household, answer: FamilyStep) -> None:
        job_id = one.fold.view.nodes[one.node_id].job_id
        live = (await self._settlement.lock_jobs([job_id] if job_id else ())).get(job_id or "")
        if live is None:
            return
        bad = answer.failure
        if one.error is not None:
            move = resumed(live, self._now, error=one.error)
        elif bad is not None:
            child = await self._child(one, bad.index)
            move = resumed(live, self._now, error=failure_of(answer.family, bad, child["child_id"]))
        elif (refused := await self._refused(one, answer.family)) is not None:
            move = resumed(live, self._now, error=refused)
        else:
            move = resumed(live, self._now, output=await self._result(one, answer.family))
        self._settlement.move(live, move)

    async def _refused(self, one: Household, family: Family) -> ErrorInfo | None:
        """Of a map alone: a loop and a call give the last result, whatever came before."""
        if family.kind != "map" or family.detached:
            return None
        return too_large(await self._connection.fetchval(sql.RESULT_SIZE, *one.key))

    async def _result(self, one: Household, family: Family) -> JSON:
        if family.kind == "map":
            outputs = decode(await self._connection.fetchval(sql.RESULTS, *one.key))
            return result_of(family, outputs if isinstance(outputs, list) else [], None)
        child = await self._child(one, family.total - family.new - 1) if family.total > family.new else None
        outputs = [] if child is None else [decode(child["output"])]
        return result_of(family, outputs, None if child is None else child["child_id"])

    async def _child(self, one: Household, index: int) -> Row:
        (row,) = await self._connection.fetch(sql.CHILD, *one.key, index)
        return row
