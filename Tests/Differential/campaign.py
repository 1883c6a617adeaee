"""A campaign: so many generated inputs, compared in batches by several processes; what a subject must supply.

A subject is a module with `inputs(random)`, which generates one input for our program and what the other side needs,
and `compare(input, report)`, which returns None where both agree, else the name of a class of differences. The
classes that are right stand in the subject's `CLASSES`, each with its reason; any other name fails the campaign.
"""

import argparse
import importlib
import multiprocessing
import random
import sys
import time
from collections import Counter

from program import Program

BATCH = 1000


def work(subject_name, path, seeds, results):
    subject = importlib.import_module(subject_name)
    program = Program(path, subject_name)
    for seed in iter(seeds.get, None):
        generator = random.Random(seed)
        inputs = [subject.generated(generator) for _ in range(BATCH)]
        found, examples = Counter(), {}
        for one, report in zip(inputs, program.reports(inputs)):
            difference = subject.compare(one, report)
            found[difference or "agreed"] += 1
            if difference and difference not in subject.CLASSES:
                examples.setdefault(difference, one.hex())
        results.put((found, examples))
    program.end()
    results.put(None)


def run(subject_name, path, inputs, seed, jobs):
    seeds, results = multiprocessing.Queue(), multiprocessing.Queue()
    batches = -(-inputs // BATCH)
    for batch in range(batches):
        seeds.put(seed + batch)
    for _ in range(jobs):
        seeds.put(None)
    workers = [
        multiprocessing.Process(target=work, args=(subject_name, path, seeds, results)) for _ in range(jobs)
    ]
    for worker in workers:
        worker.start()
    found, examples, running = Counter(), {}, jobs
    while running:
        try:
            result = results.get(timeout=5)
        except multiprocessing.queues.Empty:
            if all(worker.is_alive() for worker in workers):
                continue
            if any(worker.exitcode for worker in workers):
                break
            continue
        if result is None:
            running -= 1
            continue
        found.update(result[0])
        for name, example in result[1].items():
            examples.setdefault(name, example)
    for worker in workers:
        worker.join()
    return found, examples


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("subject")
    parser.add_argument("--program", required=True)
    parser.add_argument("--inputs", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    subject = importlib.import_module(arguments.subject)
    begin = time.monotonic()
    found, examples = run(
        arguments.subject, arguments.program, arguments.inputs, arguments.seed, arguments.jobs
    )
    total = sum(found.values())
    wrong = sum(count for name, count in found.items() if name != "agreed" and name not in subject.CLASSES)
    for name, count in sorted(found.items()):
        reason = "" if name == "agreed" else f"  {subject.CLASSES.get(name, 'NOT ALLOWED')}"
        print(f"{count:9} {name}{reason}")
    for name, example in examples.items():
        print(f"\nAn input of '{name}': {example}")
    print(
        f"\n{arguments.subject}: {total} inputs from seed {arguments.seed}, {found['agreed']} agreed, "
        f"{total - found['agreed'] - wrong} in a class that is right, {wrong} wrong; "
        f"{time.monotonic() - begin:.0f} s"
    )
    return 1 if wrong or total < arguments.inputs else 0


if __name__ == "__main__":
    sys.exit(main())
