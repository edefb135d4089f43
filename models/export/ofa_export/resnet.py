"""The ResNet that turns a picture into patches: stages 1 to 3 of a bottleneck ResNet, at a sixteenth of its side."""

from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from .config import Config

EXPANSION = 4


class Bottleneck(nn.Module):
    """1 × 1, 3 × 3, 1 × 1 with a shortcut. The 3 × 3 holds the stride (ResNet 1.5)."""

    def __init__(self, inputs: int, planes: int, stride: int, eps: float) -> None:
        super().__init__()
        outputs = planes * EXPANSION
        self.conv1 = nn.Conv2d(inputs, planes, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes, eps)
        self.conv2 = nn.Conv2d(planes, planes, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes, eps)
        self.conv3 = nn.Conv2d(planes, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs, eps)
        self.relu = nn.ReLU()
        self.downsample = None
        if stride != 1 or inputs != outputs:
            shortcut = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
            self.downsample = nn.Sequential(shortcut, nn.BatchNorm2d(outputs, eps))

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x if self.downsample is None else self.downsample(x)
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.relu(self.bn2(self.conv2(x)))
        return self.relu(self.bn3(self.conv3(x)) + shortcut)

    def fold(self) -> None:
        for i in "123":
            fold_norm(self, f"conv{i}", f"bn{i}")
        if self.downsample is not None:
            fold_norm(self.downsample, "0", "1")


class ResNet(nn.Module):
    """f32[batch, 3, side, side] → f32[batch, 16·stem, side/16, side/16]."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        stem, eps = config.stem, config.norm_eps
        self.conv1 = nn.Conv2d(3, stem, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(stem, eps)
        self.relu = nn.ReLU()
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        inputs = stem
        for stage, (blocks, stride) in enumerate(zip(config.blocks, (1, 2, 2), strict=True), start=1):
            planes = stem * 2 ** (stage - 1)
            first = Bottleneck(inputs, planes, stride, eps)
            inputs = planes * EXPANSION
            rest = [Bottleneck(inputs, planes, 1, eps) for _ in range(blocks - 1)]
            setattr(self, f"layer{stage}", nn.Sequential(first, *rest))

    def forward(self, pictures: Tensor) -> Tensor:
        x = self.maxpool(self.relu(self.bn1(self.conv1(pictures))))
        return self.layer3(self.layer2(self.layer1(x)))

    def fold(self) -> None:
        """Batch normalisation becomes part of the convolution before it, in place. For inference only."""
        fold_norm(self, "conv1", "bn1")
        for module in self.modules():
            if isinstance(module, Bottleneck):
                module.fold()


def fold_norm(parent: nn.Module, convolution: str, norm: str) -> None:
    fused = fuse_conv_bn_eval(parent.get_submodule(convolution).eval(), parent.get_submodule(norm).eval())
    setattr(parent, convolution, fused)
    setattr(parent, norm, nn.Identity())
