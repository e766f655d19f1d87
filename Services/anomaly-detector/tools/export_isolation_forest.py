#!/usr/bin/env python3
"""Writes a scikit-learn IsolationForest as the model file of the detector `isolation-forest`.

    python3 export_isolation_forest.py model.joblib model.json --features value,change,time_of_day_sin,time_of_day_cos

Loading a joblib or pickle file runs whatever code it holds: load none from strangers. From Python, without one:

    from export_isolation_forest import export, reading_features
    model = IsolationForest(contamination=0.001, random_state=42).fit(reading_features(timestamps, values))
    export(model, "model.json", FEATURES)

Of all sensors of a device together, for a detector with `scope: device`:

    from export_isolation_forest import device_feature_names, device_features, export
    sensors = ["temperature", "pressure"]
    moments, features = device_features(readings, sensors)
    model = IsolationForest(contamination=0.001, random_state=42).fit(features)
    export(model, "model.json", device_feature_names(sensors))

The detector's scores then equal model.score_samples to 1e-9. A model that was trained on missing values is not
reproduced where values are missing: the detector never has any.
"""

import argparse
import json
import sys

FEATURES = ["value", "change", "time_of_day_sin", "time_of_day_cos"]
VERSION = 1


def reading_features(timestamps, values):
    """What the detector reads of one series, a row a reading, in the order of FEATURES.

    timestamps: microseconds since 1970 UTC, in the order of arrival. values: in the unit of the series.
    The change of the first reading is 0. Time of day is that of the minute, as a place on a circle.
    """
    import numpy as np

    values = np.asarray(values, dtype=np.float64)
    minutes = np.asarray(timestamps, dtype=np.int64) // 60_000_000 % 1440
    angle = 2 * np.pi * minutes / 1440
    return np.column_stack([values, np.diff(values, prepend=values[:1]), np.sin(angle), np.cos(angle)])


def device_feature_names(sensors):
    """The columns of device_features, in their order."""
    return [f"{kind}:{sensor}" for sensor in sensors for kind in ("value", "change")] + FEATURES[2:]


def device_features(readings, sensors, moment=1.0):
    """What the detector reads of one device: which of its readings make a moment whole, and a row of features for each.

    readings: (sensor, microseconds since 1970 UTC, value), in the order of arrival; those of other sensors are left out.
    moment: readings of different sensors that were measured within so many seconds belong together.

    A moment ends with a sensor that speaks again, or with a reading that was measured further from its first. It is whole
    when all that spoke in both moments before it have spoken; a row holds the newest value of each sensor, and its
    change from the row before. There are no rows before all sensors have spoken. That a sensor silent for an hour is not
    known any more to the detector is not looked at here.
    """
    import numpy as np

    latest, before, rows, places = {}, {}, [], []
    current, last, second_last, start = set(), set(), set(), None
    for place, (sensor, time, value) in enumerate(readings):
        if sensor not in sensors:
            continue
        if start is None or sensor in current or abs(time - start) > moment * 1e6:
            current, last, second_last, start = set(), current, last, time
        current.add(sensor)
        latest[sensor] = value
        before.setdefault(sensor, value)
        if not (last & second_last) <= current:
            continue
        if len(latest) == len(sensors):
            angle = 2 * np.pi * (time // 60_000_000 % 1440) / 1440
            pairs = [number for name in sensors for number in (latest[name], latest[name] - before[name])]
            rows.append(pairs + [np.sin(angle), np.cos(angle)])
            places.append(place)
        before = dict(latest)
    return places, np.array(rows)


def export(model, path, features=None):
    """Writes `model`, a fitted IsolationForest, to `path`.

    features: the names of the columns it was trained on; by default those of the data frame, if it was one.
    Raises ValueError when they are not known or do not match the model.
    """
    text = json.dumps(document(model, features), allow_nan=False, separators=(",", ":"))
    with open(path, "w") as file:
        file.write(text + "\n")


def document(model, features=None):
    """The model file as dictionaries and lists."""
    if not hasattr(model, "estimators_features_") or not hasattr(model, "max_samples_"):
        raise ValueError(f"{type(model).__name__} is not an IsolationForest that was fitted")
    return {
        "version": VERSION,
        "feature_names": names(model, features),
        "max_samples": int(model.max_samples_),
        "offset": float(model.offset_),
        "trees": [tree(*pair) for pair in zip(model.estimators_, model.estimators_features_)],
    }


def names(model, features):
    if features is None:
        features = getattr(model, "feature_names_in_", None)
    if features is None:
        raise ValueError("the model does not know the names of its features: name them")
    if len(features) != model.n_features_in_:
        raise ValueError(f"{len(features)} names for the model's {model.n_features_in_} features")
    return [str(name) for name in features]


def tree(estimator, columns):
    """One tree. With max_features below 1 it was trained on some columns only: its features are numbered among those."""
    nodes = estimator.tree_
    leaf = nodes.children_left == -1
    return {
        "feature": [-1 if end else int(columns[feature]) for end, feature in zip(leaf, nodes.feature)],
        "threshold": [0.0 if end else float(threshold) for end, threshold in zip(leaf, nodes.threshold)],
        "left": nodes.children_left.tolist(),
        "right": nodes.children_right.tolist(),
        "samples": nodes.n_node_samples.tolist(),
    }


def main():
    parser = argparse.ArgumentParser(
        description="Write a scikit-learn IsolationForest as a model file of the detector isolation-forest.",
        epilog="Loading a joblib or pickle file runs the code in it: load none from strangers.",
    )
    parser.add_argument("model", help="joblib or pickle file that holds a fitted IsolationForest")
    parser.add_argument("output", help="model file to write, JSON")
    parser.add_argument(
        "--features",
        metavar="NAMES",
        type=lambda text: text.split(","),
        help=f"names of the columns it was trained on, in their order, with commas; the detector has {', '.join(FEATURES)} "
        "(default: the columns of the data frame that it was trained on)",
    )
    arguments = parser.parse_args()
    import joblib

    try:
        export(joblib.load(arguments.model), arguments.output, arguments.features)
    except Exception as error:  # a file that is no pickle may raise anything
        sys.exit(f"cannot export {arguments.model}: {error or type(error).__name__}")


if __name__ == "__main__":
    main()
