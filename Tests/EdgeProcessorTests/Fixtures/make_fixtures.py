"""Makes decisions.csv: readings of one device, and what an edge processor has to make of each.

A plain rendering of the rules, over whole lists and with no state but them: SciPy for the filters, NumPy for the scores,
and for the swinging door a check of every reading under every line. Run it in this folder: python3 make_fixtures.py
"""

import csv

import numpy as np
from scipy.signal import butter, filtfilt

BUFFER, EVERY, CHANGE = 100, 10, 0.1
FLOOR = 0.001  # of the mean in the quality, of the std in the score, of the last value in the relative change
HEARTBEAT = 45_000_000  # µs
BAND = {"accelerometer": 0.5, "temperature": 0.4, "humidity": 0.5, "pressure": 30.0, "vibration": 0.02}
B, A = butter(3, 0.1)


def processed(sensor, values):
    buffer = values[-BUFFER:]
    if len(buffer) < 10:
        return values[-1]
    if sensor in ("accelerometer", "gyroscope"):
        return filtfilt(B, A, buffer)[-1] if len(buffer) > 3 * max(len(A), len(B)) else values[-1]
    if sensor in ("temperature", "humidity"):
        return np.mean(buffer[-5:])
    return np.median(buffer[-3:])


def quality(values):
    if len(values) < 10:
        return 1.0
    cv = np.std(values[-10:]) / max(abs(np.mean(values[-10:])), FLOOR)
    return max(0.1, 1 - min(cv / 2, 0.9))


def score(values):
    if len(values) < 20:
        return 0.0
    before = values[-20:-1]
    return min(abs(values[-1] - np.mean(before)) / max(np.std(before), FLOOR) / 3, 1.0)


def original(values, qualities, scores):
    """A reason for each reading; "" for those that are not sent."""
    reasons, sent = [], None
    for index, value in enumerate(values):
        if sent is None:
            reason = "first"
        elif qualities[index] > 0.8 and scores[index] > 0.7:
            reason = "anomalous"
        elif abs(value - sent) / max(abs(sent), FLOOR) > CHANGE:
            reason = "changed"
        else:
            reason = "every_nth" if (index + 1) % EVERY == 0 else ""
        if reason:
            sent = value
        reasons.append(reason)
    return reasons


def dead_band(times, values, width):
    reasons, last = [], None
    for index in range(len(values)):
        if last is None:
            reason = "first"
        elif abs(values[index] - values[last]) > width(values[last]):
            reason = "outside_band"
        else:
            reason = "heartbeat" if times[index] - times[last] >= HEARTBEAT else ""
        if reason:
            last = index
        reasons.append(reason)
    return reasons


def swinging_door(times, values, deviation):
    reasons = ["first"] + [""] * (len(values) - 1)
    last = 0

    def line_passes_all(end):
        between = np.arange(last + 1, end)
        line = np.interp(times[between] - times[last], [0, times[end] - times[last]], [values[last], values[end]])
        return bool(np.all(np.abs(line - values[between]) <= deviation))

    for index in range(1, len(values)):
        if index - last > 1 and not line_passes_all(index):
            last = index - 1
            reasons[last] = "door_closed"
        if times[index] - times[last] >= HEARTBEAT:
            last = index
            reasons[last] = "heartbeat"
    if not reasons[-1]:
        reasons[-1] = "flushed"
    return reasons


def readings(random, count=130):
    """Per sensor type, and then in the order of a shuffled gateway."""
    steps = np.arange(count)
    walk = np.cumsum(random.normal(0, 0.05, count))
    temperature = 21 + walk + random.normal(0, 0.1, count)
    temperature[60:] += 6  # a step
    temperature[[40, 90]] += [3, -15]  # spikes
    humidity = 45 + 5 * np.sin(steps / 15)
    humidity[50:85] = 47.25  # constant, so that the std is 0
    humidity[80] += 0.0625
    series = {
        "accelerometer": 9.81 + np.sin(steps / 12) + random.normal(0, 0.15, count),
        "temperature": temperature,
        "humidity": humidity,
        "pressure": 1e6 + 40 * np.sin(steps / 20) + random.normal(0, 8, count),
        "vibration": random.normal(0, 0.02, count) * np.where(steps % 50 < 25, 1, 0.1),
    }
    order = random.permutation(np.repeat(list(series), count))
    times = 1_717_750_800_000_000 + np.cumsum(random.integers(50_000, 900_000, len(order)))
    times[len(times) // 2:] += 200_000_000  # an outage
    used = dict.fromkeys(series, 0)
    for sensor, time in zip(order, times):
        yield str(sensor), int(time), round(float(series[sensor][used[sensor]]), 6)
        used[sensor] += 1


rows = list(readings(np.random.default_rng(20240607)))
cells = [None] * len(rows)
for sensor, band in BAND.items():
    places = [place for place, row in enumerate(rows) if row[0] == sensor]
    times = np.array([rows[place][1] for place in places])
    values = np.array([rows[place][2] for place in places])
    filtered = [processed(sensor, values[: end + 1]) for end in range(len(values))]
    qualities = [quality(values[: end + 1]) for end in range(len(values))]
    scores = [score(values[: end + 1]) for end in range(len(values))]
    decisions = zip(
        original(values, qualities, scores), dead_band(times, values, lambda last: band),
        dead_band(times, values, lambda last: 0.05 * abs(last)), swinging_door(times, values, band))
    for place, *results, reasons in zip(places, filtered, qualities, scores, decisions):
        cells[place] = [*(repr(float(result)) for result in results), *reasons]

with open("decisions.csv", "w", newline="") as file:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([
        "sensor", "microseconds", "value", "processed", "quality", "score", "original", "dead_band", "relative_band",
        "swinging_door",
    ])
    writer.writerows([sensor, time, repr(value), *cell] for (sensor, time, value), cell in zip(rows, cells))
