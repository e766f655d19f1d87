import LocalServers
import Processes

/// Runs the servers and services of one data directory, from the first start to the last stop.
struct Supervisor: Sendable {
    private let plan: UpPlan
    private let recorder: StateRecorder
    private let servers: [SupervisedProcess]
    private let fleet: ServiceFleet
    private let simulator: SupervisedProcess?

    /// - Throws: what keeps the plan from being carried out, before anything is started.
    init(_ plan: UpPlan) async throws {
        guard let identity = ProcessIdentity.current else {
            throw SystemCallError(call: "read", subject: "/proc/self/stat")
        }
        let ports = PortDesk(
            try PortPlan(
                servers: PrivateServers.names(plan), services: plan.instances, base: plan.base,
                directory: plan.directory))
        let stores = try await PrivateServers(plan, ports: ports.all)
        let state = Self.initialState(plan, identity, stores, ports.all)
        let recorder = StateRecorder(state, in: plan.directory)
        let factory = SupervisedProcesses(
            plan: plan, commands: ServiceCommands(plan: plan, stores: stores),
            recorder: recorder, ports: ports)
        self.plan = plan
        self.recorder = recorder
        servers = zip(stores.servers, state.servers).map(factory.server)
        fleet = try ServiceFleet(plan, state.services, factory, recorder)
        simulator = plan.simulatedDevices > 0 ? factory.simulator() : nil
    }

    /// Starts everything, tells when it is ready, and stops it all at the first request; at the second, without
    /// draining the services.
    ///
    /// - Throws: what kept it from starting, after stopping what had started.
    func run(until signals: TerminationSignals, scaling: ScaleSignals) async throws {
        let startup = Task { try await start() }
        let (stop, stopping) = AsyncStream.makeStream(of: Void.self)
        let requests = signals.requests
        let listener = Task {
            var isFirst = true
            for await _ in requests {
                if !isFirst { await hasten() }
                isFirst = false
                startup.cancel()
                stopping.finish()
            }
        }
        let outcome = await startup.result
        if case .success = outcome {
            Console.say(await UpAnnouncement(plan: plan, state: recorder.state, ending: "Ctrl-C stops it.").text)
            let asked = scaling.requests
            let scaler = Task { await scale(whenever: asked) }
            for await _ in stop {}
            scaler.cancel()
            Console.say("Stopping what was started; once more to leave at once, without draining.")
        }
        await stopAll()
        Console.say("Stopped. The data stay in \(plan.directory.path).")
        listener.cancel()
        if case .failure(let error) = outcome, !(error is CancellationError) { throw error }
    }

    private func start() async throws {
        await recorder.enter(.starting)
        try await withThrowingTaskGroup { group in
            for server in servers { group.addTask { try await server.launch() } }
            try await group.waitForAll()
        }
        try await fleet.launch()
        try await simulator?.launch()
        await recorder.enter(.ready)
    }

    /// The services first, in the order in which readings flow; the stores last.
    private func stopAll() async {
        await recorder.enter(.stopping)
        await simulator?.stop(within: .seconds(5))
        await fleet.stop()
        await stop(servers, within: .seconds(60))
        await recorder.enter(.stopped)
    }

    private func stop(_ processes: [SupervisedProcess], within limit: Duration) async {
        await withTaskGroup { group in
            for process in processes { group.addTask { await process.stop(within: limit) } }
        }
    }

    /// Not the servers: their orderly stop is short, and a killed broker would forget what it holds for ingest.
    private func hasten() async {
        Console.warn("leaving at once; what was under way is taken up at the next start")
        await fleet.hasten()
        await simulator?.hasten()
    }

    /// What the last request said may be older than this `sluice up`.
    private func scale(whenever asked: AsyncStream<Void>) async {
        await scale(to: plan.scale)
        for await _ in asked {
            do {
                guard let request = try ScaleRequest.read(from: plan.directory) else { continue }
                await scale(to: request)
            } catch {
                Console.warn("cannot read \(plan.directory.scale): \(error)")
            }
        }
    }

    private func scale(to request: ScaleRequest) async {
        var outcome = ScaleOutcome(request: request.id)
        do {
            try await fleet.scale(to: request.counts)
        } catch {
            outcome.error = "\(error)"
        }
        await recorder.record(outcome)
    }

    private static func initialState(
        _ plan: UpPlan, _ identity: ProcessIdentity, _ stores: PrivateServers, _ ports: [String: UInt16]
    ) -> SupervisorState {
        func url(_ name: String) -> String? { ports[name].map { "http://127.0.0.1:\($0)" } }
        let monitor = plan.instances.first { $0.kind == .monitor }
        return SupervisorState(
            supervisor: identity, phase: .starting,
            servers: stores.servers.map {
                ProcessState(name: $0.name, instance: $0.name, phase: .starting, restarts: 0)
            },
            services: plan.instances.map {
                ProcessState(name: $0.kind.name, instance: $0.name, phase: .starting, restarts: 0, url: url($0.name))
            },
            brokerURL: stores.brokerURL, infrastructure: stores.infrastructure,
            dashboard: monitor.flatMap { url($0.name) } ?? "", operatorTokenFile: plan.operatorTokenFile)
    }
}
