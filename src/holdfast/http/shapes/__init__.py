"""Records as the JSON that the API promises: one small module per noun, typed dictionaries that also document it."""
