"""Writes the reference for pixels: what open_clip's and OFA's transforms (torchvision on Pillow) make of each picture.

    python pixels.py ../../gpu-backend/fixtures/pixels

Beside every picture `<name>` lies `<name>.224.webp` (lossless RGB), the transform's input to the normalisation, and beside some
`<name>.480.webp`, which is OFA's: RGB first, then squashed. Where the service differs from open_clip on purpose, the picture is first brought to what the service means (`intended`).
"""

import io
import sys
from pathlib import Path

import numpy as np
import PIL
import torchvision
from open_clip.transform import _convert_to_rgb
from PIL import Image, ImageOps
from pictures import pictures
from torchvision.transforms import CenterCrop, Compose, InterpolationMode, Resize

SIZE = 224
OFA_SIZE = 480
OFA_NAMES = ("large-odd-1201.jpg", "tall.jpg", "enlarged-100x80.png", "alpha.png", "palette-transparent.png")


def intended(picture: Image.Image) -> Image.Image:
    """
    Upright (open_clip ignores EXIF); palettes resolved (Pillow resizes palette and 1-bit pictures without any filter);
    16 bits scaled to 8 (Pillow clips them to white); CMYK converted before the resize. Alpha is dropped after it, as there.
    """
    upright = ImageOps.exif_transpose(picture)
    if upright.mode == "P":
        return upright.convert("RGBA" if "transparency" in upright.info else "RGB")
    if upright.mode.startswith("I"):
        return Image.fromarray((np.asarray(upright) // 256).astype(np.uint8))
    return upright.convert("RGB") if upright.mode in ("1", "CMYK") else upright


def lossless(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "WEBP", lossless=True, quality=100, method=6)
    return out.getvalue()


def write_ofa(folder: Path) -> None:
    resize = Resize((OFA_SIZE, OFA_SIZE), interpolation=InterpolationMode.BICUBIC)
    for name in OFA_NAMES:
        picture = intended(Image.open(folder / name)).convert("RGB")
        (folder / f"{name}.480.webp").write_bytes(lossless(resize(picture)))


def main(folder: Path) -> None:
    transform = Compose([Resize(SIZE, interpolation=InterpolationMode.BICUBIC), CenterCrop(SIZE), _convert_to_rgb])
    folder.mkdir(parents=True, exist_ok=True)
    total = 0
    for name, file in pictures():
        reference = lossless(transform(intended(Image.open(io.BytesIO(file)))))
        (folder / name).write_bytes(file)
        (folder / f"{name}.224.webp").write_bytes(reference)
        print(f"{name:28} {len(file):8} {len(reference):8}")
        total += len(file) + len(reference)
    write_ofa(folder)
    print(f"{total} bytes; Pillow {PIL.__version__}, torchvision {torchvision.__version__}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
