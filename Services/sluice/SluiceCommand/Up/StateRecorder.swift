import FoundationEssentials
import Processes

/// Keeps the state file in step with the supervised processes.
actor StateRecorder {
    private(set) var state: SupervisorState
    private let directory: DataDirectory

    init(_ state: SupervisorState, in directory: DataDirectory) {
        self.state = state
        self.directory = directory
    }

    func enter(_ phase: SupervisorState.Phase) {
        state.phase = phase
        write()
    }

    func record(server process: ProcessState) {
        Self.replace(process, in: &state.servers)
        state.infrastructure.setPID(process.process?.pid, ofServer: process.name)
        write()
    }

    func record(service process: ProcessState) {
        Self.replace(process, in: &state.services)
        write()
    }

    func add(service process: ProcessState) {
        state.services.append(process)
        let order = ServiceKind.flow.map(\.name)
        // Of one service the shorter name first: preprocessor-9 before preprocessor-10.
        let place = { (process: ProcessState) in
            (order.firstIndex(of: process.name) ?? 0, process.instance.count, process.instance)
        }
        state.services.sort { place($0) < place($1) }
        write()
    }

    func remove(service instance: String) {
        state.services.removeAll { $0.instance == instance }
        write()
    }

    func record(_ outcome: ScaleOutcome) {
        state.scaled = outcome
        write()
    }

    func record(awaited sentence: String?) {
        state.awaited = sentence
        write()
    }

    func record(simulator process: ProcessState) {
        state.simulator = process
        write()
    }

    private static func replace(_ process: ProcessState, in list: inout [ProcessState]) {
        guard let index = list.firstIndex(where: { $0.instance == process.instance }) else { return }
        list[index] = process
    }

    private func write() {
        do {
            // External addresses may hold a password.
            try writeJSON(state, to: directory.state, permissions: 0o600)
        } catch {
            Console.warn("cannot write \(directory.state): \(error)")
        }
    }
}

extension Infrastructure {
    mutating func setPID(_ pid: Int32?, ofServer name: String) {
        switch name {
        case "mosquitto": mqtt.pid = pid
        case "postgresql": postgres.pid = pid
        case "redis": redis.pid = pid
        default: break
        }
    }
}
