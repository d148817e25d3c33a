"""What each norm is timed against where torch has no counterpart: its formula, written plainly.

As one would write it at first: statistics by ``mean`` and ``var``, then the formula term by term.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

EPS = 1e-5
PLACEMENTS = ("pre", "post", "sandwich")


def standard(x: Tensor, axes: tuple[int, ...], eps: float = EPS) -> Tensor:
    mean = x.mean(axes, keepdim=True)
    variance = x.var(axes, correction=0, keepdim=True)
    return (x - mean) / torch.sqrt(variance + eps)


def maps(p: Tensor) -> Tensor:
    return p.reshape(-1, p.shape[-1], 1, 1)


def scaled(m: Any, y: Tensor) -> Tensor:
    return y * maps(m.weight) + maps(m.bias)


def grouped(x: Tensor, groups: int, axes: tuple[int, ...]) -> Tensor:
    n, c, h, w = x.shape
    return standard(x.reshape(n, groups, c // groups, h, w), axes).reshape(x.shape)


def mean_std(x: Tensor) -> tuple[Tensor, Tensor]:
    """As the published AdaIN code bases do: two passes over a flattened view."""
    n, c = x.shape[:2]
    flat = x.reshape(n, c, -1)
    std = (flat.var(dim=2) + EPS).sqrt().reshape(n, c, 1, 1)
    return flat.mean(dim=2).reshape(n, c, 1, 1), std


def adain(m: Any, x: Tensor, style: Tensor) -> Tensor:
    style_mean, style_std = mean_std(style)
    mean, std = mean_std(x)
    normalized = (x - mean.expand_as(x)) / std.expand_as(x)
    return normalized * style_std.expand_as(x) + style_mean.expand_as(x)


def conditional_instance(m: Any, x: Tensor, style: Tensor) -> Tensor:
    return standard(x, (2, 3)) * maps(style @ m.weight) + maps(style @ m.bias)


def layer_instance(m: Any, x: Tensor) -> Tensor:
    rho = maps(m.share)
    return scaled(m, rho * standard(x, (2, 3)) + (1 - rho) * standard(x, (1, 2, 3)))


def adalin(m: Any, x: Tensor, c: Tensor) -> Tensor:
    g, b = m.modulation(c).chunk(2, -1)
    rho = maps(m.share)
    y = rho * standard(x, (2, 3)) + (1 - rho) * standard(x, (1, 2, 3))
    return y * (1 + maps(g)) + maps(b)


def batch(m: Any, x: Tensor) -> Tensor:
    return scaled(m, standard(x, (0, 2, 3)))


def ghost_batch(m: Any, x: Tensor) -> Tensor:
    return torch.cat([scaled(m, standard(part, (0, 2, 3))) for part in x.split(m.size)])


def batch_renorm(m: Any, x: Tensor) -> Tensor:
    with torch.no_grad():
        sd = torch.sqrt(x.var((0, 2, 3), correction=0) + EPS)
        run = torch.sqrt(m.running_var + EPS)
        r = (sd / run).clamp(1 / m.r_max, m.r_max)
        d = ((x.mean((0, 2, 3)) - m.running_mean) / run).clamp(-m.d_max, m.d_max)
    return scaled(m, standard(x, (0, 2, 3)) * maps(r) + maps(d))


def batch_group(m: Any, x: Tensor) -> Tensor:
    return scaled(m, grouped(x, m.groups, (0, 2, 3, 4)))


def switchable(m: Any, x: Tensor) -> Tensor:
    axes = ((2, 3), (1, 2, 3), (0, 2, 3))
    means = [x.mean(a, keepdim=True) for a in axes]
    variances = [x.var(a, correction=0, keepdim=True) for a in axes]
    w, v = m.mean_logits.softmax(0), m.variance_logits.softmax(0)
    mean = sum(s * p for s, p in zip(w, means, strict=True))
    variance = sum(s * p for s, p in zip(v, variances, strict=True))
    return scaled(m, (x - mean) / torch.sqrt(variance + EPS))


def spade(m: Any, x: Tensor, labels: Tensor) -> Tensor:
    hidden = F.relu(m.shared(F.interpolate(labels, size=x.shape[2:])))
    return standard(x, (0, 2, 3)) * (1 + m.scale(hidden)) + m.shift(hidden)


def divisive(m: Any, x: Tensor) -> Tensor:
    c, size = x.shape[1], m.size
    line = torch.exp(-0.5 * ((torch.arange(size) - size // 2) / (size / 4)) ** 2)
    kernel = (line[:, None] * line).expand(c, 1, size, size)
    mass = F.conv2d(torch.ones_like(x[:1]), kernel, padding=size // 2, groups=c)
    energy = F.conv2d(x * x, kernel, padding=size // 2, groups=c) / mass
    return x / (m.k + m.alpha * energy) ** m.beta


def blurred(x: Tensor, size: int, gaussian: bool) -> Tensor:
    """Mean over a window, separably: one axis, then the other."""
    c = x.shape[1]
    line = torch.ones(size)
    if gaussian:
        line = torch.exp(-0.5 * ((torch.arange(size) - size // 2) / (size / 4)) ** 2)
    down, along = (line.reshape(shape) for shape in ((1, 1, size, 1), (1, 1, 1, size)))

    def both(y: Tensor) -> Tensor:
        k = y.shape[1]
        y = F.conv2d(y, down.expand(k, -1, -1, -1), padding=(size // 2, 0), groups=k)
        return F.conv2d(y, along.expand(k, -1, -1, -1), padding=(0, size // 2), groups=k)

    return both(x) / both(torch.ones_like(x[:1, :1]).expand(1, c, -1, -1))


def local_contrast(m: Any, x: Tensor) -> Tensor:
    v = x - blurred(x, m.size, False)
    padded = F.pad(v * v, (0, 0, 0, 0, 2, 2))
    energy = sum(padded[:, i : i + x.shape[1]] for i in range(5))
    return x / (m.k + m.alpha * energy) ** m.beta


def subtractive_divisive(m: Any, x: Tensor) -> Tensor:
    v = x - blurred(x.mean(1, keepdim=True), m.size, True)
    sd = torch.sqrt(blurred((v * v).mean(1, keepdim=True), m.size, True))
    return v / torch.maximum(sd, sd.mean((2, 3), keepdim=True))


def film(m: Any, x: Tensor, c: Tensor) -> Tensor:
    scale, shift = m.modulation(c).chunk(2, -1)
    return x * (1 + maps(scale)) + maps(shift)


def adaptive_group(m: Any, x: Tensor, c: Tensor) -> Tensor:
    return film(m, grouped(x, m.groups, (2, 3, 4)), c)


def covariance(rows: Tensor) -> tuple[Tensor, Tensor]:
    mean = rows.mean(-1, keepdim=True)
    return mean, (rows - mean) @ (rows - mean).mT / rows.shape[-1]


def root(matrix: Tensor, exponent: float) -> Tensor:
    u, values, _ = torch.linalg.svd(matrix + EPS * torch.eye(matrix.shape[-1]))
    return u @ torch.diag_embed(values**exponent) @ u.mT


def whitening(m: Any, x: Tensor) -> Tensor:
    mean, matrix = covariance(x.flatten(2))
    return (root(matrix, -0.5) @ (x.flatten(2) - mean)).view_as(x)


def whitening_coloring(m: Any, x: Tensor, style: Tensor) -> Tensor:
    mean, matrix = covariance(style.flatten(2))
    return (root(matrix, 0.5) @ whitening(m, x).flatten(2) + mean).view_as(x)


def exact_matching(m: Any, x: Tensor, style: Tensor) -> Tensor:
    rows = x.flatten(2)
    _, order = rows.sort(2)
    values, _ = style.flatten(2).sort(2)
    matched = values.gather(2, order.argsort(2))
    return (rows + (matched - rows).detach()).view_as(x)


def decorrelated_batch(m: Any, x: Tensor) -> Tensor:
    rows = x.transpose(0, 1).flatten(1)
    mean, matrix = covariance(rows)
    matrix = matrix + EPS * torch.eye(len(rows))
    trace = matrix.trace()
    power = torch.eye(len(rows))
    for _ in range(m.steps):
        power = 0.5 * (3 * power - torch.matrix_power(power, 3) @ (matrix / trace))
    white = power / trace.sqrt() @ (rows - mean)
    return scaled(m, white.view(x.shape[1], len(x), *x.shape[2:]).transpose(0, 1))


def evo_b0(m: Any, x: Tensor) -> Tensor:
    together = torch.sqrt(x.var((0, 2, 3), correction=0, keepdim=True) + EPS)
    own = torch.sqrt(x.var((2, 3), correction=0, keepdim=True) + EPS)
    return scaled(m, x / torch.max(together, maps(m.slope) * x + own))


def online(m: Any, x: Tensor) -> Tensor:
    """Forward as the paper has it; the backward pass is autograd's."""
    mean, var, out = torch.zeros(x.shape[1]), torch.ones(x.shape[1]), []
    for sample in x:
        y = (sample - mean[:, None, None]) / torch.sqrt(var + EPS)[:, None, None]
        out.append(y / torch.sqrt((y * y).mean() + EPS))
        with torch.no_grad():
            apart = sample.mean((1, 2)) - mean
            var = 0.999 * var + 0.001 * sample.var((1, 2), correction=0) + 0.000999 * apart**2
            mean = mean + 0.001 * apart
    return scaled(m, torch.stack(out))


