"""Makes the CSV files of this folder with SciPy and NumPy. Run it in this folder: python3 make_fixtures.py"""

import csv

import numpy as np
from scipy.signal import butter, filtfilt

SLIDING = [(3, 0.1, 100), (3, 0.1, 13), (1, 0.3, 50), (2, 0.05, 60), (4, 0.2, 40)]  # order, cutoff, window
LONG = [(0.0, 2.0), (1e6, 1.0), (-1e9, 1e3)]  # offset, width
READINGS, CHECKED = 100_000, 40


def numbers(values):
    return ";".join(repr(float(value)) for value in values)


def write(name, header, rows):
    with open(name, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def butterworth():
    for order in range(1, 9):
        for cutoff in (0.05, 0.1, 0.25, 0.5, 0.9):
            b, a = butter(order, cutoff)
            yield order, cutoff, numbers(b), numbers(a)


def whole_arrays(random):
    for order, cutoff, length, offset in [
        (1, 0.1, 7, 0.0), (2, 0.3, 10, 5.0), (3, 0.1, 13, 20.0), (3, 0.1, 14, 20.0), (3, 0.1, 100, 1e6), (4, 0.2, 60, -3.0),
        (5, 0.4, 80, 0.0), (6, 0.5, 50, 1.0), (8, 0.6, 40, 0.0),
    ]:
        values = np.round(offset + np.cumsum(random.normal(0, 1, length)), 6)
        yield order, cutoff, numbers(values), numbers(filtfilt(*butter(order, cutoff), values))


def last_or_nothing(b, a, window):
    return repr(float(filtfilt(b, a, window)[-1])) if len(window) > 3 * max(len(a), len(b)) else ""


def sliding(random):
    values = 9.81 + np.cumsum(random.normal(0, 0.2, 330))
    values[[60, 170]] += [1e4, -3e5]  # spikes that the window has to forget
    values[230:] += 1e6
    values = np.round(values, 6)
    for end in range(1, len(values) + 1):
        filtered = [
            last_or_nothing(*butter(order, cutoff), values[max(0, end - window):end]) for order, cutoff, window in SLIDING
        ]
        mean = repr(float(np.mean(values[end - 5:end]))) if end >= 5 else ""
        median = repr(float(np.median(values[end - 3:end]))) if end >= 3 else ""
        yield [repr(float(values[end - 1])), mean, median, *filtered]


def split_mix(count, state=42):
    """SplitMix64 (Steele, Lea, Flood 2014) as numbers from 0 to 1, which the tests repeat to the bit."""
    mask = (1 << 64) - 1
    for _ in range(count):
        state = state + 0x9E3779B97F4A7C15 & mask
        z = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 & mask
        z = (z ^ z >> 27) * 0x94D049BB133111EB & mask
        yield ((z ^ z >> 31) >> 11) * 2.0**-53


def long_series():
    b, a = butter(3, 0.1)
    units = np.array(list(split_mix(READINGS)))
    for offset, width in LONG:
        values = offset + width * (units - 0.5)
        for end in range(READINGS - CHECKED + 1, READINGS + 1):
            ten, before = values[end - 10:end], values[end - 20:end - 1]
            results = [np.mean(ten), np.std(ten), np.mean(before), np.std(before), filtfilt(b, a, values[end - 100:end])[-1]]
            yield [repr(offset), repr(width), end, *(repr(float(result)) for result in results)]


random = np.random.default_rng(1948)
write("butterworth.csv", ["order", "cutoff", "b", "a"], butterworth())
write("filtfilt.csv", ["order", "cutoff", "values", "filtered"], whole_arrays(random))
write("sliding.csv", ["value", "mean5", "median3", *(f"{o}/{c}/{w}" for o, c, w in SLIDING)], sliding(random))
write(
    "long.csv", ["offset", "width", "reading", "mean10", "std10", "mean_before", "std_before", "low_pass"], long_series())
