"""Every method written once more, from its formula, in float64 numpy: slow, plain, independent."""

from typing import Any

import numpy as np
import numpy.typing as npt
import torch

Array = npt.NDArray[np.float64]


def array(value: Any) -> Array:
    """A tensor (or parameter) as a float64 array."""
    return value.detach().to(torch.float64).numpy() if isinstance(value, torch.Tensor) else value


def mean(x: Array, axes: tuple[int, ...], w: Array | None = None) -> Array:
    """Weighted mean over axes, which are kept."""
    w = np.ones(x.shape) if w is None else np.broadcast_to(w, x.shape)
    return (x * w).sum(axes, keepdims=True) / w.sum(axes, keepdims=True)


def standard(x: Array, axes: tuple[int, ...], eps: float, w: Array | None = None) -> Array:
    """Standardized over axes, by weighted statistics."""
    mu = mean(x, axes, w)
    return (x - mu) / np.sqrt(mean((x - mu) ** 2, axes, w) + eps)


def maps(parameter: Any) -> Array:
    """``(C,)`` or ``(N, C)`` against ``(N, C, H, W)``."""
    p = array(parameter)
    return p.reshape(-1, p.shape[-1], 1, 1)


def scaled(m: Any, y: Array) -> Array:
    """Times weight, plus bias, along channels."""
    return y * maps(m.weight) + maps(m.bias)


def identity(m: Any, x: Array) -> Array:
    return x


def instance(m: Any, x: Array, mask: Array | None = None) -> Array:
    return scaled(m, standard(x, (2, 3), m.eps, mask))


def sample_layer(m: Any, x: Array, mask: Array | None = None) -> Array:
    return scaled(m, standard(x, (1, 2, 3), m.eps, mask))


def pixel_layer(m: Any, x: Array, mask: Array | None = None) -> Array:
    return scaled(m, standard(x, (1,), m.eps, mask))


def grouped(x: Array, groups: int) -> Array:
    return x.reshape(x.shape[0], groups, -1, *x.shape[2:])


def group(m: Any, x: Array, mask: Array | None = None) -> Array:
    w = None if mask is None else mask[:, :, None]
    return scaled(m, standard(grouped(x, m.groups), (2, 3, 4), m.eps, w).reshape(x.shape))


def batch(m: Any, x: Array, mask: Array | None = None) -> Array:
    return scaled(m, standard(x, (0, 2, 3), m.eps, mask))


def running(m: Any, x: Array) -> Array:
    """Batch norm in evaluation."""
    return scaled(m, (x - maps(m.running_mean)) / np.sqrt(maps(m.running_var) + m.eps))


def batch_weighed_eval(m: Any, x: Array, mask: Array | None = None) -> Array:
    a = m.alpha
    first = a * mean(x, (2, 3), mask) + (1 - a) * maps(m.running_mean)
    square = maps(m.running_var) + maps(m.running_mean) ** 2
    second = a * mean(x**2, (2, 3), mask) + (1 - a) * square
    return scaled(m, (x - first) / np.sqrt(second - first**2 + m.eps))


def ghost_batch(m: Any, x: Array, mask: Array | None = None) -> Array:
    parts = []
    for i in range(0, len(x), m.size):
        w = None if mask is None else mask[i : i + m.size]
        parts.append(standard(x[i : i + m.size], (0, 2, 3), m.eps, w))
    return scaled(m, np.concatenate(parts))


def batch_renorm(m: Any, x: Array, mask: Array | None = None) -> Array:
    mu = mean(x, (0, 2, 3), mask)
    sd = np.sqrt(mean((x - mu) ** 2, (0, 2, 3), mask) + m.eps)
    sd_run = np.sqrt(maps(m.running_var) + m.eps)
    r = np.clip(sd / sd_run, 1 / m.r_max, m.r_max)
    d = np.clip((mu - maps(m.running_mean)) / sd_run, -m.d_max, m.d_max)
    return scaled(m, (x - mu) / sd * r + d)


def batch_group(m: Any, x: Array, mask: Array | None = None) -> Array:
    w = None if mask is None else mask[:, :, None]
    return scaled(m, standard(grouped(x, m.groups), (0, 2, 3, 4), m.eps, w).reshape(x.shape))


