"""Every example, run as a newcomer runs it on four virtual boards, passes its check against plain Python."""

import random
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageFilter

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"
SPEC = "virtual:4xpico"
TIMEOUT_S = 120


def run(script: str, *args: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, f"examples/{script}", *map(str, args), "--on", SPEC]
    return subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", timeout=TIMEOUT_S)


def output_of(script: str, *args: object) -> str:
    done = run(script, *args)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "checked:" in done.stdout
    assert "speed-up" in done.stdout
    return done.stdout


def test_every_example_is_tested() -> None:
    tests = Path(__file__).read_text(encoding="utf-8")
    for script in EXAMPLES.glob("*.py"):
        assert f'output_of("{script.name}"' in tests


def test_mandelbrot(tmp_path: Path) -> None:
    picture = tmp_path / "set.png"
    output = output_of("mandelbrot.py", "--width", 64, "--height", 48, "--output", picture)
    assert "all 3072 points" in output
    with Image.open(picture) as image:
        assert image.size == (64, 48)
        assert image.getpixel((45, 24)) == 0  # c = -0.04: never escapes
        assert image.getpixel((0, 0)) == 255 - 255 // 100  # c = -2.5-1.25j: escapes at once


def test_word_count_of_the_text_that_comes_with_it() -> None:
    output = output_of("word_count.py", EXAMPLES / "data" / "shoal.txt", "--top", 3)
    words = [line.split() for line in output.splitlines()[:3]]
    assert [word for _, word in words] == ["the", "a", "and"]


def test_word_count_of_a_long_text_in_two_alphabets(tmp_path: Path) -> None:
    seed = 20
    chance = random.Random(seed)
    expected = dict.fromkeys(["net", "Fisch", "рыба", "poisson-chat", "don't"], 0)
    text = tmp_path / "text.txt"
    gaps = [" ", ", ", ".\n", "\r\n"]
    with text.open("w", encoding="utf-8", newline="") as file:
        for _ in range(5000):
            word = chance.choice(list(expected))
            expected[word] += 1
            file.write(word + chance.choice(gaps))
    output = output_of("word_count.py", text)
    for word, count in expected.items():
        assert f"{count} {word.lower()}\n" in output, f"seed {seed}"
    assert "5000 words, 5 different ones" in output


def test_monte_carlo_pi() -> None:
    output = output_of("monte_carlo_pi.py", "--points", 54_321)
    inside = int(output.split()[0])
    assert 4 * inside / 54_321 == pytest.approx(3.1416, abs=0.03)


def test_primes() -> None:
    assert "9592 primes below 100000; the largest is 99991" in output_of("primes.py", 100_000)


def test_edges(tmp_path: Path) -> None:
    # A photo-like picture: smooth shading, a bright disc with a sharp rim, and the grain of a JPEG.
    photo = Image.radial_gradient("L").resize((150, 121))
    photo.paste(230, (40, 30, 90, 100))
    photo = photo.convert("RGB")
    source, result = tmp_path / "photo.jpg", tmp_path / "edges.png"
    photo.save(source, quality=80)
    output_of("edges.py", source, result)
    with Image.open(result) as found, Image.open(source) as stored:
        inner = (1, 1, 149, 120)
        assert found.size == (150, 121)
        assert found.crop(inner).tobytes() == sobel(stored.convert("L")).crop(inner).tobytes()


def sobel(grey: Image.Image) -> Image.Image:
    """The same operator by Pillow's own filters, which cut off at 0 and 255: hence one for each sign."""
    total = Image.new("L", grey.size)
    across = [-1, 0, 1, -2, 0, 2, -1, 0, 1]
    down = [-1, -2, -1, 0, 0, 0, 1, 2, 1]
    for kernel in (across, down):
        for sign in (1, -1):
            part = grey.filter(ImageFilter.Kernel((3, 3), [sign * weight for weight in kernel], scale=1))
            total = ImageChops.add(total, part)
    return total


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        (["word_count.py", "no-such-file.txt"], "there is no file no-such-file.txt"),
        (["edges.py", "no-such-photo.jpg", "out.png"], "cannot read the photo"),
        (["primes.py", "2"], "N must be at least 3"),
        (["monte_carlo_pi.py", "--points", "0"], "--points must be at least 1"),
        (["mandelbrot.py", "--width", "0"], "--width and --height must be at least 1"),
    ],
)
def test_wrong_use_is_explained(args: list[str], reason: str) -> None:
    done = run(*args)
    assert done.returncode == 2
    assert reason in done.stderr
