"""Reading documents: JSON in, a ``Workflow`` or a ``Rule`` out, or every problem at once.

``read_workflow`` and ``read_rule`` are for what people send; ``load_workflow``, ``load_rule`` and ``load_trigger`` are
for what is stored and was valid when it was saved.
"""

from holdfast.model.validate.definition import load_workflow, read_workflow
from holdfast.model.validate.job_templates import read_job
from holdfast.model.validate.rules import load_rule, read_rule
from holdfast.model.validate.triggers import load_trigger, timing_of

__all__ = ["load_rule", "load_trigger", "load_workflow", "read_job", "read_rule", "read_workflow", "timing_of"]