def batch_group_eval(m: Any, x: Array) -> Array:
    g = grouped(x, m.groups)
    mu, var = (array(v).reshape(1, -1, 1, 1, 1) for v in (m.running_mean, m.running_var))
    return scaled(m, ((g - mu) / np.sqrt(var + m.eps)).reshape(x.shape))


def softmax(x: Array) -> Array:
    e = np.exp(x - x.max())
    return e / e.sum()


def switchable(m: Any, x: Array, mask: Array | None = None) -> Array:
    means, variances = [], []
    for axes in ((2, 3), (1, 2, 3), (0, 2, 3)):
        mu = mean(x, axes, mask)
        means.append(mu)
        variances.append(mean((x - mu) ** 2, axes, mask))
    shares = softmax(array(m.mean_logits)), softmax(array(m.variance_logits))
    mu = sum(s * v for s, v in zip(shares[0], means, strict=True))
    var = sum(s * v for s, v in zip(shares[1], variances, strict=True))
    return scaled(m, (x - mu) / np.sqrt(var + m.eps))


def switchable_eval(m: Any, x: Array, mask: Array | None = None) -> Array:
    means, variances = [], []
    for axes in ((2, 3), (1, 2, 3)):
        mu = mean(x, axes, mask)
        means.append(mu)
        variances.append(mean((x - mu) ** 2, axes, mask))
    means.append(maps(m.running_mean))
    variances.append(maps(m.running_var))
    shares = softmax(array(m.mean_logits)), softmax(array(m.variance_logits))
    mu = sum(s * v for s, v in zip(shares[0], means, strict=True))
    var = sum(s * v for s, v in zip(shares[1], variances, strict=True))
    return scaled(m, (x - mu) / np.sqrt(var + m.eps))


def layer(m: Any, x: Array, mask: Array | None = None) -> Array:
    return standard(x, (-1,), m.eps, mask) * array(m.weight) + array(m.bias)


def rms(m: Any, x: Array, mask: Array | None = None) -> Array:
    k = int(np.ceil(m.fraction * x.shape[-1]))
    w = None if mask is None else np.broadcast_to(mask, x.shape)[..., :k]
    y = x / np.sqrt(mean(x[..., :k] ** 2, (-1,), w) + m.eps) * array(m.weight)
    return y if m.bias is None else y + array(m.bias)


def silu(x: Array) -> Array:
    return x / (1 + np.exp(-x))


def modulation(m: Any, c: Array) -> list[Array]:
    out = silu(c) @ array(m.linear.weight).T + array(m.linear.bias)
    return [part[:, None] for part in np.split(out, m.outputs, -1)]


def adaptive_layer(m: Any, x: Array, c: Array, mask: Array | None = None) -> Array:
    scale, shift = modulation(m, c)
    return standard(x, (-1,), m.eps, mask) * (1 + scale) + shift


def adaptive_layer_zero(m: Any, x: Array, c: Array, mask: Array | None = None) -> Array:
    scale, shift, gate = modulation(m, c)
    inner = standard(x, (-1,), m.eps, mask) * (1 + scale) + shift
    return x + gate * (inner @ array(m.branch.weight).T + array(m.branch.bias))


def conditional_instance(m: Any, x: Array, style: Array, mask: Array | None = None) -> Array:
    g, b = style @ array(m.weight), style @ array(m.bias)
    return standard(x, (2, 3), m.eps, mask) * maps(g) + maps(b)


def adain(m: Any, x: Array, style: Array, mask: Array | None = None) -> Array:
    mu = mean(style, (2, 3))
    sd = np.sqrt(mean((style - mu) ** 2, (2, 3)) + m.eps)
    return standard(x, (2, 3), m.eps, mask) * sd + mu


def conv(x: Array, layer: Any) -> Array:
    """A padded convolution by its definition."""
    w, b = array(layer.weight), array(layer.bias)
    pad, k = layer.padding[0], w.shape[2]
    p = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    out = np.zeros((x.shape[0], w.shape[0], x.shape[2], x.shape[3]))
    for i in range(k):
        for j in range(k):
            patch = p[:, :, i : i + x.shape[2], j : j + x.shape[3]]
            out += np.einsum("nchw,oc->nohw", patch, w[:, :, i, j])
    return out + b[None, :, None, None]


def nearest(x: Array, height: int, width: int) -> Array:
    rows = np.arange(height) * x.shape[2] // height
    columns = np.arange(width) * x.shape[3] // width
    return x[:, :, rows][:, :, :, columns]


