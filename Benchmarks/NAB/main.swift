import Foundation
import NABScoring

// Scores of Sluice's detectors on the Numenta Anomaly Benchmark, beside those published, and what they cost:
//
//     NAB_DIR=<folder with data/ and labels/> swift run -c release nab-benchmark
//
// NAB_OUT (.build/nab) is the folder for result files: <detector>/<category>/<detector>_<file>.csv.
// With `holdout`, what choosing tailsum's parameters on one half of the corpus is worth on the other: docs/detectors.md.
//
// Windows found and false alarms (rows, of those after the probation) are at the standard profile's best threshold.

/// Set and not empty.
private func setting(_ name: String) -> String? {
    ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
}

private func run(_ contender: Contender, over corpus: Corpus, _ inputs: CorpusInputs, into folder: String) throws {
    let run = try DetectorRun(contender, over: inputs)
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

private func corpus() throws -> Corpus {
    guard let data = setting("NAB_DIR") else { throw MissingDirectory() }
    return try Corpus(folder: data)
}

private func measureAll(_ corpus: Corpus) throws {
    let folder = setting("NAB_OUT") ?? ".build/nab"
    let inputs = CorpusInputs(corpus)
    ScoreTable.printTitles()
    for contender in Contender.all { try run(contender, over: corpus, inputs, into: folder) }
    ScoreTable.printUnmeasured(["threshold", "rate-of-change"])
    try runClock(over: corpus, into: folder)
    ScoreTable.printPublished()
}

private struct MissingDirectory: Error, CustomStringConvertible {
    let description = """
        NAB_DIR is not set: it names the folder of the Numenta Anomaly Benchmark that holds data/ and labels/
        """
}

private struct UnknownArguments: Error, CustomStringConvertible {
    let description = "the only argument is holdout: to choose tailsum's parameters on one half and score the other"
}

do {
    switch CommandLine.arguments.dropFirst() {
    case []: try measureAll(try corpus())
    case ["holdout"]: try Holdout(try corpus()).run()
    default: throw UnknownArguments()
    }
} catch {
    FileHandle.standardError.write(Data("nab-benchmark: \(error)\n".utf8))
    exit(2)
}
