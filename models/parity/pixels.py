"""Writes the reference for pixels: what open_clip's evaluation transform (torchvision on Pillow) makes of each picture.

    python pixels.py ../../gpu-backend/fixtures/pixels

Beside every picture `<name>` lies `<name>.224.webp` (lossless RGB), the transform's input to the normalisation. Where the
service differs from open_clip on purpose, the picture is first brought to what the service means (`intended`).
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


def main(folder: Path) -> None:
    transform = Compose([Resize(SIZE, interpolation=InterpolationMode.BICUBIC), CenterCrop(SIZE), _convert_to_rgb])
    folder.mkdir(parents=True, exist_ok=True)
    total = 0
    for name, file in pictures():
        reference = io.BytesIO()
        transform(intended(Image.open(io.BytesIO(file)))).save(reference, "WEBP", lossless=True, quality=100, method=6)
        (folder / name).write_bytes(file)
        (folder / f"{name}.224.webp").write_bytes(reference.getvalue())
        print(f"{name:28} {len(file):8} {len(reference.getvalue()):8}")
        total += len(file) + len(reference.getvalue())
    print(f"{total} bytes; Pillow {PIL.__version__}, torchvision {torchvision.__version__}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
