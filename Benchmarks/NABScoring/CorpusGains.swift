/// What the rows of each series add to a profile's raw score, so that any part of the corpus is scored without judging its
/// rows again.
public struct CorpusGains: Sendable {
    private struct Part {
        var gains: [ScoredSeries.Gain]
        var windows: Int
    }

    public let profile: Profile
    private let parts: [String: Part]

    public init(_ scored: ScoredCorpus, _ profile: Profile) {
        self.profile = profile
        parts = Dictionary(
            uniqueKeysWithValues: scored.series.map { series in
                let part = Part(gains: Self.condensed(series.gains(profile)), windows: series.windows.count)
                return (series.series.path, part)
            })
    }

    /// As ``ScoredCorpus/best(_:)`` of these series alone.
    ///
    /// - Precondition: the corpus has them.
    public func best(in paths: Set<String>) -> ProfileScore { score(in: paths) { $0.best } }

    /// As ``ScoredCorpus/score(_:threshold:)`` of these series alone.
    ///
    /// - Precondition: the corpus has them.
    public func score(in paths: Set<String>, threshold: Double) -> ProfileScore {
        score(in: paths) { $0.point(atThreshold: threshold) }
    }

    private func score(in paths: Set<String>, _ point: (Sweep) -> Sweep.Point) -> ProfileScore {
        // In order, so that sums are the same to the last bit.
        let chosen = paths.sorted().map { path in
            guard let part = parts[path] else { preconditionFailure("the corpus has no series \(path)") }
            return part
        }
        let windows = chosen.reduce(0) { $0 + $1.windows }
        return ProfileScore(profile, point(Sweep(chosen.flatMap(\.gains), profile, windows: windows)), windows: windows)
    }

    /// Rows without a score, nearly all of them, are alerts together or not at all: one gain says it.
    private static func condensed(_ gains: [ScoredSeries.Gain]) -> [ScoredSeries.Gain] {
        let silent = gains.lazy.filter { $0.score == 0 }.reduce(0) { $0 + $1.raw }
        return gains.filter { $0.score > 0 } + [ScoredSeries.Gain(score: 0, raw: silent)]
    }
}
