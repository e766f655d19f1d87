import FoundationEssentials
import Glibc
import IOLoop
import PostgreSQL
import Processes

/// Load and faults, and then the books.
struct ChaosRun {
    let stack: PrivateStack
    let command: ChaosCommand
    let schedule: [ChaosEvent]

    func run() async throws -> ChaosReport {
        let load = try ChaosLoad(on: stack, devices: command.devices, rate: command.rate, seed: command.seed)
        var problems: [String] = []
        let skipped: Int
        do {
            skipped = try await perform()
            if let problem = try await waitUntilReady() { problems.append(problem) }
        } catch {
            _ = try? await load.stop()
            throw error
        }
        let (sent, problem) = try await load.stop()
        if let problem { problems.append(problem) }
        return try await settle(sent, skipped, problems)
    }

    /// - Returns: how many faults found no target.
    private func perform() async throws -> Int {
        let start = ContinuousClock.now
        return try await withThrowingTaskGroup { frozen in
            var skipped = 0
            for event in schedule {
                try await Task.sleep(until: start + .milliseconds(event.milliseconds))
                guard let thaw = try await strike(event) else {
                    Console.say("\(event.text): not there")
                    skipped += 1
                    continue
                }
                Console.say(event.text)
                frozen.addTask { await thaw() }
            }
            try await frozen.waitForAll()
            try await Task.sleep(until: start + command.duration.value)
            return skipped
        }
    }

    /// - Returns: what is left to do, or `nil` when there is no such process.
    private func strike(_ event: ChaosEvent) async throws -> (@Sendable () async -> Void)? {
        if event.fault == .scale {
            let count = "\(event.target)=\(event.amount ?? 1)"
            let log = stack.directory.log(of: "scale")
            try await SluiceProcess.run(["scale", "--data-dir", stack.directory.path, count], log: log)
            return {}
        }
        let processes = SupervisorState.read(stack.directory)?.processes ?? []
        let state = processes.first { $0.instance == event.target || $0.name == event.target }
        guard let process = state?.process, process.isAlive else { return nil }
        process.signal(Self.signal(of: event.fault))
        guard event.fault == .stop else { return {} }
        return {
            // Also thawed when the run is cancelled: a frozen process could not be stopped.
            try? await Task.sleep(for: .milliseconds(event.amount ?? 1_000))
            process.signal(SIGCONT)
        }
    }

    private static func signal(of fault: ChaosFault) -> Int32 {
        switch fault {
        case .kill, .restartRedis: SIGKILL
        case .stop: SIGSTOP
        case .restartPostgreSQL: SIGQUIT
        case .terminate, .restartMQTT, .scale: SIGTERM
        }
    }

    /// - Returns: what is not.
    private func waitUntilReady() async throws -> String? {
        let deadline = ContinuousClock.now + command.drain.value
        while let state = SupervisorState.read(stack.directory) {
            let waiting = await StatusReport(state).services.filter { $0.state != .ready }
            if waiting.isEmpty { return nil }
            guard ContinuousClock.now < deadline else {
                let names = waiting.map { "\($0.instance) (\($0.state.rawValue))" }.joined(separator: ", ")
                return "not ready \(command.drain.value) after the last fault: \(names)"
            }
            try await Task.sleep(for: .milliseconds(200))
        }
        return "sluice up has ended"
    }

    @IOThread
    private func settle(_ sent: Int, _ skipped: Int, _ problems: [String]) async throws -> ChaosReport {
        let database = try await PostgreSQLConnection.connect(
            PostgreSQLConfiguration(url: stack.status.infrastructure.postgres.url, applicationName: "sluice chaos"))
        defer { database.close() }
        let ledger = ChaosLedger(database: database)
        let drained = try await ledger.drain(sent, within: command.drain.value)
        return try await ledger.report(
            schedule, seed: command.seed, sent: sent, drained: drained, skipped: skipped, problems: problems)
    }
}
