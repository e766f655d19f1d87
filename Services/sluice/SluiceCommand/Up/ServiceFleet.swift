import Glibc
import Processes

/// The service processes of one `sluice up`, more or fewer of each as it is asked.
actor ServiceFleet {
    private struct Member {
        var instance: ServiceInstance
        var process: SupervisedProcess
    }

    private let plan: UpPlan
    private let factory: SupervisedProcesses
    private let recorder: StateRecorder
    private let directory: DataDirectory
    private var members: [Member]
    private var isStopping = false
    /// Whether the mqtt-ingest share a subscription. One alone has its own: mosquitto forgets who shares when it is
    /// restarted, and remembers other subscriptions.
    private var isSharing: Bool

    /// What a service is told that is not to come back: it leaves nothing behind for itself.
    static let leaveSignal = SIGUSR1

    /// - Throws: ``MissingExecutable``.
    init(_ plan: UpPlan, _ states: [ProcessState], _ factory: SupervisedProcesses, _ recorder: StateRecorder) throws {
        self.plan = plan
        self.factory = factory
        self.recorder = recorder
        directory = plan.directory
        let isSharing = plan.instances.count { $0.kind == .ingest } > 1
        self.isSharing = isSharing
        members = try zip(plan.instances, states).map {
            Member(instance: $0, process: try factory.service($0, $1, isSharing: isSharing))
        }
    }

    /// Starts all, and returns when they are ready.
    func launch() async throws {
        let processes = members.map(\.process)
        for process in processes { try await process.launch() }
        await recorder.record(awaited: try await ReadinessWait(processes: processes, plan: plan).run())
    }

    /// Starts what is missing and waits until it is ready, and lets those with the highest numbers go.
    ///
    /// - Throws: ``StartFailure`` when a new instance does not become ready. It goes on running.
    func scale(to counts: [String: Int]) async throws {
        guard !isStopping else { throw StartFailure(reason: "sluice up is stopping", exitCode: 1) }
        let wanted = ServiceKind.flow.flatMap { kind in
            let count = counts[kind.name] ?? members.count { $0.instance.kind == kind }
            return (0..<count).map { ServiceInstance(kind: kind, number: $0 + 1) }
        }
        let willShare = wanted.count { $0.kind == .ingest } > 1
        if willShare { try await share(true) }
        let present = Set(members.map(\.instance))
        try await start(wanted.filter { !present.contains($0) })
        let kept = Set(wanted)
        await letGo(members.map(\.instance).filter { !kept.contains($0) })
        if !willShare { try await share(false) }
    }

    /// Starts mqtt-ingest-1 anew with the other kind of subscription; the broker queues meanwhile.
    private func share(_ shares: Bool) async throws {
        guard shares != isSharing else { return }
        isSharing = shares
        guard let index = members.firstIndex(where: { $0.instance.kind == .ingest }) else { return }
        let former = members[index]
        await former.process.stop(within: plan.drainLimit)
        guard !isStopping else { return }
        var state = await former.process.state
        state.phase = .starting
        let process = try factory.service(former.instance, state, isSharing: shares)
        members[index].process = process
        try await process.launch()
        await recorder.record(awaited: try await ReadinessWait(processes: [process], plan: plan).run())
    }

    private func start(_ instances: [ServiceInstance]) async throws {
        var started: [SupervisedProcess] = []
        for instance in instances {
            let port = try factory.ports.reserve(instance, in: directory)
            let state = ProcessState(
                name: instance.kind.name, instance: instance.name, phase: .starting, restarts: 0,
                url: "http://127.0.0.1:\(port)")
            let process = try factory.service(instance, state, isSharing: isSharing)
            await recorder.add(service: state)
            members.append(Member(instance: instance, process: process))
            try await process.launch()
            started.append(process)
        }
        guard !started.isEmpty else { return }
        await recorder.record(awaited: try await ReadinessWait(processes: started, plan: plan).run())
    }

    /// Those of one service at a time, in the order of the flow.
    private func letGo(_ instances: [ServiceInstance]) async {
        for kind in ServiceKind.flow {
            let leaving = members.filter { $0.instance.kind == kind && instances.contains($0.instance) }
            await Self.stop(leaving.map(\.process), within: plan.drainLimit, signal: Self.leaveSignal)
            for member in leaving {
                await recorder.remove(service: member.instance.name)
                directory.removeRecord(of: member.instance.name)
            }
            let names = Set(leaving.map(\.instance))
            members.removeAll { names.contains($0.instance) }
        }
    }

    /// In the order in which readings flow, so that each stage can hand on what it has.
    func stop() async {
        isStopping = true
        for kind in ServiceKind.flow {
            let processes = members.filter { $0.instance.kind == kind }.map(\.process)
            await Self.stop(processes, within: plan.drainLimit)
        }
    }

    func hasten() async {
        isStopping = true
        for member in members { await member.process.hasten() }
    }

    private static func stop(_ processes: [SupervisedProcess], within limit: Duration, signal: Int32? = nil) async {
        await withTaskGroup { group in
            for process in processes { group.addTask { await process.stop(within: limit, with: signal) } }
        }
    }
}
