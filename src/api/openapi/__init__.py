"""The OpenAPI document, written from what the endpoints declare and the types they decode.

Our own generator and not Litestar's: that one describes errors as `{status_code, detail, extra}` and knows
neither exact decimals nor the headers of the conventions.
"""
