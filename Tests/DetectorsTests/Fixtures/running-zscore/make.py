"""Makes input.csv and expected.csv: the running z-score by its definition.

No running update: for each reading, numpy's mean and population std are taken over the list of values learnt so far.
Run it in this folder: python3 make.py
"""

import numpy as np

THRESHOLD, FLOOR, WARM_UP, LEARN_AFTER = 3.0, 0.1, 30, 30


def series(random):
    daily = 20 + 3 * np.sin(np.arange(400) / 40) + random.normal(0, 0.4, 400)
    daily[[70, 71, 150, 333]] += [25, -25, 12, -40]  # spikes
    daily[200:300] += 30  # a step up, and later down again

    flat = np.full(120, 7.25)  # std 0: the floor decides
    flat[[40, 60, 80]] += [0.29, 0.31, -5]

    two_levels = np.where(random.random(200) < 0.5, 0.0, 100.0)
    far = 1e6 + random.normal(0, 1, 150)  # cancellation would show here
    far[100] += 50
    return {"daily": daily, "flat": flat, "two_levels": two_levels, "far": far}


def expectation(values):
    learnt, run = [], []
    for value in values:
        mean, std = (np.mean(learnt), np.std(learnt)) if learnt else (0.0, 0.0)
        z = abs(value - mean) / max(std, FLOOR) if len(learnt) >= WARM_UP else 0.0
        anomalous = z > THRESHOLD
        yield z, anomalous, mean - 2 * std, mean + 2 * std
        if anomalous:
            run.append(value)
            if len(run) >= LEARN_AFTER:
                learnt, run = run, []
        else:
            learnt.append(value)
            run = []


random = np.random.default_rng(20240607)
with open("input.csv", "w") as inputs, open("expected.csv", "w") as expected:
    inputs.write("series,value\n")
    expected.write("z,anomalous,low,high\n")
    for name, values in series(random).items():
        for value, (z, anomalous, low, high) in zip(values, expectation(values)):
            inputs.write(f"{name},{float(value)!r}\n")
            expected.write(f"{float(z)!r},{int(anomalous)},{float(low)!r},{float(high)!r}\n")
