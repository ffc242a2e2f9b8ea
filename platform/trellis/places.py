"""Where the shipped folders are: inside the installed package, or in the checkout it runs from."""

from pathlib import Path

_PACKAGE = Path(__file__).parent
_SHIPPED = _PACKAGE / "shipped"
_CHECKOUT = _PACKAGE.parent.parent


def packs_folder() -> Path:
    """The folder with one folder per shipped pack."""
    return _shipped_or("metadata", _CHECKOUT / "metadata")


def templates_folder() -> Path:
    """The folder of the Jinja templates."""
    return _shipped_or("templates", _CHECKOUT / "frontend" / "templates")


def assets_folder() -> Path:
    """The folder of the built browser files, with `manifest.json` in it."""
    return _shipped_or("dist", _CHECKOUT / "frontend" / "dist")


def _shipped_or(name: str, checkout: Path) -> Path:
    shipped = _SHIPPED / name
    return shipped if shipped.is_dir() else checkout