def spade_with(y: Array, m: Any, labels: Array) -> Array:
    hidden = np.maximum(conv(nearest(labels, *y.shape[2:]), m.shared), 0)
    return y * (1 + conv(hidden, m.scale)) + conv(hidden, m.shift)


def spade(m: Any, x: Array, labels: Array, mask: Array | None = None) -> Array:
    return spade_with(standard(x, (0, 2, 3), m.norm.eps, mask), m, labels)


def spade_eval(m: Any, x: Array, labels: Array) -> Array:
    y = (x - maps(m.norm.running_mean)) / np.sqrt(maps(m.norm.running_var) + m.norm.eps)
    return spade_with(y, m, labels)


def layer_instance(m: Any, x: Array, mask: Array | None = None) -> Array:
    rho = np.clip(maps(m.share), 0, 1)
    y = rho * standard(x, (2, 3), m.eps, mask)
    return scaled(m, y + (1 - rho) * standard(x, (1, 2, 3), m.eps, mask))


def adalin(m: Any, x: Array, c: Array, mask: Array | None = None) -> Array:
    out = c @ array(m.modulation.weight).T + array(m.modulation.bias)
    g, b = (maps(part) for part in np.split(out, 2, -1))
    rho = np.clip(maps(m.share), 0, 1)
    y = rho * standard(x, (2, 3), m.eps, mask)
    return (y + (1 - rho) * standard(x, (1, 2, 3), m.eps, mask)) * (1 + g) + b


