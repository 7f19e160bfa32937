"""What TensorFlow takes for a constant: arguments, operations and rules that have no derivative."""

from __future__ import annotations

from nestgrad_tensorflow._arguments import any_varies, any_varies_inside, varies, varies_inside
from nestgrad_tensorflow._sight import Sight

_ARGUMENTS = (("zeta", "Zeta", (0,)), ("polygamma", "Polygamma", (0,)), ("betainc", "Betainc", (0, 1)))
_DECLARED = (
    ("image.hsv_to_rgb", ("HSVToRGB",)),
    ("range", ("Range",)),
    ("linspace", ("LinSpace",)),
    ("sparse.concat", ("SparseConcat",)),
    ("ragged.range", ("RaggedRange",)),
    ("image.extract_glimpse", ("ExtractGlimpse",)),
    ("image.draw_bounding_boxes", ("DrawBoundingBoxes", "DrawBoundingBoxesV2")),
)
_RULES = (("image.resize", ("ResizeBilinear",)), ("sparse.add", ("SparseAdd",)))

SIGHTS = {
    "missing_arguments": tuple(
        Sight((op,), name, when=varies(*places), when_inside=varies_inside(*places)) for name, op, places in _ARGUMENTS
    ),
    "declared_constants": tuple(
        Sight(ops, name, when=any_varies, when_inside=any_varies_inside) for name, ops in _DECLARED
    ),
    "rules_without_derivative": tuple(
        Sight(ops, name, when=any_varies, when_inside=any_varies_inside) for name, ops in _RULES
    ),
    "lost_gradient": (Sight(),),  # in `_guard.unconnected`
}
