import AlertRecords
import Alerting
import Foundation
import IOLoop
import Model
import Testing

/// When the detector is killed.
struct Kill: CustomStringConvertible {
    enum Moment: CaseIterable {
        /// The batch is on its way to it.
        case sent
        /// The batch has come out of it, and is not acknowledged.
        case passedOn
    }

    var seed: UInt64
    var batch: Int
    var moment: Moment

    /// Every other time near where something happens.
    init(_ scenario: AlertScenario, seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let count = scenario.batches.count
        let centre = scenario.begins / AlertScenario.batchSize
        let near = max(1, centre - 8)...min(count - 2, centre + 40)
        let range = Bool.random(using: &random) ? near : (count / 8)...(count * 7 / 8)
        self.seed = seed
        batch = Int.random(in: range, using: &random)
        moment = Moment.allCases.randomElement(using: &random) ?? .sent
    }

    var description: String { "SLUICE_KILL_SEED=\(seed): killed when batch \(batch + 1) was \(moment)" }

    /// `SLUICE_KILL_SEED=7` repeats a run; `SLUICE_KILLS=20` runs as many.
    static var seeds: [UInt64] {
        let environment = ProcessInfo.processInfo.environment
        if let seed = environment["SLUICE_KILL_SEED"].flatMap({ UInt64($0) }) { return [seed] }
        return (0..<KillTests.rounds).map { _ in UInt64.random(in: 0..<1_000_000) }
    }

    private typealias KillTests = EndToEnd.KillTests
}

/// What came of a scenario.
struct ScenarioOutcome {
    var alerts: [AlertRecord]
    var messages: [AlertMessage]
    var scores: [UInt64: [Float]]
    var repeatedMessages: Int
    var redelivered: Int

    var states: [String] { alerts.map { "\($0.id) \($0.state.name)" } }
    var told: [String] { messages.map { "\($0.id)/\($0.transition) \($0.state) \($0.cause)" } }
}

/// What came of a scenario, to the last digit.
struct AcknowledgedOutcome {
    /// Of alerts, as they are recorded.
    var steps: [String]
    var told: [String]
    var redelivered: Int
    /// Mean, deviation and count, as Redis shows them.
    var statistics: [String]
}

extension AlertScenario {
    @IOThread
    func run(_ kill: Kill? = nil) async throws -> ScenarioOutcome {
        try await withDetector(detectors) { rig in
            for (index, batch) in batches.enumerated() {
                try await rig.send(batch)
                guard let kill, kill.batch == index else { continue }
                if kill.moment == .passedOn {
                    try await rig.until("batch \(index + 1) came out") { rig.scores[UInt64(index + 1)] != nil }
                }
                try await rig.killAndRestart()
            }
            try await rig.allAcknowledged()
            let alerts = try await rig.alerts()
            let told = try await told(rig, alerts)
            try await rig.until("\(told) messages arrive") { try rig.listener.messages.count >= told }
            return ScenarioOutcome(
                alerts: alerts, messages: try rig.listener.messages, scores: rig.scores,
                repeatedMessages: try rig.listener.repeated, redelivered: rig.redelivered)
        }
    }

    /// Kills the detector after these batches, when all that was sent is acknowledged; nothing comes again then.
    ///
    /// - Parameter successor: who goes on after the last of them; nil: the same instance.
    @IOThread
    func run(killedAfter kills: Set<Int>, successor: String? = nil) async throws -> AcknowledgedOutcome {
        try await withDetector(detectors) { rig in
            for (index, batch) in batches.enumerated() {
                try await rig.send(batch)
                guard kills.contains(index) else { continue }
                try await rig.allAcknowledged()
                if let successor, index == kills.max() {
                    try await rig.killAndReplace(by: successor)
                } else {
                    try await rig.killAndRestart()
                }
            }
            try await rig.allAcknowledged()
            let alerts = try await rig.alerts()
            let told = try await told(rig, alerts)
            try await rig.until("\(told) messages arrive") { try rig.listener.messages.count >= told }
            var steps: [String] = []
            for alert in alerts {
                for step in try await rig.transitions(of: alert.id) {
                    steps.append("\(alert.id)/\(step.ordinal) \(alert.time) \(step.to.name): \(step.why ?? "")")
                }
            }
            let messages = try rig.listener.messages.map { "\($0.id)/\($0.transition) \($0.state) \($0.cause)" }
            return AcknowledgedOutcome(
                steps: steps, told: messages, redelivered: rig.redelivered,
                statistics: try await rig.statistics(of: "boiler"))
        }
    }

    /// Of how many messages the record knows.
    @IOThread
    private func told(_ rig: DetectorRig, _ alerts: [AlertRecord]) async throws -> Int {
        var count = 0
        for alert in alerts {
            count += try await rig.transitions(of: alert.id).count { $0.telling == "told" }
        }
        return count
    }
}
