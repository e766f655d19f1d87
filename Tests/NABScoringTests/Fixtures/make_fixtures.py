#!/usr/bin/env python3
"""Writes the corpus, the results and the expected scores beside this file.

usage: python3 make_fixtures.py --scorer PATH

PATH is the reference scorer of the Numenta Anomaly Benchmark's rule (scorer.py; needs numpy). The corpus is made up:
no value means anything, but the windows lie where the rule has its edges.
"""
import argparse, datetime, importlib.util, json, pathlib, random, shutil, sys

HERE = pathlib.Path(__file__).resolve().parent
FIXED_THRESHOLD = 0.5

# path below data/: (readings, windows by row)
SERIES = {
    "edges/adjacent_windows.csv": (160, [(60, 79), (80, 99)]),
    "edges/last_row.csv": (90, [(70, 89)]),
    "edges/one_row_window.csv": (100, [(50, 50)]),
    "edges/partly_in_probation.csv": (200, [(2, 8), (20, 45)]),
    "plain/no_window.csv": (150, []),
    "plain/one_window.csv": (240, [(120, 150)]),
    "plain/three_windows.csv": (300, [(70, 90), (150, 151), (230, 270)]),
    "times/carriage_returns.csv": (120, [(40, 60)]),
    "times/twice.csv": (130, [(50, 70)]),
}
CARRIAGE_RETURNS = "times/carriage_returns.csv"
# Rows that repeat the time of the row before: at the first edge of a window, in it, and at its last edge.
TWICE = {"times/twice.csv": {51, 60, 71}}


def stamps(path, readings):
    start, times = datetime.datetime(2026, 2, 27, 22, 0), []
    for row in range(readings):
        again = row in TWICE.get(path, ())
        times.append(times[-1] if again else str(start + datetime.timedelta(minutes=5 * row)))
    return times


def write_corpus(folder):
    labels = {}
    for path, (readings, windows) in SERIES.items():
        times = stamps(path, readings)
        rows = ["timestamp,value"] + ["%s,%d" % (t, row % 7) for row, t in enumerate(times)]
        end = "\r\n" if path == CARRIAGE_RETURNS else "\n"
        file = folder / "data" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(end.join(rows + [""]).encode())
        labels[path] = [[times[a] + ".000000", times[b] + ".000000"] for a, b in windows]
    (folder / "labels").mkdir(parents=True)
    (folder / "labels" / "combined_windows.json").write_text(json.dumps(labels, indent=1) + "\n")


def detectors():
    """Name: the score of a row, from its windows, its number and a generator."""
    def in_window(windows, row):
        return any(a <= row <= b for a, b in windows)

    return {
        "exact": lambda w, row, r: r.random(),
        "ties": lambda w, row, r: round(r.random(), 1),
        "good": lambda w, row, r: round(0.9 * r.random() ** 9 + 0.1 * (in_window(w, row) and r.random() < 0.2), 6),
        "late": lambda w, row, r: round(0.6 + 0.1 * r.random(), 3) if any(row - b in (0, 1, 2) for _, b in w) else 0.0,
        "always": lambda w, row, r: 1.0,
    }


def write_results(folder, name, score):
    generator = random.Random(name)
    for path, (readings, windows) in SERIES.items():
        category, file = path.split("/")
        # One detector has NAB's names, the others the data files' own.
        target = folder / name / category / ("good_" + file if name == "good" else file)
        target.parent.mkdir(parents=True, exist_ok=True)
        rows = ["anomaly_score"] + [repr(score(windows, row, generator)) for row in range(readings)]
        target.write_text("\n".join(rows) + "\n")


def expected(scorer, corpus, results):
    benchmark = scorer.Benchmark(str(corpus))
    scores = scorer.load_results(str(results), benchmark.files)
    best = benchmark.score(scores)
    threshold = best["standard"]["threshold"]
    return {
        "best": best,
        "fixed": benchmark.score(scores, thresholds=FIXED_THRESHOLD),
        "counts": counts(benchmark, scores, threshold, None),
        "series": {
            path: {
                "raw": benchmark.score(scores, [path], threshold)["standard"]["raw"],
                "counts": counts(benchmark, scores, threshold, [path]),
            }
            for path in benchmark.files
        },
    }


def counts(benchmark, scores, threshold, paths):
    found, _, false_alarms, _ = benchmark.counts(scores, threshold, paths)
    return {"found": int(found), "falseAlarms": int(false_alarms)}


def load(path):
    sys.dont_write_bytecode = True
    spec = importlib.util.spec_from_file_location("scorer", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--scorer", required=True)
    scorer = load(arguments.parse_args().scorer)
    for name in ("corpus", "results"):
        shutil.rmtree(HERE / name, ignore_errors=True)
    write_corpus(HERE / "corpus")
    answers = {"fixedThreshold": FIXED_THRESHOLD, "detectors": {}}
    for name, score in detectors().items():
        write_results(HERE / "results", name, score)
        answers["detectors"][name] = expected(scorer, HERE / "corpus", HERE / "results" / name)
    (HERE / "expected.json").write_text(json.dumps(answers, indent=1) + "\n")


if __name__ == "__main__":
    main()
