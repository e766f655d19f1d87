import Detectors
import IOLoop
import Model
import Redis
import TestServers
import Testing

@testable import AnomalyDetector

/// Whatever is acknowledged when, saved when, and killed when: what is learnt is what an undisturbed instance learns.
@IOThread
struct KilledDetectorTests {
    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func `after any kills the state is as if there had been none`(seed: UInt64) async throws {
        let undisturbed = try await withRedis { url in
            var run = KilledDetectorRun(url, seed: seed, isKilled: false)
            return try await run.states()
        }
        let killed = try await withRedis { url in
            var run = KilledDetectorRun(url, seed: seed, isKilled: true)
            return try await run.states()
        }
        #expect(undisturbed.count == 12)
        for (name, state) in undisturbed {
            #expect(killed[name] == state, "SEED \(seed): \(name)")
        }
    }
}

/// Two producers send batches of some devices each, some batches at a time; what is not acknowledged at a kill comes again in order.
@IOThread
private struct KilledDetectorRun {
    private static let length = 60
    private static let window = 5
    private let url: String
    private let isKilled: Bool
    /// What the readings are, and what happens to them.
    private let plan: [ReadingBatch]
    private var fate: SplitMix64
    private var number = 0
    private var unacknowledged: [ReadingBatch] = []

    init(_ url: String, seed: UInt64, isKilled: Bool) {
        self.url = url
        self.isKilled = isKilled
        var random = SplitMix64(seed: seed)
        plan = (1...Self.length).map { Self.batch(UInt64($0), &random) }
        fate = SplitMix64(seed: seed &* 31)
    }

    /// Readings of sensors that are stuck at times, a second apart.
    private static func batch(_ number: UInt64, _ random: inout SplitMix64) -> ReadingBatch {
        let producer = ["p", "q"][Int(number % 2)]
        var values: [String: [Double]] = [:]
        for device in 0..<3 where Bool.random(using: &random) {
            values["\(producer)-\(device)"] = (0..<4).map { _ in
                number % 20 < 12 ? 20 : 20 + Double.random(in: 0...1, using: &random)
            }
        }
        var batch = ReadingBatch.of(values, sequence: number)
        batch.identity.producer = producer
        for row in batch.receivedAt.indices {
            batch.receivedAt[row] = Int64(number) * 1_000_000 + Int64(row)
        }
        return batch
    }

    /// Of each series and device, at the end.
    mutating func states() async throws -> [String: SavedState] {
        var instance = try await start()
        for batch in plan {
            await give(batch, to: instance)
            unacknowledged.append(batch)
            while unacknowledged.count > Self.window { await acknowledge(at: instance) }
            await mayAcknowledge(at: instance)
            guard Int.random(in: 0..<8, using: &fate) == 0, isKilled else { continue }
            instance.store.connection.close()
            instance = try await start()
            for batch in unacknowledged { await give(batch, to: instance) }
        }
        // Those that no reading came of since.
        await instance.adoption.look()
        return state(of: instance)
    }

    private mutating func start() async throws -> DetectorInstance {
        var forest = IsolationForestDetector.Configuration()
        (forest.window, forest.growth.trees) = (16, 20)
        var moments = DeviceForestDetector.Configuration()
        moments.forest = forest
        return try await DetectorInstance.started(
            url,
            detectors: [
                FlatLine(), RunningZScore(), MissingReadings(), IsolationForestDetector(forest),
                DeviceForestDetector(name: "device-forest", moments),
            ])
    }

    private func give(_ batch: ReadingBatch, to instance: DetectorInstance) async {
        _ = await instance.step.detect(in: batch)
    }

    private mutating func mayAcknowledge(at instance: DetectorInstance) async {
        while !unacknowledged.isEmpty, Bool.random(using: &fate) { await acknowledge(at: instance) }
        if Int.random(in: 0..<6, using: &fate) == 0 { await instance.checkpoints.checkpoint() }
    }

    /// In any order.
    private mutating func acknowledge(at instance: DetectorInstance) async {
        let batch = unacknowledged.remove(at: Int.random(in: unacknowledged.indices, using: &fate))
        await withCheckedContinuation { continuation in
            instance.step.settle(batch.identity) { continuation.resume() }
        }
    }

    private func state(of instance: DetectorInstance) -> [String: SavedState] {
        var states: [String: SavedState] = [:]
        for entry in instance.memory.entries where entry.name != SilenceWatch.broker {
            guard let slot = instance.memory.slot(of: entry.name) else { continue }
            var state = instance.memory.state(of: slot)
            // What time it is when it is exported is in the alerts' state.
            state.detectors.removeAll { $0.detector == "$alerts" }
            // Rows of anomalies mean nothing, and are not saved.
            states["\(entry.name)"] = SavedState(decoding: state.encoded)
        }
        return states
    }
}
