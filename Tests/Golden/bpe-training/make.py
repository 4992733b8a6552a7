#!/usr/bin/env python3
"""Makes the tokenizers of this folder from text.txt, and cases.json. Needs `pip install tokenizers==0.23.3`."""
import json
import pathlib

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

HERE = pathlib.Path(__file__).parent
TEXT = (HERE / "text.txt").read_bytes().decode()
CASES = [
    # name, vocabulary, minimum count, special tokens, whether each line is a text of its own
    ("bytes", 100, 0, ["<s>", "</s>"], False),
    ("small", 300, 0, [], False),
    ("lines", 400, 0, ["<|endoftext|>"], True),
    ("medium", 512, 2, ["<s>", "</s>", "<pad>"], False),
    # Special tokens that are symbols of bytes, results of merges, named twice, equal but for their normal form.
    ("clashes", 700, 0, ["the", "e", "Ġa", "<s>", "e\u0301", "é", "aa", "the", 'Å"\\'], False),
    ("rare", 1000, 30, ["<s>"], False),
    ("large", 1000, 2, ["<s>", "</s>"], False),
]


def lines(text):
    """Cut after line feeds alone, which str.splitlines does not."""
    return [line + "\n" for line in text.split("\n")[:-1]] + [text.split("\n")[-1]]


def train(vocabulary, minimum, special, by_line):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary, min_frequency=minimum, special_tokens=special, show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(lines(TEXT) if by_line else [TEXT], trainer)
    return tokenizer


def fnv(ids):
    """The upper half of 64-bit FNV-1a over the ids, each as 4 bytes, low byte first."""
    value = 0xCBF29CE484222325
    for byte in b"".join(id.to_bytes(4, "little") for id in ids):
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return f"{value >> 32:x}"


def main():
    cases = []
    for name, vocabulary, minimum, special, by_line in CASES:
        tokenizer = train(vocabulary, minimum, special, by_line)
        tokenizer.save(str(HERE / f"{name}.json"))
        # Read back, so that the ids are those of the file.
        tokenizer = Tokenizer.from_file(str(HERE / f"{name}.json"))
        ids = tokenizer.encode(TEXT).ids
        cases.append({
            "name": name, "vocabulary": vocabulary, "minimum": minimum, "special": special, "lines": by_line,
            "tokens": len(ids), "digest": fnv(ids),
            # Not if "é" is a special token: the decoder takes it for the byte E9.
            "returns": tokenizer.decode(ids, skip_special_tokens=False) == TEXT})
    (HERE / "cases.json").write_text(json.dumps(cases, ensure_ascii=False, indent=1) + "\n")


main()
