"""In which order a picture's tiles are asked for: dear and cheap ones by turns, and neither at the end.

What is zoomed at, the middle, costs most. Dear tiles keep the processors busy and cheap ones the controller, which draws them
all: by turns they do so at the same time. What lies between is left for the end, where all boards should be done together.
"""


def by_turns(height: int, rows: int) -> list[int]:
    """The first row of each tile of `rows` rows, in a picture of `height` rows: the middle, an edge, next to the middle..."""
    near = sorted(range(0, height, rows), key=lambda y: (abs(2 * y + rows - height), y))
    far = near[len(near) // 2 :]
    far.reverse()
    order = []
    for place, y in enumerate(near[: len(near) - len(far)]):
        order += [y, far[place]]
    return order + far[len(near) - len(far) :]
