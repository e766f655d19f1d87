import FoundationEssentials
import HTTPEndpoints
import Ledger
import Model

/// Compares what the spools have handed on with what PostgreSQL has, each producer at the same sequence.
actor LedgerWatch {
    private let fleet: FleetWatch
    private let deadline: Duration
    private let client: OperatorClient
    /// By producer.
    private var unbalancedSince: [String: String] = [:]

    init(_ fleet: FleetWatch, client: OperatorClient = OperatorClient(), within deadline: Duration) {
        self.client = client
        self.fleet = fleet
        self.deadline = deadline
    }

    /// Asks everybody anew.
    func report() async -> LedgerReport {
        let report = await ask()
        fleet.metrics.take(report)
        return report
    }

    private func ask() async -> LedgerReport {
        // A monitor's ledger is this one. One that has left for good has handed its spool on.
        let expected = await fleet.status.instances.filter { $0.state != .left && $0.name != "health-monitor" }
        let instances = expected.filter { $0.state != .down && $0.url != nil }
        var stages = await stages(of: instances)
        let heard = Set(stages.map { instances[$0.key].instance })
        let silent = expected.filter { !heard.contains($0.instance) }
        // Who did not answer now is not asked again: each question to a stopped process costs the whole deadline.
        let writers = stages.map { instances[$0.key] }.filter { $0.name == "storage-writer" }
        var producers: [LedgerBalance] = []
        for (place, stage) in stages {
            guard let spools = stage.spools, !spools.isEmpty else { continue }
            producers += await balances(spools, of: instances[place], asking: writers)
        }
        remember(&producers)
        for index in stages.indices { (stages[index].value.spools, stages[index].value.stored) = (nil, nil) }
        return LedgerReport(
            time: Timestamp.now().iso8601, producers: producers, stages: stages.map(\.value),
            silent: silent.map(\.instance), silentSpools: silent.count { $0.name == "mqtt-ingest" })
    }

    private func balances(
        _ spools: [SpoolTotals], of instance: FleetStatus.Instance, asking writers: [FleetStatus.Instance]
    ) async -> [LedgerBalance] {
        var spools = spools
        // The database runs ahead of a spool that was asked a moment ago; looking once more is enough.
        for attempt in 1...3 {
            let stored = await stored(LedgerQuestion(spools), writers)
            let found = spools.map { spool in
                LedgerBalance(
                    spool, of: instance.instance, stored: stored?.first { $0.producer == spool.producer },
                    canAsk: stored != nil)
            }
            if !found.contains(nil) { return found.compactMap(\.self) }
            guard attempt < 3, let again = await ask(instance, "/ledger")?.spools else { break }
            spools = again
        }
        // Whoever was ahead at every look is not left out: nothing can be said of it.
        return spools.compactMap { LedgerBalance($0, of: instance.instance, stored: nil, canAsk: false) }
    }

    /// Of the first storage-writer that answers; nil when none does.
    private func stored(_ question: LedgerQuestion, _ writers: [FleetStatus.Instance]) async -> [DeliveryTotals]? {
        for writer in writers {
            if let stored = await ask(writer, "/ledger?at=\(question.text)")?.stored { return stored }
        }
        return nil
    }

    /// Everyone at once, by place in `instances`: one that does not answer must not hold up the others.
    private func stages(of instances: [FleetStatus.Instance]) async -> [(key: Int, value: StageLedger)] {
        let found = await withTaskGroup(of: (Int, StageLedger?).self) { group in
            for (place, instance) in instances.enumerated() {
                group.addTask { (place, await self.ask(instance, "/ledger")) }
            }
            var found: [Int: StageLedger] = [:]
            for await (place, stage) in group { found[place] = stage }
            return found
        }
        return found.sorted { $0.key < $1.key }
    }

    private func ask(_ instance: FleetStatus.Instance, _ path: String) async -> StageLedger? {
        guard let address = await fleet.address(of: instance),
            let reply = try? await client.get([path], from: address, within: deadline).first, reply.status == 200
        else { return nil }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try? decoder.decode(StageLedger.self, from: Data(reply.body.utf8))
    }

    private func remember(_ producers: inout [LedgerBalance]) {
        for index in producers.indices {
            let producer = producers[index].producer
            switch producers[index].state {
            case .balanced: unbalancedSince[producer] = nil
            case .unknown: break
            case .unbalanced: unbalancedSince[producer] = unbalancedSince[producer] ?? Timestamp.now().iso8601
            }
            producers[index].since = unbalancedSince[producer]
        }
    }
}

extension LedgerReport {
    /// Keys in snake case; `difference` is written out.
    var json: String { SnakeCase.json(self) + "\n" }
}
