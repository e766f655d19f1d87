import Model
import Testing

@testable import Alerting

/// What must hold whatever comes in.
struct AlertPropertyTests {
    private static let edges: [AlertState?: Set<AlertState>] = [
        nil: [.pending, .firing],
        .pending: [.firing, .resolved],
        .firing: [.firing, .acknowledged, .resolved],
        .acknowledged: [.acknowledged, .resolved],
        .resolved: [.pending, .firing],
    ]

    /// Each alert's states follow each other, and of a fingerprint one alert at most is open.
    private func check(_ transitions: [AlertTransition], limit: Int) {
        var last: [String: AlertTransition] = [:]
        var open: [AlertFingerprint: String] = [:]
        for next in transitions {
            let previous = last[next.alertID]
            #expect(next.from == previous?.to)
            #expect(next.ordinal == (previous?.ordinal ?? 0) + 1)
            #expect(Self.edges[next.from]?.contains(next.to) == true)
            #expect(open[next.fingerprint] ?? next.alertID == next.alertID)
            open[next.fingerprint] = next.to == .resolved ? nil : next.alertID
            last[next.alertID] = next
        }
        for (_, told) in Dictionary(grouping: transitions.filter(\.isTold), by: \.alertID) {
            #expect(told.count <= limit)
            #expect(told.first?.to == .firing)
        }
    }

    private func policy(_ random: inout SplitMix64) -> AlertPolicy {
        AlertPolicy([.condition, .event, .absence].randomElement(using: &random) ?? .condition).with {
            $0.pendingFor = .seconds([0, 0, 5, 60].randomElement(using: &random) ?? 0)
            $0.minBreaches = [1, 1, 2, 3].randomElement(using: &random) ?? 1
            $0.ofReadings = [1, 3, 5].randomElement(using: &random) ?? 1
            $0.keepFiringFor = .seconds([0, 3, 30, 300].randomElement(using: &random) ?? 0)
            $0.repeatInterval = [nil, .seconds(100), .seconds(500)].randomElement(using: &random) ?? nil
            $0.messageLimit = [2, 3, 4, 7].randomElement(using: &random) ?? 3
            $0.unheardFor = .seconds(400)
            $0.flapping?.window = .seconds([100, 600].randomElement(using: &random) ?? 100)
            $0.flapping?.steadyFor = .seconds([100, 300].randomElement(using: &random) ?? 100)
            if $0.messageLimit == 2 { $0.flapping = nil }
        }
    }

    private static func silence(from second: Int64) throws -> Silence {
        try Silence(
            id: "s", matchers: [AlertMatcher("detector=a")], owner: "ada", reason: "test",
            starts: Timestamp(seconds: second), expires: Timestamp(seconds: second + 60))
    }

    private func stir(_ run: inout AlertRun, _ steps: Int, _ random: inout SplitMix64) throws -> Int64 {
        var clock: Int64 = 1_000
        for _ in 0..<steps {
            clock += Int64.random(in: 0...8, using: &random)
            let late = Int.random(in: 0..<10, using: &random) == 0 ? Int64.random(in: -50...50, using: &random) : 0
            let breach = ["a", "b"].filter { _ in Int.random(in: 0..<3, using: &random) == 0 }
            switch Int.random(in: 0..<20, using: &random) {
            case 0: clock += Int64.random(in: 0...700, using: &random)
            case 1: run.acknowledge(clock)
            case 2:
                try run.restart(clock)
                run.book.settle(Set(run.book.unsettled(slot: 0).map(\.id)), slot: 0)
            case 14: run.book.silences = run.book.silences.isEmpty ? [try Self.silence(from: clock)] : []
            case 3...5: run.tick(clock)
            case 6: run.read(clock..<(clock + 40), breach: breach)
            case let other: run.read(clock + late, breach: other < 13 ? breach : [], now: clock)
            }
        }
        return clock - 1_000
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func `states are in order, one alert is open, and no alert has too many messages`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let policy = policy(&random)
        var run = AlertRun(policy)
        let until = try stir(&run, 2_000, &random) + 1_000
        check(run.transitions, limit: policy.messageLimit)
        for second in 1...40 as ClosedRange<Int64> { run.tick(until + second * 400) }
        if policy.kind != .absence { #expect(run.book.alerts.isEmpty) }
    }

    /// A fingerprint's messages in a time T are at most limit × (1 + T / pause), where pause is the shortest of what can lie between one
    /// alert and the next that is told: the window, a steady time, and the reminder that used a message up.
    @Test(arguments: 100..<140 as Range<UInt64>)
    func `a series has so many messages in a time`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let policy = policy(&random).with {
            $0.messageLimit = max(3, $0.messageLimit)
            $0.flapping = $0.flapping ?? FlapPolicy()
        }
        var run = AlertRun(policy)
        let time = try stir(&run, 2_000, &random)
        let flapping = try #require(policy.flapping)
        let pause = min(flapping.window, flapping.steadyFor, policy.repeatInterval ?? flapping.window)
        let bound = policy.messageLimit * (1 + Int(time / pause.components.seconds))
        for detector in ["a", "b"] {
            #expect(run.messages.count { $0.fingerprint.detector == detector } <= bound)
        }
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func `no time there is makes it trap or forget its order`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let policy = policy(&random)
        var book = AlertBook(otherwise: policy)
        var transitions: [AlertTransition] = []
        for sequence in 0..<400 as Range<UInt64> {
            var batch = ReadingBatch(identity: BatchIdentity(producer: "p", sequence: sequence))
            batch.series = [Series(device: "d", sensor: "s", unit: "", partition: Partition(rawValue: 0))]
            batch.appendReading(
                seriesIndex: 0, timestamp: time(&random), value: 0, receivedAt: time(&random), position: 0)
            let now = Timestamp(microseconds: time(&random))
            let found = Bool.random(using: &random) ? [AlertRun.anomaly("a")] : []
            book.take(found, of: batch, slots: [0], now: now, into: &transitions)
            if Bool.random(using: &random) { book.tick(Timestamp(microseconds: time(&random)), into: &transitions) }
            let state = book.exportState(slot: 0, now: now)
            book.reset(slot: 0)
            try book.importState(
                state, slot: 0, SensorName(device: "d", sensor: "s"), now: Timestamp(microseconds: time(&random)),
                into: &transitions)
            book.settle(Set(book.unsettled(slot: 0).map(\.id)), slot: 0)
        }
        check(transitions, limit: policy.messageLimit)
    }

    private func time(_ random: inout SplitMix64) -> Int64 {
        switch Int.random(in: 0..<4, using: &random) {
        case 0: [.min, .min + 1, -1, 0, 1, .max - 1, .max].randomElement(using: &random) ?? 0
        case 1: Int64.random(in: .min ... .max, using: &random)
        default: Int64.random(in: 0...10_000_000_000, using: &random)
        }
    }
}
