"""The stores behind the ``Store`` port, one package each; what is truly the same for all of them stands beside them.

Stores import only ``ports`` and ``model``. They load values, ask the model, and write what it answered; a rule that
could be decided in ``model`` is never decided in SQL.
"""
