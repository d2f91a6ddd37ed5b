"""Reading a workflow's definition: JSON in, a ``Workflow`` out, or every problem at once.

``read_workflow`` is for what people send; ``load_workflow`` is for what is stored and was valid when it
was saved.
"""

from holdfast.model.validate.definition import load_workflow, read_workflow

__all__ = ["load_workflow", "read_workflow"]