def lp(m: Any, x: Tensor) -> Tensor:
    return x / (x.abs().mean(-1, keepdim=True) + m.eps) * m.weight


def power(m: Any, x: Tensor) -> Tensor:
    square = x.detach().pow(2).mean((0, 1))
    return x / torch.sqrt(0.9 * m.running_square + 0.1 * square + EPS) * m.weight + m.bias


def layer_scale(m: Any, x: Tensor) -> Tensor:
    return x * m.weight


def deep_norm(m: Any, x: Tensor) -> Tensor:
    return layer(m.norm, m.alpha * x + m.branch(x))


def hypersphere(m: Any, x: Tensor) -> Tensor:
    step = F.normalize(m.branch(x), dim=-1) - x
    return F.normalize(x + m.alpha * step, dim=-1)


def skip_init(m: Any, x: Tensor) -> Tensor:
    return x + m.alpha * m.branch(x)


def fixup(m: Any, x: Tensor) -> Tensor:
    y = F.relu(m.first(x + m.biases[0]) + m.biases[1])
    return F.relu(x + m.second(y + m.biases[2]) * m.gain + m.biases[3])


def head_qk(m: Any, x: Tensor) -> Tensor:
    def rms(y: Tensor, weight: Tensor) -> Tensor:
        return y / torch.sqrt(y.pow(2).mean(-1, keepdim=True) + m.eps) * weight[:, None]

    return torch.cat([rms(x, m.query_weight), rms(x.flip(-1), m.key_weight)], -1)


