import Foundation
import NABScoring

// Scores of Sluice's detectors on the Numenta Anomaly Benchmark, beside those published, and what they cost:
//
//     NAB_DIR=<folder with data/ and labels/> swift run -c release nab-benchmark
//
// NAB_OUT (.build/nab) is the folder for result files: <detector>/<category>/<detector>_<file>.csv.
// Windows found and false alarms (rows, of those after the probation) are at the standard profile's best threshold.

/// Set and not empty.
private func setting(_ name: String) -> String? {
    ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
}

private func run(_ contender: Contender, over corpus: Corpus, into folder: String) throws {
    let run = try DetectorRun(contender, over: corpus)
    try ResultFolder("\(folder)/\(contender.name)").write(run.scores, of: corpus, detector: contender.name)
    ScoreTable.printMeasured(
        contender.name, try ScoredCorpus(corpus, scores: run.scores),
        cost: (run.nanosecondsPerReading, contender.bytesPerSeries()))
}

private func runClock(over corpus: Corpus, into folder: String) throws {
    let scores = ClockBaseline.scores(corpus)
    try ResultFolder("\(folder)/clock").write(scores, of: corpus, detector: "clock")
    ScoreTable.printMeasured("clock (alert every 600 rows)", try ScoredCorpus(corpus, scores: scores))
}

private func measureAll() throws {
    guard let data = setting("NAB_DIR") else { throw MissingDirectory() }
    let folder = setting("NAB_OUT") ?? ".build/nab"
    let corpus = try Corpus(folder: data)
    ScoreTable.printTitles()
    for contender in Contender.all { try run(contender, over: corpus, into: folder) }
    ScoreTable.printUnmeasured(["threshold", "rate-of-change"])
    try runClock(over: corpus, into: folder)
    ScoreTable.printPublished()
}

private struct MissingDirectory: Error, CustomStringConvertible {
    let description = """
        NAB_DIR is not set: it names the folder of the Numenta Anomaly Benchmark that holds data/ and labels/
        """
}

do {
    try measureAll()
} catch {
    FileHandle.standardError.write(Data("nab-benchmark: \(error)\n".utf8))
    exit(2)
}
