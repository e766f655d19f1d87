#!/usr/bin/env python3
"""Scores of tailsum as docs/detectors.md defines it, written down without any of the product's code.

usage: make.py > expected.csv

Columns: time (s since 1970), value, score (E), alert (0 or 1). Means of bins are 32-bit differences from the first reading, as in
the product; everything else is 64 bits.
"""
import math

import numpy as np


def readings():
    """Three weeks of a series with a day, a week, noise, gaps, steps, spikes and a stretch that stands still."""
    generator = np.random.default_rng(7)
    time = -400_000
    for index in range(2_400):
        time += int(generator.choice([600, 780, 900, 1_200, 7_200], p=[0.4, 0.3, 0.2, 0.09, 0.01]))
        day = math.sin(2 * math.pi * time / 86_400)
        week = 1.0 if (time // 86_400) % 7 in (2, 3) else 0.0
        value = 1_000_020 + 4 * day - 3 * week + float(generator.normal(0, 0.5))
        if index in (700, 1_111, 1_112, 1_900):
            value += 25 + index / 100
        if 1_400 <= index < 1_500:
            value = 1_000_031.0
        if index > 2_000:
            value -= 9
        yield time, value


class Meter:
    def __init__(self):
        self.q, self.s, self.m, self.c = 0.0, 0.0, 0.5, 0

    def __call__(self, y, n, r):
        answer = 0.0
        if n > 30 and y > self.q > 0:
            answer = 2.30103 + math.log10(y / self.q) / max(self.m, 0.05)
        self.s += r * (y - self.s)
        if n <= 10:
            self.q = max(self.q, y)
            return answer
        step = 4 * r * max(self.s, self.q)
        if y > self.q:
            if self.q > 0:
                self.c += 1
                self.m += (min(math.log(y / self.q), 3) - self.m) / min(20 + self.c, 500)
            self.q += 0.995 * step
        else:
            self.q = max(0.0, self.q - 0.005 * step)
        return answer


class Season:
    def __init__(self, bins, period, rate, bin_rate):
        self.bins, self.period, self.rate, self.bin_rate = bins, period, rate, bin_rate
        self.mean = np.zeros(bins, np.float32)
        self.count = [0] * bins
        self.residual = 0.0

    def __call__(self, offset, difference, time):
        k = (time % self.period) * self.bins // self.period
        if self.count[k] == 0:
            self.residual += self.rate[0] * (difference - self.residual)
            self.mean[k] = offset
            self.count[k] = 1
        else:
            error = offset - float(self.mean[k])
            self.residual += self.rate[0] * (error - self.residual)
            self.count[k] += 1
            self.mean[k] = float(self.mean[k]) + max(self.bin_rate, 1 / self.count[k]) * error
        return self.residual


def scores(series, threshold=1.44):
    n = 0
    day = Season(96, 86_400, (0.05,), 0.2)
    week = Season(168, 604_800, (0.2,), 0.3)
    meters = [Meter(), Meter(), Meter()]
    d = q2 = c2 = habit = spent = last = 0.0
    e2 = 1.0
    since = None
    for time, x in series:
        if n == 0:
            origin = f = b = g = lo = hi = x
        n += 1
        inv = 1 / n
        r = max(0.003, inv)
        f += max(0.03, inv) * (x - f)
        y1 = f - b
        e = x - b
        if n > 20 and d > 0:
            e = max(-5 * d, min(5 * d, e))
        b += r * e
        d += r * (abs(e) - d)
        g += max(0.002, inv) * (x - g)
        y2 = day(x - origin, x - g, time)
        y3 = week(x - origin, x - g, time)
        parts = [meter(abs(y), n, r) for meter, y in zip(meters, (y1, y2, y3))]
        h = hi - lo
        outside = max(lo - x, x - hi, 0)
        lo, hi = min(lo, x), max(hi, x)
        record = 6 * min(outside / h / 0.05, 1) if h > 0 and n > 30 else 0
        total = sum(parts) + record
        evidence = 0.0
        if n > 30:
            above = total > q2
            surprise = 2.30103 + 0.4342945 * (total - q2) / max(e2, 0.05) if above else 0
            step = 4 * r * max(q2, 0.3)
            if n <= 60:
                q2 = max(q2, total)
            elif above:
                c2 += 1
                e2 += (min(total - q2, 20) - e2) / min(20 + c2, 500)
                q2 += 0.995 * step
            else:
                q2 = max(0, q2 - 0.005 * step)
            evidence = 0.8 * total + 0.2 * surprise
        strength = evidence * math.sqrt(evidence / habit) if evidence > 0 and habit > 0 else evidence
        habit = max(evidence, habit * 2 ** (-1 / 2_000), 1)
        spent *= 2 ** (-1 / 4_000)
        score = strength / (1 + 0.2 * max(0, spent - 1))
        if since is not None:
            since += 1
        alert = score >= threshold and (since is None or since >= 120 or strength > 2.5 * last)
        if alert:
            last, since = strength, 0
            spent += 1
        yield time, x, score, int(alert)


if __name__ == "__main__":
    print("time,value,score,alert")
    for time, value, score, alert in scores(readings()):
        print(f"{time},{value!r},{score!r},{alert}")
