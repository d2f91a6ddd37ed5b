"""The input of a run: portable JSON, the schema's defaults filled in, the schema kept. One rule for all starts."""

from holdfast.model.errors import Invalid, Problem
from holdfast.model.graph import Graph
from holdfast.model.json import JSON, pointer, problems_of
from holdfast.model.node_spec import SchemaPort


class Inputs:
    """Checks inputs against the schemas of their workflows."""

    def __init__(self, schemas: SchemaPort) -> None:
        self._schemas = schemas

    def checked(self, graph: Graph, given: JSON) -> JSON:
        """The input as the run gets it. Raises ``Invalid`` with every problem."""
        problems = [Problem(pointer(path), message) for path, message in problems_of(given, ("input",))]
        filled = graph.with_defaults(given)
        schema = graph.workflow.input_schema
        if schema is not None and not problems:
            breaches = self._schemas.check(schema, filled)
            problems = [Problem(pointer(("input", *path)), message) for path, message in breaches]
        if problems:
            raise Invalid(problems, "The run's input is not valid")
        return filled
