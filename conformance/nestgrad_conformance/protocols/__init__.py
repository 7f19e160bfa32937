"""The laws of the backend spec, as functions of a backend, in modules by theme.

A law knows no engine. It takes a backend and returns nothing, or raises: an `AssertionError` where a result is not
what the spec says, or whatever the backend raised. What a law needs besides what its row in the table is about, it
asks for with `law.require`. The table, which says what each law measures, is in `suite/test_protocols.py`.
"""
