"""A model of Tern for lm-evaluation-harness: every request is answered by `infer`."""

import json
import subprocess

from lm_eval.api.model import LM


class TernLM(LM):
    def __init__(self, model, infer="infer", greedy=False, batch=64):
        """`model` is what infer takes. With `greedy`, answers to log-likelihoods say whether they are what a greedy answer would be."""
        super().__init__()
        self.command, self.greedy = [infer, model, "--json", "--batch", str(batch)], greedy

    def _run(self, lines, *options):
        text = "".join(json.dumps(line) + "\n" for line in lines)
        done = subprocess.run([*self.command, *options], input=text, capture_output=True, text=True, check=True)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def _tokens(self, texts):
        """What infer makes of texts, each of which is encoded once."""
        distinct = list(dict.fromkeys(texts))
        found = self._run([{"prompt": text} for text in distinct], "--score")
        tokens = dict(zip(distinct, (line["tokens"] for line in found)))
        return [tokens[text] for text in texts]

    def loglikelihood(self, requests, disable_tqdm=False):
        pairs = [self._pair(*request.args) for request in requests]
        starts = self._tokens([context for context, _ in pairs])
        wholes = self._tokens([context + text for context, text in pairs])
        texts = [(start, whole[len(start):]) for start, whole in zip(starts, wholes)]
        scores = self._run([{"tokens": start + rest} for start, rest in texts], "--score")
        sums = [sum(line["logprobs"][len(line["logprobs"]) - len(rest):]) for line, (_, rest) in zip(scores, texts)]
        return list(zip(sums, self._are_greedy(texts)))

    def _are_greedy(self, texts):
        if not self.greedy:
            return [False] * len(texts)
        lines = [{"tokens": start, "max_tokens": len(rest), "ignore_eos": True} for start, rest in texts]
        found = self._run(lines, "--temperature", "0")
        return [line["tokens"] == rest for line, (_, rest) in zip(found, texts)]

    @staticmethod
    def _pair(context, continuation):
        """The harness' rule: white space at the end of a context goes to what follows."""
        spaces = len(context) - len(context.rstrip())
        return (context[:-spaces], context[-spaces:] + continuation) if spaces else (context, continuation)

    def generate_until(self, requests, disable_tqdm=False):
        lines = []
        for request in requests:
            prompt, options = request.args
            lines.append({"prompt": prompt, "stop": options.get("until", []), "max_tokens": options.get("max_gen_toks", 256)})
        return [line["text"] for line in self._run(lines, "--temperature", "0")]

    def loglikelihood_rolling(self, requests, disable_tqdm=False):
        found = self._run([{"prompt": request.args[0]} for request in requests], "--score")
        return [sum(value for value in line["logprobs"] if value is not None) for line in found]
