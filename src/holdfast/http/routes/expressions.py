"""The expression language for whoever writes it: its functions, and an expression tried on a run's data."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from holdfast.engine.expression_trials import Wanted
from holdfast.http.answers import json_answer
from holdfast.http.auth import CallerDep, Role, needs
from holdfast.http.body import JsonBody, Sent
from holdfast.http.openapi import answers, takes
from holdfast.http.routes.workflows import named
from holdfast.http.schemas.expressions import EvaluateIn
from holdfast.http.services import ServicesDep
from holdfast.http.shapes.expressions import (
    EvaluatedShape,
    NotEvaluatedShape,
    VocabularyShape,
    evaluated_shape,
    function_shape,
    not_evaluated_shape,
)
from holdfast.model.expression import ExpressionError
from holdfast.model.expression.vocabulary import VOCABULARY

router = APIRouter(tags=["expressions"])
EXPRESSIONS = "/api/v1/expressions"


@router.get(EXPRESSIONS + "/vocabulary", responses=answers(VocabularyShape, 200))
@needs(Role.VIEWER)
async def list_functions() -> Response:
    """Every function and macro, with how it is called."""
    return json_answer({"functions": [function_shape(word) for word in VOCABULARY]})


@router.post(
    EXPRESSIONS + "/evaluate",
    responses=answers(EvaluatedShape | NotEvaluatedShape, 200),
    openapi_extra=takes(EvaluateIn),
)
@needs(Role.VIEWER, scope="expressions:read")
async def evaluate(
    services: ServicesDep, caller: CallerDep, sent: Annotated[Sent[EvaluateIn], Depends(JsonBody(EvaluateIn))]
) -> Response:
    """The value of an expression or a template, or its error with its place. 404 for an unknown run or workflow.

    Secrets and addresses of callbacks aren't filled in: they stand in the value as they are written.
    """
    asked = sent.model
    workflow = None if asked.workflow is None else named(asked.workflow)
    given = {} if asked.scope is None else asked.scope.given()
    wanted = Wanted(asked.source, asked.form, workflow, asked.run, given)
    try:
        return json_answer(evaluated_shape(await services.expressions.evaluate(caller.tenant, wanted)))
    except ExpressionError as error:
        return json_answer(not_evaluated_shape(error))
