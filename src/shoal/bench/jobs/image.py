"""Edges in a grey picture (Sobel's filter), a row a call: 960 bytes out, with the row's neighbours, and 320 bytes back.

Try it: `shoal run --on 'virtual:4xpico?pace=real' image.py`.
"""

from collections.abc import Sequence

from shoal import Cluster

WIDTH = 320
CALLS = 160


def edges(strip: bytes, width: int) -> bytes:
    """Edge strength of the middle row of three, 0 to 255 a pixel; the outermost pixels have none."""
    strength = bytearray(width)
    for x in range(1, width - 1):
        m = x + width
        b = m + width
        across = strip[x + 1] + 2 * strip[m + 1] + strip[b + 1] - strip[x - 1] - 2 * strip[m - 1] - strip[b - 1]
        down = strip[b - 1] + 2 * strip[b] + strip[b + 1] - strip[x - 1] - 2 * strip[x] - strip[x + 1]
        strength[x] = min(255, abs(across) + abs(down))
    return bytes(strength)


def arguments(calls: int = CALLS) -> tuple[Sequence[bytes], Sequence[int]]:
    """What `map` takes after the function, for a picture of so many rows and two: rings around two points."""
    picture = [
        bytes(((x - 90) ** 2 + (y - 60) ** 2) // 64 & 255 ^ ((x - 250) ** 2 + (y - 130) ** 2) // 96 & 255 for x in range(WIDTH))
        for y in range(calls + 2)
    ]
    return [b"".join(picture[top : top + 3]) for top in range(calls)], [WIDTH] * calls


def main() -> None:
    """Run the job on the cluster that was chosen and say what came out."""
    with Cluster() as cluster:
        rows = list(cluster.map(edges, *arguments()))
    print(f"{CALLS} rows; the mean edge is {sum(map(sum, rows)) / (CALLS * WIDTH):.2f}")


if __name__ == "__main__":
    main()
