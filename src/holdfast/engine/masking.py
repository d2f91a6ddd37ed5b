"""An attempt's outcome without the secrets that the attempt has read: every text and every JSON value of it.

A large result is looked through in a thread, so that megabytes of escapes don't hold up the others' attempts.
"""

import asyncio
from dataclasses import replace
from typing import cast

from holdfast.masks import Masks
from holdfast.model.json import JSON, JSONObject
from holdfast.model.outcome import Cancelled, Emit, ErrorInfo, Failed, Outcome, Succeeded, Suspended
from holdfast.model.spawn import Spawn
from holdfast.model.wait import Wait

_LARGE = 256 * 1024


async def without_secrets(outcome: Outcome, masks: Masks) -> Outcome:
    """The outcome as it may be kept."""
    if masks and isinstance(outcome, Succeeded) and _size(outcome.result) > _LARGE:
        return await asyncio.to_thread(masked_outcome, outcome, masks)
    return masked_outcome(outcome, masks)


def masked_outcome(outcome: Outcome, masks: Masks) -> Outcome:
    """The outcome as it may be kept."""
    if not masks:
        return outcome
    match outcome:
        case Succeeded(result=result, emits=emits):
            return replace(outcome, result=masks.json(result), emits=tuple(_emit(emit, masks) for emit in emits))
        case Failed(error=error):
            return replace(outcome, error=_error(error, masks))
        case Cancelled(error=error) if error is not None:
            return replace(outcome, error=_error(error, masks))
        case Suspended(wait=wait, spawn=spawn):
            return replace(
                outcome,
                wait=None if wait is None else _wait(wait, masks),
                spawn=None if spawn is None else _spawn(spawn, masks),
            )
        case _:
            return outcome


def _size(value: JSON) -> int:
    """About how many characters it has, as far as it matters."""
    size, stack = 0, [value]
    while stack and size <= _LARGE:
        part = stack.pop()
        size += len(part) + 1 if isinstance(part, str | list | dict) else 1
        if isinstance(part, dict):
            stack.extend(part.values())
        elif isinstance(part, list):
            stack.extend(part)
    return size


def _error(error: ErrorInfo, masks: Masks) -> ErrorInfo:
    return ErrorInfo(
        masks.text(error.type),
        masks.text(error.message),
        _object(error.details, masks),
        None if error.traceback is None else masks.text(error.traceback),
    )


def _emit(emit: Emit, masks: Masks) -> Emit:
    subject = None if emit.subject is None else masks.text(emit.subject)
    return Emit(masks.text(emit.type), _object(emit.data, masks), subject)


def _wait(wait: Wait, masks: Masks) -> Wait:
    return replace(
        wait,
        name=masks.text(wait.name),
        event_type=None if wait.event_type is None else masks.text(wait.event_type),
        condition=None if wait.condition is None else masks.text(wait.condition),
        approvers=tuple(masks.text(approver) for approver in wait.approvers),
        details=_object(wait.details, masks),
    )


def _spawn(spawn: Spawn, masks: Masks) -> Spawn:
    return replace(spawn, items=tuple(masks.json(item) for item in spawn.items), closure=_object(spawn.closure, masks))


def _object(value: JSONObject, masks: Masks) -> JSONObject:
    return cast(JSONObject, masks.json(value))
