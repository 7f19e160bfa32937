"""A report rendered: a format may be a plug-in's, and may fail."""

from __future__ import annotations

from nestgrad.internal import in_a_line
from nestgrad_conformance.render.formats import Format
from nestgrad_conformance.report.schema import Report

from .errors import Failed


def rendered(name: str, render: Format, report: Report) -> str:
    """The report in a format.

    Raises:
        Failed: the format raises an error, or gives no text.
    """
    try:
        text = render(report)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise Failed(f"Format {name!r} failed: {in_a_line(error)}") from error
    if not isinstance(text, str):
        raise Failed(f"Format {name!r} failed: it gives {type(text).__name__}, no text.")
    return text
