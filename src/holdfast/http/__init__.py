"""The HTTP surface: the API under ``/api/v1``, webhooks, health, metrics, the API's own documentation and the console.

``app.create_app`` builds it over an engine; ``server.run`` serves it. Nothing here decides: routes read the request,
call the engine or the store, and give the answer its shape.
"""
