import Processes

/// Waits until every service answers that it is ready.
struct ReadinessWait {
    let processes: [SupervisedProcess]
    let plan: UpPlan

    /// Does not fail when the limit is over because of a server that somebody else runs: services wait for it, and devices are
    /// acknowledged meanwhile.
    ///
    /// - Returns: a sentence on what is still waited for; nil when all are ready.
    /// - Throws: ``StartFailure`` when a service refuses its configuration, or the limit is over.
    func run() async throws -> String? {
        let deadline = ContinuousClock.now + plan.startLimit
        var waiting = await states()
        while !waiting.isEmpty {
            waiting = await unready(await states())
            if let refused = waiting.first(where: { $0.phase == .failed }) {
                throw StartFailure(reason: "\(refused.instance) refuses its configuration", exitCode: 78)
            }
            guard ContinuousClock.now < deadline else { return try await end(waiting) }
            if !waiting.isEmpty { try await Task.sleep(for: .milliseconds(100)) }
        }
        return nil
    }

    private func states() async -> [ProcessState] {
        var states: [ProcessState] = []
        for process in processes { states.append(await process.state) }
        return states
    }

    private func unready(_ states: [ProcessState]) async -> [ProcessState] {
        await withTaskGroup { group in
            for state in states {
                group.addTask { await InstanceState.now(of: state) == .ready ? nil : state }
            }
            return await group.reduce(into: []) { if let state = $1 { $0.append(state) } }
        }
    }

    private func end(_ waiting: [ProcessState]) async throws(StartFailure) -> String {
        guard let away = await missingServers(waiting), !away.isEmpty else { throw timeout(waiting) }
        let sentence =
            "\(away.joined(separator: ", ")) did not answer within \(plan.startLimit); not ready yet: "
            + waiting.map(\.instance).sorted().joined(separator: ", ")
        Console.warn(sentence)
        return sentence
    }

    /// Servers that are not ours and that services miss; nil when one of the services waits for something else.
    private func missingServers(_ waiting: [ProcessState]) async -> [String]? {
        var missed: Set<String> = []
        for state in waiting {
            guard let url = state.url else { return nil }
            let failing = Set(await ReadinessRequest(url: url).failingChecks())
            // A stage that cannot store takes nothing either, and so on up the flow.
            guard !failing.isEmpty, failing.isSubset(of: external.map(\.check) + ["upstream", "downstream", "flow"])
            else {
                return nil
            }
            missed.formUnion(failing)
        }
        return external.filter { missed.contains($0.check) }.map { "\($0.name) at \($0.address)" }
    }

    private var external: [(check: String, name: String, address: String)] {
        let servers = [
            ("postgres", "PostgreSQL", plan.externalPostgreSQL), ("redis", "Redis", plan.externalRedis),
            ("mqtt", "the MQTT broker", plan.externalMQTT),
        ]
        return servers.compactMap { check, name, address in
            address.map { (check, name, ExternalAddress.redacted($0.url)) }
        }
    }

    private func timeout(_ waiting: [ProcessState]) -> StartFailure {
        let details = waiting.map { state in
            let log = plan.directory.log(of: state.instance)
            let lines = LogFile(path: log).lastLines(5).map { "\n    \($0)" }.joined()
            return "\n  \(state.instance), \(log):\(lines)"
        }
        return StartFailure(reason: "not ready within \(plan.startLimit):\(details.sorted().joined())", exitCode: 1)
    }
}

struct StartFailure: Error, CustomStringConvertible {
    let reason: String
    let exitCode: Int32

    var description: String { reason }
}
