import LocalServers
import Processes
import Synchronization

/// Makes the supervised processes of a plan.
struct SupervisedProcesses {
    let plan: UpPlan
    let commands: ServiceCommands
    let recorder: StateRecorder
    let ports: PortDesk

    func server(_ server: any LocalServer, _ state: ProcessState) -> SupervisedProcess {
        let log = LogFile(path: plan.directory.log(of: server.name))
        return SupervisedProcess(
            state, log: log, stopSignal: server.stopSignal,
            changed: { [recorder] in await recorder.record(server: $0) },
            start: { [ports] in
                ports.release(server.name)
                return try await RunningServer.start(server, log: log, within: .seconds(120)).process
            })
    }

    /// - Throws: ``MissingExecutable``.
    func service(
        _ instance: ServiceInstance, _ state: ProcessState, isSharing: Bool
    ) throws -> SupervisedProcess {
        let log = LogFile(path: plan.directory.log(of: instance.name))
        let command = try commands.service(instance, port: ports.port(of: instance.name), isSharing: isSharing)
        return SupervisedProcess(
            state, log: log, changed: { [recorder] in await recorder.record(service: $0) },
            start: { [ports] in
                ports.release(instance.name)
                log.rotateIfLarge()
                return try ChildProcess.spawn(command)
            })
    }

    func simulator() -> SupervisedProcess {
        let log = LogFile(path: plan.directory.log(of: "simulator"))
        let state = ProcessState(name: "simulator", instance: "simulator", phase: .starting, restarts: 0)
        return SupervisedProcess(
            state, log: log, changed: { [recorder] in await recorder.record(simulator: $0) },
            start: { [command = commands.simulator] in
                log.rotateIfLarge()
                return try ChildProcess.spawn(command)
            })
    }
}

/// Hands each reserved port to its process when that starts.
final class PortDesk: Sendable {
    let all: [String: UInt16]
    private let plan: Mutex<PortPlan>

    init(_ plan: PortPlan) {
        all = plan.ports
        self.plan = Mutex(plan)
    }

    func release(_ name: String) {
        plan.withLock { $0.release(name) }
    }

    /// Of a process that has a reservation, or had one; 0, which means any, for others.
    func port(of name: String) -> UInt16 {
        all[name] ?? plan.withLock { $0.ports[name] } ?? 0
    }

    /// For an instance that was not planned.
    ///
    /// - Throws: the error of the file system.
    func reserve(_ instance: ServiceInstance, in directory: DataDirectory) throws -> UInt16 {
        try plan.withLock { try $0.add(instance.name, in: directory) }
    }
}
