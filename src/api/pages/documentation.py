"""The documentation pages: Swagger UI and ReDoc, their scripts served by us and not by somebody's CDN."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from litestar import Controller, MediaType, Response, get
from litestar.params import FromPath

from api.operation import operation
from api.pages.rendering import page, plain_page, template
from api.problems import Problem
from api.request import ApiRequest

_PUBLIC: Final = operation(public=True)
_PACKAGE: Final = "drf_spectacular_sidecar"
ASSETS: Final = {
    "swagger-ui.css": ("swagger-ui-dist/swagger-ui.css", "text/css"),
    "swagger-ui-bundle.js": ("swagger-ui-dist/swagger-ui-bundle.js", "text/javascript"),
    "favicon-32x32.png": ("swagger-ui-dist/favicon-32x32.png", "image/png"),
    "redoc.standalone.js": ("redoc/bundles/redoc.standalone.js", "text/javascript"),
}


@cache
def assets_folder() -> Path:
    """Return where the bundled scripts are; importing their package would want Django."""
    found = find_spec(_PACKAGE)
    if found is None or found.origin is None:
        raise FileNotFoundError(f"The package {_PACKAGE} is not installed.")
    return Path(found.origin).parent / "static" / _PACKAGE


@cache
def _asset(name: str) -> tuple[bytes, str, str]:
    place, media_type = ASSETS[name]
    path = assets_folder() / place
    changed = path.stat()
    return path.read_bytes(), media_type, f'"{changed.st_mtime_ns:x}-{changed.st_size:x}"'


class Documentation(Controller):
    """Pages for people."""

    include_in_schema = False
    opt = _PUBLIC

    @get("/docs", sync_to_thread=False)
    def docs(self) -> Response[str]:
        """Show the document in Swagger UI."""
        return page(template("docs.html"))

    @get("/redoc", sync_to_thread=False)
    def redoc(self) -> Response[str]:
        """Show the document in ReDoc."""
        return page(template("redoc.html"))

    @get("/docs/authentication", sync_to_thread=False)
    def authentication(self) -> Response[str]:
        """Explain credentials; where a 401 leads."""
        return plain_page("Authentication", template("authentication.html"))

    @get("/docs/assets/{name:str}", sync_to_thread=False)
    def asset(self, request: ApiRequest, name: FromPath[str]) -> Response[bytes]:
        """Serve one of the bundled files."""
        if name not in ASSETS:
            raise Problem("not_found", f"There is no asset {name!r}.")
        content, media_type, tag = _asset(name)
        headers = {"Cache-Control": "public, max-age=86400", "ETag": tag}
        return Response(content, media_type=media_type, headers=headers)

    @get("/", sync_to_thread=False)
    def root(self) -> Response[None]:
        """Lead a browser to the documentation."""
        return Response(None, status_code=307, headers={"Location": "/docs"}, media_type=MediaType.TEXT)
