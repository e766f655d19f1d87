"""Makes the fixtures with scikit-learn's IsolationForest and the exporter that ships.

model.json, points.csv: points and what scikit-learn says of them.
subset.json, subset.csv: the same of trees that were trained on some of the columns, contamination "auto".
readings.csv: a series, and what scikit-learn says of the features that the exporter makes of it, by model.json.
device.json, device.csv: the readings of a device's sensors, each its number, and what scikit-learn says of the moments that
they make whole; nan where they make none.

Run it in this folder: python3 make.py
"""

import sys

import numpy as np
from sklearn.ensemble import IsolationForest

sys.path.insert(0, "../../../../Services/anomaly-detector/tools")
sys.dont_write_bytecode = True
from export_isolation_forest import (  # noqa: E402
    FEATURES,
    device_feature_names,
    device_features,
    export,
    reading_features,
)

random = np.random.default_rng(20240607)


def series(count):
    """Every seven minutes a reading: a daily wave, noise, and a few spikes."""
    timestamps = 1_700_000_000_000_000 + np.arange(count) * 420_000_000
    values = 20 + 3 * np.sin(np.arange(count) * 7 / 1440 * 2 * np.pi) + random.normal(0, 0.4, count)
    values[::97] += 15
    return timestamps, values


def odd_points(points, model):
    """At each threshold of some trees, next to it, and what a single cannot hold."""
    at = []
    for estimator in model.estimators_[:4]:
        tree = estimator.tree_
        for feature, threshold in list(zip(tree.feature, tree.threshold))[:12]:
            if feature < 0:
                continue
            single = np.float32(threshold)
            for value in [threshold, single, np.nextafter(single, np.float32(-np.inf)), np.nextafter(single, np.float32(np.inf))]:
                point = points[len(at) % len(points)].copy()
                point[feature] = value
                at.append(point)
    extremes = [1e39, -1e39, 1e300, -1e300, 1e-50, -0.0, 0.1, 16777217.0, 3.4028235677973366e38]
    return np.array(at + [np.roll([value, 0.1, 0.5, -0.5], index)[: points.shape[1]] for index, value in enumerate(extremes)])


def write(path, columns, header):
    with open(path, "w") as file:
        file.write(header + "\n")
        for row in zip(*columns):
            file.write(",".join(repr(number.item()) for number in row) + "\n")


def write_points(path, model, points):
    scores, decisions = model.score_samples(points), model.decision_function(points)
    names = [f"f{index}" for index in range(points.shape[1])]
    write(path, [*points.T, scores, decisions], ",".join(names + ["score", "decision"]))


np.seterr(over="ignore")
timestamps, values = series(400)
training = reading_features(timestamps, values)
model = IsolationForest(n_estimators=20, max_samples=64, contamination=0.02, random_state=42).fit(training)
export(model, "model.json", FEATURES)
spread = training.mean(axis=0) + random.normal(0, 2, (80, 4)) * training.std(axis=0)
write_points("points.csv", model, np.vstack([spread, odd_points(training, model)]))

later, readings = series(150)
features = reading_features(later, readings)
write("readings.csv", [later, readings, model.score_samples(features)], "timestamp,value,score")

some = random.normal(5, 3, (100, 3)).round(1)
subset = IsolationForest(n_estimators=7, max_samples=50, max_features=0.5, random_state=42).fit(some)
export(subset, "subset.json", ["change", "time_of_day_cos", "value"])
write_points("subset.csv", subset, np.vstack([some[:30], random.normal(5, 9, (20, 3))]))


SENSORS = ["temperature", "pressure", "flow", "door"]


def device(random, sweeps, odd=()):
    """Twice a minute three sensors, in no order, of which one sometimes fails; and one that speaks by itself.

    Pressure follows temperature, but in the odd sweeps, where it is what it would be half a wave later.
    """
    readings = []
    for sweep in range(sweeps):
        start = 1_700_000_000_000_000 + sweep * 30_000_000
        temperature = 20 + 5 * np.sin(sweep / 20) + random.normal(0, 0.1)
        pressure = 3 - 2 * np.sin(sweep / 20) * (-1 if sweep in odd else 1) + random.normal(0, 0.05)
        values = {"temperature": temperature, "pressure": pressure, "flow": random.normal(8, 1)}
        spoken = [name for name in random.permutation(sorted(values)) if name != "flow" or random.random() < 0.8]
        readings += [(str(name), start + 150_000 * place, values[name]) for place, name in enumerate(spoken)]
        if random.random() < 0.1:
            readings.append(("door", start + int(random.integers(0, 20_000_000)), float(random.integers(0, 2))))
    return readings


random = np.random.default_rng(20260131)
moments, features = device_features(device(random, 600), SENSORS)
model = IsolationForest(n_estimators=25, max_samples=128, contamination=0.02, random_state=7).fit(features)
export(model, "device.json", device_feature_names(SENSORS))
readings = device(random, 300, odd=[94, 157, 220])
moments, features = device_features(readings, SENSORS)
scores = np.full(len(readings), np.nan)
scores[moments] = model.score_samples(features)
numbers = [np.array([SENSORS.index(sensor) for sensor, _, _ in readings])]
write("device.csv", numbers + [np.array(column) for column in list(zip(*readings))[1:]] + [scores], "sensor,timestamp,value,score")
