"""Synthetic pictures with a photograph's statistics, written as the kinds of file that decoders treat differently."""

import io
from collections.abc import Iterator

import numpy as np
from PIL import Image


def photograph(width: int, height: int, seed: int, fall: float = 1.9) -> Image.Image:
    """
    Noise whose amplitude falls with a power of the frequency, under blocks with hard edges. A power of 1.1 is that of
    detailed photographs; the default, a soft picture's, keeps the fixtures small.
    """
    chance = np.random.default_rng(seed)
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :])
    frequency[0, 0] = 1
    amplitude = frequency**-fall
    amplitude[0, 0] = 0
    grey = _noise(chance, amplitude, (height, width))
    channels = [grey + 0.3 * _noise(chance, amplitude, (height, width)) for _ in range(3)]
    picture = np.stack(channels, axis=-1) * 48 + 124
    for _ in range(6):
        top, left = chance.integers(0, height), chance.integers(0, width)
        area = picture[top : top + height // 4 + 1, left : left + width // 5 + 1]
        area[:] = area * 0.4 + chance.uniform(0, 255, 3) * 0.6
    return Image.fromarray(np.clip(picture, 0, 255).round().astype(np.uint8))


def _noise(chance: np.random.Generator, amplitude: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    noise = np.fft.irfft2(np.fft.rfft2(chance.standard_normal(shape)) * amplitude, shape)
    return noise / max(noise.std(), 1e-9)


def drawing(width: int, height: int) -> Image.Image:
    """Flat areas and thin lines in few colours: compresses well at any size, and aliases where a filter is sloppy."""
    y, x = np.mgrid[0:height, 0:width]
    rings = (np.hypot(x - width * 0.5, y - height * 0.45) // (height * 0.16) % 3).astype(np.uint8)
    stripes = ((x + 2 * y) // (height * 0.1) % 7 == 0) * np.uint8(3)
    fine = ((x // 6 % 2 == 0) & (y > height * 0.8)) * np.uint8(4)
    picture = Image.fromarray(np.maximum(np.maximum(rings, stripes), fine))
    picture.putpalette([240, 238, 230, 200, 60, 40, 30, 90, 160, 250, 200, 40, 20, 20, 30])
    return picture


def cloud(width: int, height: int, seed: int) -> np.ndarray:
    """Smooth values from 0 to 1, as a mask."""
    grey = np.asarray(photograph(width, height, seed).convert("L").resize((9, 9)).resize((width, height)), dtype=float)
    return (grey - grey.min()) / (grey.max() - grey.min())


def _file(picture: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def pictures() -> Iterator[tuple[str, bytes]]:
    """(file name, bytes) of each; a name says what is peculiar about it."""
    yield "odd-sizes-444.jpg", _file(photograph(333, 251, 1), "JPEG", quality=85, subsampling=0)
    yield "chroma-420.jpg", _file(photograph(400, 300, 2, fall=1.2), "JPEG", quality=80, subsampling=2)
    yield "chroma-422-odd.jpg", _file(photograph(301, 417, 3), "JPEG", quality=80, subsampling=1)
    yield "progressive.jpg", _file(photograph(400, 300, 4, fall=1.6), "JPEG", quality=80, progressive=True)
    yield "low-quality.jpg", _file(photograph(640, 400, 5), "JPEG", quality=25)
    yield "grey.jpg", _file(photograph(360, 270, 6).convert("L"), "JPEG", quality=80)
    yield "cmyk.jpg", _file(photograph(260, 240, 7, fall=2.5).convert("CMYK"), "JPEG", quality=80)
    yield "large-1800.jpg", _file(photograph(1800, 1200, 8, fall=1.6), "JPEG", quality=30)
    yield "large-odd-1201.jpg", _file(photograph(1201, 903, 22), "JPEG", quality=25)
    yield "wide.jpg", _file(photograph(1400, 60, 9), "JPEG", quality=80)
    yield "tall.jpg", _file(photograph(50, 900, 10), "JPEG", quality=80)
    yield "1x1.png", _file(Image.new("RGB", (1, 1), (200, 30, 90)), "PNG")
    yield "5x3.png", _file(photograph(5, 3, 11), "PNG")
    yield "exact-224.png", _file(photograph(224, 224, 12).quantize(24).convert("RGB"), "PNG", optimize=True)
    yield "enlarged-100x80.png", _file(photograph(100, 80, 13), "PNG", optimize=True)
    yield "huge-6000x4000.png", _file(drawing(6000, 4000), "PNG", optimize=True)
    yield "palette.png", _file(photograph(280, 240, 14).quantize(24), "PNG", optimize=True)
    faded = photograph(260, 230, 15).quantize(32)
    yield "palette-transparent.png", _file(faded, "PNG", optimize=True, transparency=bytes(range(0, 256, 8)))
    yield "alpha.png", _file(_with_alpha(photograph(240, 230, 16).quantize(24).convert("RGB")), "PNG", optimize=True)
    deep = np.asarray(photograph(230, 250, 17).convert("L"), dtype=np.uint16) * 257
    yield "grey-16-bit.png", _file(Image.fromarray(deep), "PNG", optimize=True)
    yield "one-bit.png", _file(Image.fromarray(cloud(500, 400, 21) > 0.5), "PNG", optimize=True)
    yield "lossy.webp", _file(photograph(400, 320, 18), "WEBP", quality=75)
    yield "alpha-fading.webp", _file(_with_alpha(photograph(300, 260, 19), edge=3), "WEBP", quality=70)
    sign = photograph(230, 170, 20, fall=2.5).convert("L")
    for orientation in range(2, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        yield f"orientation-{orientation}.jpg", _file(sign, "JPEG", quality=60, exif=exif)


def _with_alpha(picture: Image.Image, edge: float = 40) -> Image.Image:
    """Cut out along a cloud's outline: about 4 pixels of transition at the default, and a long fading at 3."""
    alpha = np.clip((cloud(*picture.size, seed=99) - 0.45) * edge + 0.5, 0, 1)
    picture.putalpha(Image.fromarray((alpha * 255).astype(np.uint8)))
    return picture
