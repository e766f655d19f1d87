import Foundation
import Model
import Testing

@testable import EdgeProcessor

struct DeviceForestsTests {
    private func batch(_ values: [(device: String, value: Double)]) -> ReadingBatch {
        var batch = ReadingBatch(identity: BatchIdentity(producer: "", sequence: 0))
        for (row, entry) in values.enumerated() {
            let index = batch.series.firstIndex { $0.device == entry.device } ?? batch.series.count
            if index == batch.series.count {
                batch.series.append(
                    Series(device: entry.device, sensor: "flow", unit: "", partition: Partition(rawValue: 0)))
            }
            batch.appendReading(
                seriesIndex: UInt32(index), timestamp: Int64(row) * 60_000_000, value: entry.value, receivedAt: 0,
                position: UInt32(row))
        }
        return batch
    }

    /// A forest of one tree: values up to `limit` are usual, those above it are isolated at once.
    private func model(limit: Double) -> String {
        """
        {"version": 1, "feature_names": ["value"], "max_samples": 256, "offset": -0.7, "trees": [
            {"feature": [0, -1, -1], "threshold": [\(limit), 0, 0], "left": [1, -1, -1], "right": [2, -1, -1],
             "samples": [256, 255, 1]}]}
        """
    }

    private func forests(_ mode: ForestSettings.Mode, files: [String: String] = [:]) throws -> (DeviceForests, Faults) {
        let folder = FileManager.default.temporaryDirectory.appending(path: "models-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (name, text) in files {
            try text.write(to: folder.appending(path: name), atomically: true, encoding: .utf8)
        }
        let faults = Faults()
        return (DeviceForests(ForestSettings(mode: mode, directory: folder.path)) { faults.words.append($0) }, faults)
    }

    private final class Faults {
        var words: [String] = []
    }

    @Test func `a device with a file is judged by it, the others by the default`() throws {
        let (forests, _) = try forests(
            .models, files: ["pump.json": model(limit: 10), "default.json": model(limit: 100)])
        let scores = forests.scores(of: batch([("pump", 5), ("pump", 50), ("oven", 50), ("oven", 500)]))
        #expect(scores[0] < 1 && scores[1] == 1)
        #expect(scores[2] < 1 && scores[3] == 1)
    }

    @Test func `without a default the others are not judged`() throws {
        let (forests, _) = try forests(.models, files: ["pump.json": model(limit: 10)])
        #expect(forests.scores(of: batch([("pump", 50), ("oven", 50)])) == [1, 0])
    }

    @Test func `a file that is no model is told of once, and the default judges`() throws {
        let (forests, faults) = try forests(
            .models, files: ["pump.json": "{", "default.json": model(limit: 100)])
        #expect(forests.scores(of: batch([("pump", 500)])) == [1])
        #expect(forests.scores(of: batch([("pump", 500)])) == [1])
        #expect(faults.words.count == 1 && faults.words[0].contains("pump.json"))
    }

    @Test func `what learns judges after its window, each series by its own`() throws {
        let (forests, _) = try forests(.learn)
        let usual = (0..<600).flatMap { number -> [(device: String, value: Double)] in
            let wave = Double(number % 7)
            return [("a", 20 + wave), ("b", 900 + wave)]
        }
        let warming = forests.scores(of: batch(Array(usual.prefix(1_000))))
        #expect(warming.allSatisfy { $0 == 0 })
        _ = forests.scores(of: batch(Array(usual.suffix(200))))
        // What is usual for one is odd for the other.
        let scores = forests.scores(of: batch([("a", 23), ("b", 23)]))
        #expect(scores[0] < 1 && scores[1] == 1)
    }

    @Test func `off costs nothing and says nothing`() throws {
        let (forests, _) = try forests(.off, files: ["default.json": model(limit: 0)])
        #expect(forests.scores(of: batch([("a", 900)])).isEmpty)
    }

    @Test func `the score of a model decides as one of ours does`() throws {
        var processor = try DeviceProcessor(device: "d")
        _ = try processor.process(20, of: "flow", at: Timestamp(seconds: 0))
        let outcome = try processor.process(20, of: "flow", at: Timestamp(seconds: 1), modelScore: 0.9)
        #expect(outcome.reading.anomalyScore == 0.9)
        #expect(outcome.reading.decision == .send(.anomalous))
        #expect(processor.statistics.anomalies == 1)
    }
}
