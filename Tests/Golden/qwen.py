"""Makes the golden folders of Qwen 2 and Qwen 3: random models and what transformers 4.57 computes for them.

    python3 Tests/Golden/qwen.py      # writes beside itself; needs torch, transformers, safetensors

Every number is of the model fed token by token with its cache, which for scalings that depend on the length of the text is what a
token sees when it is written; for the others it is checked that the text at once gives the same.
"""
import json, os
import torch
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, Qwen2Config, Qwen3Config

HERE = os.path.dirname(os.path.abspath(__file__))
SHARED = dict(vocab_size=320, num_hidden_layers=3, bos_token_id=1, eos_token_id=2, attn_implementation="eager")
CASES = {
    # A window from the second layer on, and YaRN.
    "qwen2-tiny": (Qwen2Config, 7001, torch.float32, 48, True, dict(
        hidden_size=48, intermediate_size=72, num_attention_heads=6, num_key_value_heads=2, max_position_embeddings=64,
        use_sliding_window=True, sliding_window=7, max_window_layers=1, rope_theta=1000.0, tie_word_embeddings=False,
        rope_scaling={"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16, "beta_fast": 8.0})),
    # Texts longer than the model's positions.
    "qwen2-tiny-longrope": (Qwen2Config, 7002, torch.float32, 40, False, dict(
        hidden_size=40, intermediate_size=56, num_attention_heads=5, num_key_value_heads=1, max_position_embeddings=96,
        original_max_position_embeddings=24, rope_theta=10000.0, tie_word_embeddings=True,
        rope_scaling={"rope_type": "longrope", "short_factor": [1.0, 1.25, 1.5, 2.0], "long_factor": [1.0, 2.0, 4.0, 6.0]})),
    "qwen3-tiny": (Qwen3Config, 7003, torch.bfloat16, 48, False, dict(
        hidden_size=48, intermediate_size=80, num_attention_heads=4, num_key_value_heads=2, head_dim=16, max_position_embeddings=24,
        rope_theta=10000.0, tie_word_embeddings=True, rope_scaling={"rope_type": "dynamic", "factor": 2.0})),
    # Biases, no scaling, a window where layer_types says so.
    "qwen3-tiny-opts": (Qwen3Config, 7004, torch.float32, 32, True, dict(
        hidden_size=40, intermediate_size=64, num_attention_heads=3, num_key_value_heads=1, head_dim=24, max_position_embeddings=128,
        rope_theta=1e6, tie_word_embeddings=False, attention_bias=True, use_sliding_window=True, sliding_window=9,
        layer_types=["sliding_attention", "full_attention", "sliding_attention"], rope_scaling=None)),
}


def model(config, seed, dtype):
    torch.manual_seed(seed)
    model = AutoModelForCausalLM.from_config(config).eval()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            gain = name.endswith("norm.weight")
            weight.copy_((0.15 if weight.ndim == 1 else 0.12) * torch.randn(weight.shape) + (1 if gain else 0))
    return model.to(dtype)


class Recorder:
    """The inputs and outputs of modules, token by token."""

    def __init__(self, model, wanted):
        self.rows = {}
        for name, module in model.named_modules():
            if wanted(name):
                module.register_forward_hook(self.hook(name), with_kwargs=True)

    def hook(self, name):
        def record(module, args, kwargs, out):
            given = args[0] if args else kwargs["hidden_states"]
            out = out[0] if isinstance(out, tuple) else out
            self.rows.setdefault(name + ".in", []).append(given.detach().reshape(-1))
            self.rows.setdefault(name + ".out", []).append(out.detach().reshape(-1))
        return record

    def take(self):
        rows, self.rows = {name: torch.stack(rows).contiguous() for name, rows in self.rows.items()}, {}
        return rows


def steps(model, ids):
    """Logits and hidden states, fed token by token."""
    past, logits, hidden = None, [], []
    for token in ids:
        out = model(torch.tensor([[token]]), past_key_values=past, use_cache=True, output_hidden_states=True)
        past = out.past_key_values
        logits.append(out.logits[0, 0])
        hidden.append([h[0, 0] for h in out.hidden_states])
    return torch.stack(logits), [torch.stack(h) for h in zip(*hidden)], past


def greedy(model, past, last, count):
    ids, margins = [], []
    for _ in range(count):
        top = last.topk(2)
        ids.append(int(top.indices[0]))
        margins.append(float(top.values[0] - top.values[1]))
        out = model(torch.tensor([[ids[-1]]]), past_key_values=past, use_cache=True)
        past, last = out.past_key_values, out.logits[0, 0]
    return ids, margins


def record(prefix, model, recorder, ids, tensors):
    recorder.take()
    logits, hidden, past = steps(model, ids)
    tensors[prefix + "input_ids"] = torch.tensor(ids, dtype=torch.int32)
    tensors[prefix + "logits"] = logits
    layers = len(hidden) - 1
    modules = recorder.take()
    for layer in range(layers):
        tensors[f"{prefix}hidden.{layer}"] = hidden[layer]
    tensors[f"{prefix}hidden.{layers}"] = modules["model.norm.in"]
    tensors[f"{prefix}hidden.norm"] = modules["model.norm.out"]
    if prefix == "strict.":
        for name, rows in modules.items():
            if name.startswith("model.layers."):
                tensors["strict.mid." + name] = rows
    return logits, past


def wanted(name):
    parts = name.split(".")
    return name == "model.norm" or (name.startswith("model.layers.") and len(parts) > 3 and not parts[-1].startswith(("act", "rotary")))


def make(name, kind, seed, dtype, length, whole, options):
    config = kind(**SHARED, **options)
    folder = os.path.join(HERE, name)
    model(config, seed, dtype).save_pretrained(folder)
    running = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    recorder, tensors = Recorder(running, wanted), {}
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(3, config.vocab_size, (length,), generator=generator).tolist()
    strict = torch.randint(3, config.vocab_size, (6,), generator=generator).tolist()
    with torch.no_grad():
        record("strict.", running, recorder, strict, tensors)
        logits, past = record("", running, recorder, ids, tensors)
        if whole:
            assert (running(torch.tensor([ids])).logits[0] - logits).abs().max() < 2e-5
        tokens, margins = greedy(running, past, logits[-1], 32)
    nll = -torch.log_softmax(logits[:-1].double(), -1)[torch.arange(length - 1), torch.tensor(ids[1:])]
    tensors["nll"] = nll.float()
    save_file({key: value.float() if value.is_floating_point() else value for key, value in tensors.items()},
              os.path.join(folder, "golden.safetensors"))
    notes = {
        "name": name, "architecture": config.architectures[0] if config.architectures else type(running).__name__, "seed": seed,
        "compute": "float32, eager attention, token by token with cache", "whole_is_stepwise": whole, "input_ids": ids,
        "strict_input_ids": strict, "greedy_32": tokens, "greedy_margins_top1_top2": margins, "mean_nll": float(nll.mean()),
        "generator": {"script": "qwen.py", "torch": torch.__version__, "transformers": config.transformers_version},
    }
    with open(os.path.join(folder, "golden.json"), "w") as file:
        json.dump(notes, file, indent=1)
        file.write("\n")
    print(name, float(logits.std()), min(margins))


if __name__ == "__main__":
    torch.set_num_threads(1)
    for name, case in CASES.items():
        make(name, *case)
