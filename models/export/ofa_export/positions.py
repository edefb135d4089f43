"""Where a token or a patch is: position ids, and buckets of the distance between two of them.

The constants are made on the CPU whatever the default device is: a model whose weights come later is built on `meta`.
"""

import math

import torch
from torch import Tensor


def patch_rows_and_columns(grid: int) -> tuple[Tensor, Tensor]:
    """i64[grid²] each, in the order of the patches."""
    places = torch.arange(grid, device="cpu")
    return places.repeat_interleave(grid), places.repeat(grid)


def patch_position_ids(rows: Tensor, columns: Tensor, buckets: int) -> Tensor:
    """i64[patches]: row · buckets + column + 1, since 0 is the place of a picture as a whole."""
    return rows * buckets + columns + 1


def patch_distances(rows: Tensor, columns: Tensor, buckets: int) -> Tensor:
    """i64[patches, patches]: the row of an image table for each pair. The table's last three rows are never used."""
    down = rows[:, None] - rows[None, :] + buckets - 1
    right = columns[:, None] - columns[None, :] + buckets - 1
    return down * (2 * buckets - 1) + right


def token_buckets(buckets: int, positions: int) -> Tensor:
    """i64[2·positions − 1]: the row of a text table for each distance, from 1 − positions to positions − 1.

    Near distances have a bucket each, far ones share buckets that widen logarithmically. In float32, as the
    reference does: another precision would put some distances into the next bucket.
    """
    middle = buckets // 2
    distance = torch.arange(1 - positions, positions, device="cpu")
    far = distance.abs().clamp(min=middle - 1)
    log = torch.ceil(torch.log(far / middle) / math.log((positions - 1) / middle) * (middle - 1)) + middle
    bucket = torch.where(far <= middle, distance, log.int() * torch.sign(distance))
    return bucket + buckets - 1


def token_distances(buckets: Tensor, length: int) -> Tensor:
    """@param buckets: of `token_buckets`. @returns i64[length, length]: the row of a text table for each pair"""
    places = torch.arange(length, device=buckets.device)
    return buckets[places[:, None] - places[None, :] + buckets.shape[0] // 2]
