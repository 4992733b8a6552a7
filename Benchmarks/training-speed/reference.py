#!/usr/bin/env python3
"""Training steps of a MatMul-free language model in plain eager PyTorch, float32, for comparison.

Written from the equations (Zhu et al. 2024, https://arxiv.org/abs/2406.02528): norm, activations rounded to 8 bits and weights to trits,
both with the straight-through estimator; a gated linear recurrence, a gated linear unit, AdamW with clipping. Prints a JSON object.
"""

import argparse, json, resource, time
import torch
from torch import nn
from torch.nn import functional as F


def straight_through(x, rounded):
    return x + (rounded - x).detach()


class RMSNorm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6) * self.weight


class BitLinear(nn.Module):
    def __init__(self, columns, rows):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(rows, columns) * 0.02)
        self.norm = RMSNorm(columns)

    def forward(self, x):
        x = self.norm(x)
        scale = 127 / x.abs().amax(-1, keepdim=True).clamp(min=1e-5)
        x = straight_through(x, (x * scale).round().clamp(-128, 127) / scale)
        scale = 1 / self.weight.abs().mean().clamp(min=1e-5)
        return F.linear(x, straight_through(self.weight, (self.weight * scale).round().clamp(-1, 1) / scale))


class Block(nn.Module):
    def __init__(self, width, intermediate):
        super().__init__()
        self.attn_norm, self.mlp_norm, self.g_norm = RMSNorm(width), RMSNorm(width), RMSNorm(width)
        self.i, self.f, self.g, self.o = (BitLinear(width, width) for _ in range(4))
        self.gate, self.down = BitLinear(width, 2 * intermediate), BitLinear(intermediate, width)

    def forward(self, x, bound):
        y = self.attn_norm(x)
        f = torch.sigmoid(self.f(y))
        if bound is not None:
            f = bound + (1 - bound) * f
        i = F.silu(self.i(y)) * (1 - f)
        state, states = torch.zeros_like(i[:, 0]), []
        for t in range(i.shape[1]):
            state = f[:, t] * state + i[:, t]
            states.append(state)
        x = x + self.o(self.g_norm(self.g(y)) * F.silu(torch.stack(states, 1)))
        g, u = self.gate(self.mlp_norm(x)).chunk(2, -1)
        return x + self.down(F.silu(g) * u)


class Model(nn.Module):
    def __init__(self, vocabulary, layers, width, intermediate):
        super().__init__()
        self.embeddings = nn.Embedding(vocabulary, width)
        self.blocks = nn.ModuleList(Block(width, intermediate) for _ in range(layers))
        self.lower_bounds = nn.Parameter(torch.zeros(layers, width))
        self.norm, self.head = RMSNorm(width), BitLinear(width, vocabulary)

    def forward(self, tokens):
        x = self.embeddings(tokens)
        bounds = F.softmax(self.lower_bounds, 0).cumsum(0)
        bounds = bounds - bounds[0]
        for index, block in enumerate(self.blocks):
            x = block(x, bounds[index] if index else None)
        return self.head(self.norm(x))


def main():
    parser = argparse.ArgumentParser()
    for name, value in dict(layers=6, width=512, vocabulary=4096, context=256, batch=8, steps=6, threads=2).items():
        parser.add_argument(f"--{name}", type=int, default=value)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    intermediate = (int(options.width * 8 / 3) + 255) // 256 * 256
    model = Model(options.vocabulary, options.layers, options.width, intermediate)
    optimiser = torch.optim.AdamW(model.parameters(), lr=4e-3, betas=(0.9, 0.95), weight_decay=0.1)
    seconds = []
    for _ in range(options.steps):
        tokens = torch.randint(options.vocabulary, (options.batch, options.context + 1))
        start = time.monotonic()
        logits = model(tokens[:, :-1])
        loss = F.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten())
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        seconds.append(time.monotonic() - start)
    print(json.dumps({
        "tokens_per_second": options.batch * options.context / min(seconds), "seconds": seconds, "loss": loss.item(),
        "parameters": sum(p.numel() for p in model.parameters()),
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, "torch": torch.__version__,
    }))


main()
