"""The files that `bench quality --task` reads, in the layout that the harness' own tasks expect. Written apart from Tern's reader, so
that one is a check of the other."""

import json
import os


def lines(path):
    with open(path) as file:
        return [json.loads(line) for line in file if line.strip()]


def arc(path, keys=None):
    questions, found = lines(path), []
    answers = [line["answerKey"] for line in lines(keys)] if keys else [None] * len(questions)
    assert len(answers) == len(questions)
    for question, key in zip(questions, answers):
        choices, gold = list(question["choices"]), question["gold"]
        if key is not None:
            twice = [place for place, text in enumerate(choices) if text in choices[place + 1:]]
            if twice:
                del choices[twice[0]]
            official = int(key) - 1 if key.isdigit() else ord(key) - ord("A")
            gold = official if official < len(choices) else gold
        labels = [chr(ord("A") + place) for place in range(len(choices))]
        found.append({
            "question": question["query"].removeprefix("Question: "), "choices": {"text": choices, "label": labels}, "answerKey": labels[gold],
        })
    return found


def piqa(path, keys):
    return [{**question, "label": label} for question, label in zip(lines(path), lines(keys), strict=True)]


def winogrande(path):
    found = []
    for line in lines(path):
        if "sentence" in line:
            found.append(line)
            continue
        start = os.path.commonprefix(line["context_options"])
        options = [text[len(start):] for text in line["context_options"]]
        assert "_" not in start
        found.append({
            "sentence": f"{start}_ {line['continuation']}", "option1": options[0], "option2": options[1], "answer": str(line["gold"] + 1),
        })
    return found


def openbookqa(path):
    return [
        {"question_stem": line["query"], "choices": {"text": line["choices"], "label": list("ABCD")}, "answerKey": "ABCD"[line["gold"]]}
        for line in lines(path)
    ]


def commonsense_qa(path):
    return [
        {
            "question": line["question"]["stem"], "answerKey": line["answerKey"],
            "choices": {key: [choice[key] for choice in line["question"]["choices"]] for key in ("text", "label")},
        }
        for line in lines(path)
    ]


def lambada(path):
    return [{"text": f"{line['context']} {line['continuation']}"} if "context" in line else line for line in lines(path)]


# For each of our names the file of the harness' task, the split that is asked, and what makes the task's layout.
TASKS = {
    "arc_easy": ("arc/arc_easy", "test", arc),
    "arc_challenge": ("arc/arc_challenge", "test", arc),
    "piqa": ("piqa/piqa", "validation", piqa),
    "winogrande": ("winogrande/default", "validation", winogrande),
    "hellaswag": ("hellaswag/hellaswag", "validation", lines),
    "openbookqa": ("openbookqa/openbookqa", "test", openbookqa),
    "commonsense_qa": ("commonsense_qa/default", "validation", commonsense_qa),
    "lambada": ("lambada/lambada_openai", "test", lambada),
    "gsm8k": ("gsm8k/gsm8k", "test", lines),
}