def local_response(m: Any, x: Array) -> Array:
    out = np.zeros(x.shape)
    for c in range(x.shape[1]):
        near = x[:, max(0, c - m.size // 2) : c + m.size // 2 + 1]
        out[:, c] = x[:, c] / (m.k + m.alpha * (near**2).sum(1)) ** m.beta
    return out


def window_mean(
    x: Array, size: int, gaussian: bool, channels: int | None, mask: Array | None
) -> Array:
    """Mean over what is inside of a window around every position, by loops."""
    n, c, h, w = x.shape
    weights = np.broadcast_to(np.ones((1, 1, h, w)) if mask is None else mask, (n, 1, h, w))
    near = c if channels is None else channels // 2
    out = np.zeros(x.shape)
    for k in range(c):
        for i in range(h):
            for j in range(w):
                total, mass = 0.0, 0.0
                for kk in range(max(0, k - near), min(c, k + near + 1)):
                    for ii in range(max(0, i - size // 2), min(h, i + size // 2 + 1)):
                        for jj in range(max(0, j - size // 2), min(w, j + size // 2 + 1)):
                            squares = (ii - i) ** 2 + (jj - j) ** 2
                            g = np.exp(-0.5 * squares / (size / 4) ** 2) if gaussian else 1.0
                            total = total + g * weights[:, 0, ii, jj] * x[:, kk, ii, jj]
                            mass = mass + g * weights[:, 0, ii, jj]
                out[:, k, i, j] = total / mass
    return out


def divisive(m: Any, x: Array, mask: Array | None = None) -> Array:
    args = m.size, m.window == "gaussian", m.channels, mask
    centred = x if m.center == "none" else x - window_mean(x, *args)
    energy = window_mean(centred**2, *args)
    return (centred if m.center == "both" else x) / (m.k + m.alpha * energy) ** m.beta


def local_contrast(m: Any, x: Array, mask: Array | None = None) -> Array:
    v = x - window_mean(x, m.size, m.window == "gaussian", 1, mask)
    out = np.zeros(x.shape)
    for c in range(x.shape[1]):
        near = v[:, max(0, c - m.channels // 2) : c + m.channels // 2 + 1]
        out[:, c] = x[:, c] / (m.k + m.alpha * (near**2).sum(1)) ** m.beta
    return out


def subtractive_divisive(m: Any, x: Array, mask: Array | None = None) -> Array:
    v = x - window_mean(x, m.size, True, None, mask)
    sd = np.sqrt(window_mean(v**2, m.size, True, None, mask))[:, :1]
    return v / np.maximum(sd, mean(sd, (2, 3), mask))


def global_response(m: Any, x: Array, mask: Array | None = None) -> Array:
    w = np.ones((1, 1, 1, 1)) if mask is None else mask
    g = np.sqrt((x**2 * w).sum((2, 3), keepdims=True))
    return scaled(m, x * g / (g.mean(1, keepdims=True) + m.eps)) + x


def filter_response(m: Any, x: Array, mask: Array | None = None) -> Array:
    y = scaled(m, x / np.sqrt(mean(x**2, (2, 3), mask) + abs(m.eps)))
    return np.maximum(y, maps(m.threshold))


def evo_s0(m: Any, x: Array, mask: Array | None = None) -> Array:
    w = None if mask is None else mask[:, :, None]
    g = grouped(x, m.groups)
    mu = mean(g, (2, 3, 4), w)
    var = np.broadcast_to(mean((g - mu) ** 2, (2, 3, 4), w), g.shape).reshape(x.shape)
    gate = x / (1 + np.exp(-maps(m.slope) * x))
    return scaled(m, gate / np.sqrt(var + m.eps))


def dynamic_tanh(m: Any, x: Array) -> Array:
    return np.tanh(array(m.alpha) * x) * array(m.weight) + array(m.bias)


def unit(x: Array) -> Array:
    return x / np.sqrt((x**2).sum(-1, keepdims=True))


def scale(m: Any, x: Array) -> Array:
    return array(m.scale) * unit(x)


def fix(m: Any, x: Array) -> Array:
    return m.radius * unit(x)


def qk(m: Any, x: Array) -> Array:
    return np.concatenate([array(m.scale) * unit(x), unit(x[..., ::-1])], -1)


def linear(layer: Any, x: Array) -> Array:
    return x @ array(layer.weight).T + array(layer.bias)


def pre_norm(m: Any, x: Array) -> Array:
    return x + linear(m.branch, layer(m.norm, x))


def post_norm(m: Any, x: Array) -> Array:
    return layer(m.norm, x + linear(m.branch, x))


def sandwich_norm(m: Any, x: Array) -> Array:
    return x + layer(m.outer, linear(m.branch, layer(m.norm, x)))


def weight(m: Any, x: Array) -> Array:
    g = array(m.parametrizations.weight.original0)
    return g * x / np.sqrt((x**2).sum((1, 2, 3), keepdims=True))


def weight_standardization(m: Any, x: Array) -> Array:
    return standard(x, (1, 2, 3), m.parametrizations.weight[0].eps)


def scaled_standardized(w: Array, gain: Array, gamma: float, eps: float) -> Array:
    scale = gamma * gain.reshape(-1, 1, 1, 1) / np.sqrt(np.prod(w.shape[1:]))
    return scale * standard(w, (1, 2, 3), eps)


def scaled_weight_standardization(m: Any, x: Array) -> Array:
    p = m.parametrizations.weight[0]
    return scaled_standardized(x, array(p.gain), p.gamma, p.eps)


def spectral(m: Any, x: Array) -> Array:
    return x / np.linalg.svd(x.reshape(len(x), -1), compute_uv=False)[0]


def spectral_clip(m: Any, x: Array) -> Array:
    u, s, vh = np.linalg.svd(x.reshape(len(x), -1), full_matrices=False)
    return ((u * np.minimum(s, 1.0)) @ vh).reshape(x.shape)


def gradient_vector(m: Any, x: Array) -> Array:
    return x / np.sqrt((x**2).sum())


def gradient_clip(m: Any, x: Array) -> Array:
    return x * min(1.0, 1.0 / np.sqrt((x**2).sum()))


def adaptive_gradient_clip(m: Any, x: Array) -> Array:
    """Of the gradient ``x`` of a weight of ones: every row is a unit."""
    out = x.copy()
    for row in out.reshape(len(x), -1):
        limit = 0.01 * max(np.sqrt(row.size), 1e-3)
        length = np.sqrt((row**2).sum())
        if length > limit:
            row *= limit / length
    return out


def min_max(m: Any, x: Array, data: Array) -> Array:
    low, high = data.min((0, 2, 3), keepdims=True), data.max((0, 2, 3), keepdims=True)
    return m.low + (x - low) * (m.high - m.low) / (high - low)


def mean_scaler(m: Any, x: Array, data: Array) -> Array:
    low, high = data.min((0, 2, 3), keepdims=True), data.max((0, 2, 3), keepdims=True)
    return (x - data.mean((0, 2, 3), keepdims=True)) / (high - low)


def z_score(m: Any, x: Array, data: Array) -> Array:
    return (x - data.mean((0, 2, 3), keepdims=True)) / data.std((0, 2, 3), keepdims=True)


def robust(m: Any, x: Array, data: Array) -> Array:
    q = np.quantile(data, (0.25, 0.5, 0.75), axis=(0, 2, 3), keepdims=True)
    return (x - q[1]) / (q[2] - q[0])


def normalizer_free(m: Any, x: Array) -> Array:
    def layer(c: Any, h: Array) -> Array:
        class Plain:
            weight = scaled_standardized(array(c.weight), array(c.gain), c.gamma, c.eps)
            bias, padding = c.bias, c.padding

        return conv(h, Plain)

    active = np.maximum(x / np.sqrt(m.variance), 0)
    return x + m.alpha * layer(m.second, np.maximum(layer(m.first, active), 0))


def film(m: Any, x: Array, c: Array) -> Array:
    scale, shift = np.split(linear(m.modulation, c), 2, -1)
    return x * (1 + scale[:, :, None, None]) + shift[:, :, None, None]


def adaptive_group(m: Any, x: Array, c: Array, mask: Array | None = None) -> Array:
    w = None if mask is None else mask[:, :, None]
    y = standard(grouped(x, m.groups), (2, 3, 4), m.eps, w).reshape(x.shape)
    return film(m, y, c)


def lp(m: Any, x: Array, mask: Array | None = None) -> Array:
    size = mean(np.abs(x) ** m.p, (-1,), mask) ** (1 / m.p)
    return x / (size + m.eps) ** m.power * array(m.weight)


def spread(x: Array, mask: Array | None = None) -> tuple[Array, Array, Array]:
    """Centred rows ``(C, positions)`` of one sample, their mean and covariance."""
    rows = x.reshape(len(x), -1)
    w = np.ones((1, rows.shape[1])) if mask is None else mask.reshape(1, -1)
    mu = (rows * w).sum(1, keepdims=True) / w.sum()
    return rows - mu, mu, (rows - mu) * w @ (rows - mu).T / w.sum()


def power(matrix: Array, exponent: float, eps: float) -> Array:
    values, vectors = np.linalg.eigh(matrix + eps * np.eye(len(matrix)))
    out: Array = vectors @ np.diag(values**exponent) @ vectors.T
    return out


def whitening(m: Any, x: Array, mask: Array | None = None) -> Array:
    out = []
    for i, sample in enumerate(x):
        rows, _, matrix = spread(sample, None if mask is None else mask[i])
        out.append((power(matrix, -0.5, m.eps) @ rows).reshape(sample.shape))
    return np.stack(out)


def whitening_coloring(m: Any, x: Array, style: Array, mask: Array | None = None) -> Array:
    white = whitening(m, x, mask)
    out = []
    for sample, other in zip(white, style, strict=True):
        _, mu, matrix = spread(other)
        rows = power(matrix, 0.5, m.eps) @ sample.reshape(len(sample), -1)
        out.append((rows + mu).reshape(sample.shape))
    return np.stack(out)


def exact_matching(m: Any, x: Array, style: Array) -> Array:
    out = np.empty_like(x)
    for i in range(x.shape[0]):
        for c in range(x.shape[1]):
            values = np.sort(style[i, c].ravel())
            count = x[i, c].size
            places = np.linspace(0, len(values) - 1, count)
            values = np.interp(places, np.arange(len(values)), values)
            flat = np.empty(count)
            flat[np.argsort(x[i, c].ravel(), kind="stable")] = values
            out[i, c] = flat.reshape(x[i, c].shape)
    return out


def whitened(m: Any, x: Array, mu: Array, matrices: Array) -> Array:
    size = x.shape[1] // m.groups
    out = np.empty_like(x)
    for g in range(m.groups):
        part = slice(g * size, (g + 1) * size)
        root = power(matrices[g], -0.5, m.eps)
        out[:, part] = np.einsum("ij,njhw->nihw", root, x[:, part] - mu[part].reshape(1, -1, 1, 1))
    return scaled(m, out)


def decorrelated_batch(m: Any, x: Array, mask: Array | None = None) -> Array:
    size = x.shape[1] // m.groups
    w = None if mask is None else mask.reshape(-1)
    means, matrices = [], []
    for g in range(m.groups):
        together = x[:, g * size : (g + 1) * size].transpose(1, 0, 2, 3)
        _, mu, matrix = spread(together, w)
        means.append(mu[:, 0])
        matrices.append(matrix)
    return whitened(m, x, np.concatenate(means), np.stack(matrices))


def decorrelated_batch_eval(m: Any, x: Array) -> Array:
    return whitened(m, x, array(m.running_mean), array(m.running_cov))


def evo_b0(m: Any, x: Array, mask: Array | None = None) -> Array:
    mu = mean(x, (0, 2, 3), mask)
    return evo_b0_over(m, x, mean((x - mu) ** 2, (0, 2, 3), mask), mask)


def evo_b0_eval(m: Any, x: Array) -> Array:
    return evo_b0_over(m, x, maps(m.running_var))


def evo_b0_over(m: Any, x: Array, together: Array, mask: Array | None = None) -> Array:
    mu = mean(x, (2, 3), mask)
    own = np.sqrt(mean((x - mu) ** 2, (2, 3), mask) + m.eps)
    return scaled(m, x / np.maximum(np.sqrt(together + m.eps), maps(m.slope) * x + own))


def online(m: Any, x: Array) -> Array:
    mu, var, a = array(m.running_mean).copy(), array(m.running_var).copy(), m.decay[0]
    out = []
    for sample in x:
        y = (sample - mu[:, None, None]) / np.sqrt(var + m.eps)[:, None, None]
        out.append(y / np.sqrt((y**2).mean() + m.eps))
        own, own_var = sample.mean((1, 2)), sample.var((1, 2))
        var = a * var + (1 - a) * own_var + a * (1 - a) * (own - mu) ** 2
        mu = a * mu + (1 - a) * own
    return scaled(m, np.stack(out))


def online_eval(m: Any, x: Array) -> Array:
    y = (x - maps(m.running_mean)) / np.sqrt(maps(m.running_var) + m.eps)
    return scaled(m, y / np.sqrt((y**2).mean((1, 2, 3), keepdims=True) + m.eps))


def power_norm(m: Any, x: Array, mask: Array | None = None) -> Array:
    y = x / np.sqrt(array(m.running_square) + m.eps)
    return y * array(m.weight) + array(m.bias)


def head_qk(m: Any, x: Array) -> Array:
    y = x / np.sqrt((x**2).mean(-1, keepdims=True) + m.eps)
    z = x[..., ::-1] / np.sqrt((x**2).mean(-1, keepdims=True) + m.eps)
    weights = (array(w)[:, None] for w in (m.query_weight, m.key_weight))
    return np.concatenate([v * w for v, w in zip((y, z), weights, strict=True)], -1)


def layer_scale(m: Any, x: Array) -> Array:
    return x * array(m.weight)


def deep_norm(m: Any, x: Array) -> Array:
    return layer(m.norm, (2 * 12) ** 0.25 * x + linear(m.branch, x))


def hypersphere(m: Any, x: Array) -> Array:
    alpha = np.abs(array(m.scaled_alpha)) * 0.05 * np.sqrt(x.shape[-1])
    return unit(x + alpha * (unit(linear(m.branch, x)) - x))


def skip_init(m: Any, x: Array) -> Array:
    return x + array(m.alpha) * linear(m.branch, x)


def fixup(m: Any, x: Array) -> Array:
    class First:
        weight, bias, padding = m.first.weight, np.zeros(8), m.first.padding

    class Second:
        weight, bias, padding = m.second.weight, np.zeros(8), m.second.padding

    b, g = array(m.biases), float(array(m.gain))
    inner = np.maximum(conv(x + b[0], First) + b[1], 0)
    return np.maximum(x + conv(inner + b[2], Second) * g + b[3], 0)


def lipschitz(m: Any, x: Array) -> Array:
    return x / max(1.0, float(np.linalg.svd(x.reshape(len(x), -1), compute_uv=False)[0]))


def orthogonal_gradient(m: Any, x: Array) -> Array:
    """Singular values through the scalar polynomial; vectors as they are."""
    u, s, v = np.linalg.svd(x.reshape(len(x), -1), full_matrices=False)
    s = s / np.sqrt((s**2).sum())
    for _ in range(5):
        s = 3.4445 * s - 4.7750 * s**3 + 2.0315 * s**5
    return (u @ np.diag(s) @ v).reshape(x.shape)
