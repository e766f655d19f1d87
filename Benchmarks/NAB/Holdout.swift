import Detectors
import NABScoring

/// Chooses `tailsum`'s parameters on one half of the corpus and scores them on the other, for several splits both ways.
///
/// The NAB threshold, too, is the best of the first half: nothing of the second is looked at before it is scored.
struct Holdout {
    /// What one half chose, and what that and the defaults are worth on both.
    struct Trial {
        struct Scores {
            var chosenOn: Double
            var heldOut: Double
        }

        var choice: TailSum.Configuration
        var byDefault: Scores
        var chosen: Scores

        var gain: Double { chosen.heldOut - byDefault.heldOut }
    }

    private let corpus: Corpus
    private let inputs: CorpusInputs
    private static let splits = 5
    private static let seed: UInt64 = 1

    init(_ corpus: Corpus) {
        self.corpus = corpus
        inputs = CorpusInputs(corpus)
    }

    func run() throws {
        let splits = HalfSplit.repeated(Self.splits, corpus.series.map(\.path), seed: Self.seed)
        // Splits ask for much the same points.
        var known: [TailSum.Configuration: CorpusGains] = [:]
        HoldoutTable.printTitles(splits: Self.splits, seed: Self.seed)
        var trials: [Trial] = []
        for (number, split) in splits.enumerated() {
            for (half, split) in [("a", split), ("b", split.swapped)] {
                trials.append(try trial(split, &known))
                HoldoutTable.printTrial("\(number + 1)\(half)", trials[trials.count - 1])
            }
        }
        HoldoutTable.printSummary(trials, tried: known.count)
    }

    private func trial(_ split: HalfSplit, _ known: inout [TailSum.Configuration: CorpusGains]) throws -> Trial {
        let standard = TailSum.Configuration()
        let choice = try TailSumGrid.search.best(from: standard) { point in
            try gains(point, &known).best(in: split.first).score
        }
        return Trial(
            choice: choice, byDefault: scores(try gains(standard, &known), split),
            chosen: scores(try gains(choice, &known), split))
    }

    private func gains(
        _ point: TailSum.Configuration, _ known: inout [TailSum.Configuration: CorpusGains]
    ) throws -> CorpusGains {
        if let gains = known[point] { return gains }
        let run = try DetectorRun(.tailSum(point), over: inputs)
        let gains = CorpusGains(try ScoredCorpus(corpus, scores: run.scores), .standard)
        known[point] = gains
        return gains
    }

    private func scores(_ gains: CorpusGains, _ split: HalfSplit) -> Trial.Scores {
        let best = gains.best(in: split.first)
        return Trial.Scores(
            chosenOn: best.score, heldOut: gains.score(in: split.second, threshold: best.threshold).score)
    }
}
