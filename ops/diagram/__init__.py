"""The architecture of a stack as a picture, drawn from the resources that its program yields: SVG and Mermaid."""

from ops import offline


def svg(stack: offline.Stack) -> str:
    """A stack's picture as an `<svg>` element that needs nothing else and follows dark and light."""
    from ops.diagram.drawing import draw
    from ops.diagram.layout import layout
    from ops.diagram.survey import architecture

    return draw(layout(architecture(stack)))


def mermaid(stack: offline.Stack) -> str:
    """A stack's picture as the text of a Mermaid flowchart."""
    from ops.diagram.flowchart import flowchart
    from ops.diagram.survey import architecture

    return flowchart(architecture(stack))
