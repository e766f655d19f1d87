import Foundation
import NABScoring

/// What `Fixtures/make_fixtures.py` wrote: a small corpus, results, and what the reference scorer makes of them.
enum Fixture {
    static let detectors = ["exact", "ties", "good", "late", "always"]

    static func corpus() throws -> Corpus { try Corpus(folder: folder.appending(path: "corpus").path()) }

    static func results(_ detector: String) -> ResultFolder {
        ResultFolder(folder.appending(path: "results/\(detector)").path())
    }

    static func expected() throws -> Expected {
        try JSONDecoder().decode(Expected.self, from: Data(contentsOf: folder.appending(path: "expected.json")))
    }

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")
}

/// `Fixtures/expected.json`.
struct Expected: Decodable {
    struct Detector: Decodable {
        /// By the profile's name.
        var best: [String: Score]
        var fixed: [String: Score]
        /// At the standard profile's best threshold, as are those of each series.
        var counts: Counts
        var series: [String: Series]
    }

    struct Score: Decodable {
        var score: Double
        var threshold: Double
        var raw: Double
        var windows: Int
    }

    struct Counts: Decodable {
        var found: Int
        var falseAlarms: Int
    }

    struct Series: Decodable {
        /// Of the standard profile.
        var raw: Double
        var counts: Counts
    }

    var fixedThreshold: Double
    var detectors: [String: Detector]
}
