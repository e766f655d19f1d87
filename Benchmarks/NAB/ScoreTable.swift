import Foundation
import NABScoring

/// The lines that the benchmark prints.
struct ScoreTable {
    private static let titles = [
        "standard", "low-FP", "low-FN", "windows", "false/1,000", "ns/reading", "bytes/series",
    ]

    /// From the score board of the Numenta Anomaly Benchmark: all three profiles, or the standard one alone.
    private static let published = [
        ("ARTime", ["74.85", "65.15", "80.36"]),
        ("Numenta HTM", ["70.1", "63.1", "74.3"]),
        ("CAD OSE", ["69.9", "67.0", "73.2"]),
        ("random cut forest", ["51.7"]),
        ("windowed Gaussian", ["39.7"]),
    ]

    static func printTitles() { printRow("detector", titles) }

    /// - Parameter cost: nanoseconds a reading and bytes a series.
    static func printMeasured(_ name: String, _ scored: ScoredCorpus, cost: (nanoseconds: Double, bytes: Int)? = nil) {
        let best = Profile.all.map(scored.best)
        let counts = scored.counts(threshold: best[0].threshold)
        let figures =
            best.map { digits($0.score, 2) } + ["\(counts.windowsFound)/\(counts.windows)"]
            + [digits(counts.falseAlarmsPerThousandReadings, 3)]
        printRow(name, figures + (cost.map { [digits($0.nanoseconds, 1), "\($0.bytes)"] } ?? []))
    }

    /// Those that alarm at limits of their users' choosing.
    static func printUnmeasured(_ names: [String]) {
        for name in names { print(name.padding(toLength: 32, withPad: " ", startingAt: 0) + "  needs limits of yours") }
    }

    static func printPublished() {
        for (name, scores) in published { printRow(name + " (published)", scores) }
    }

    private static func printRow(_ name: String, _ figures: [String]) {
        let cells = zip(titles, figures).map { title, figure in
            String(repeating: " ", count: max(0, title.count + 2 - figure.count)) + figure
        }
        print(name.padding(toLength: 32, withPad: " ", startingAt: 0) + cells.joined())
    }

    private static func digits(_ number: Double, _ places: Int) -> String {
        String(format: "%.\(places)f", number)
    }
}