def lipschitz(weights: list[Tensor]) -> None:
    for w in weights:
        w.div_(torch.linalg.svdvals(w.flatten(1))[0].clamp_min(1))


def global_response(m: Any, x: Tensor) -> Tensor:
    g = torch.norm(x, p=2, dim=(2, 3), keepdim=True)
    return scaled(m, x * (g / (g.mean(1, keepdim=True) + m.eps))) + x


def filter_response(m: Any, x: Tensor) -> Tensor:
    y = scaled(m, x * torch.rsqrt(x.pow(2).mean((2, 3), keepdim=True) + m.eps))
    return torch.max(y, maps(m.threshold))


def evo_s0(m: Any, x: Tensor) -> Tensor:
    n, c, h, w = x.shape
    g = x.reshape(n, m.groups, c // m.groups, h, w)
    sd = torch.sqrt(g.var((2, 3, 4), correction=0, keepdim=True) + EPS)
    return scaled(m, x * torch.sigmoid(maps(m.slope) * x) / sd.expand_as(g).reshape(x.shape))


def partial_rms(m: Any, x: Tensor) -> Tensor:
    k = -int(-x.shape[-1] * m.fraction // 1)
    return x / torch.sqrt(x[..., :k].pow(2).mean(-1, keepdim=True) + m.eps) * m.weight


def adaptive_layer(m: Any, x: Tensor, c: Tensor) -> Tensor:
    scale, shift = m.modulation(c).chunk(2, -1)
    return F.layer_norm(x, x.shape[-1:], eps=m.eps) * (1 + scale[:, None]) + shift[:, None]


def adaptive_layer_zero(m: Any, x: Tensor, c: Tensor) -> Tensor:
    scale, shift, gate = m.modulation(c).chunk(3, -1)
    y = F.layer_norm(x, x.shape[-1:], eps=m.eps) * (1 + scale[:, None]) + shift[:, None]
    return x + gate[:, None] * m.branch(y)


def dynamic_tanh(m: Any, x: Tensor) -> Tensor:
    return torch.tanh(m.alpha * x) * m.weight + m.bias


def qk(m: Any, x: Tensor) -> Tensor:
    return torch.cat([m.scale * F.normalize(x, dim=-1), F.normalize(x.flip(-1), dim=-1)], -1)


def weight_standardization(w: Tensor) -> Tensor:
    return standard(w, (1, 2, 3), 1e-6)


def scaled_weight_standardization(w: Tensor, gain: Tensor, gamma: float) -> Tensor:
    fan_in = w[0].numel()
    return standard(w, (1, 2, 3), 1e-6) * (gamma * gain * fan_in**-0.5).reshape(-1, 1, 1, 1)


def normalizer_free(m: Any, x: Tensor) -> Tensor:
    y = x / m.variance**0.5
    for conv in (m.first, m.second):
        w = scaled_weight_standardization(conv.weight, conv.gain, conv.gamma)
        y = F.conv2d(F.relu(y), w, conv.bias, padding=1)
    return x + m.alpha * y


def layer(m: Any, x: Tensor) -> Tensor:
    return standard(x, (-1,)) * m.weight + m.bias


def pre_norm(m: Any, x: Tensor) -> Tensor:
    return x + m.branch(layer(m.norm, x))


def post_norm(m: Any, x: Tensor) -> Tensor:
    return layer(m.norm, x + m.branch(x))


def sandwich_norm(m: Any, x: Tensor) -> Tensor:
    return x + layer(m.outer, m.branch(layer(m.norm, x)))


def spectral_clip(weights: list[Tensor]) -> None:
    for w in weights:
        u, s, vh = torch.linalg.svd(w.flatten(1), full_matrices=False)
        w.copy_((u @ torch.diag(s.clamp(max=1)) @ vh).view_as(w))


class GradNorm:
    """As the paper writes it: the weights' loss is differentiated through the gradients' norms."""

    def __init__(self, losses: int) -> None:
        self.weights = nn.Parameter(torch.ones(losses))
        self.initial: Tensor | None = None

    def __call__(self, losses: list[Tensor], shared: Tensor) -> Tensor:
        values = torch.stack(losses)
        self.initial = values.detach() if self.initial is None else self.initial
        weighted = self.weights * values
        norms = torch.stack(
            [torch.autograd.grad(term, shared, create_graph=True)[0].norm() for term in weighted]
        )
        ratio = values.detach() / self.initial
        target = (norms.mean() * (ratio / ratio.mean()) ** 1.5).detach()
        (slope,) = torch.autograd.grad(
            (norms - target).abs().sum(), self.weights, retain_graph=True
        )
        with torch.no_grad():
            self.weights -= 0.025 * slope
            self.weights *= len(losses) / self.weights.sum()
        return (self.weights.detach() * values).sum()
