"""HTTP and nothing else: requests become commands, rows become answers, refusals become problems.

How a request travels: `edge` (ids, transport, one log line) → Litestar's router → `admission` (credential, scope,
query, body; all violations at once) → the handler in `resources` → `answers` → back through the edge. What a
handler raises becomes a problem in `errors`. `openapi` writes the document from the same declarations.
"""
