import ArgumentParser
import FoundationEssentials
import Glibc
import HTTPEndpoints
import IOLoop
import Ledger
import Logging
import Observability
import Settings
import Synchronization
import UnixSignals

/// The life of one service's process: compose, listen, start, wait, drain.
struct ServiceLife<S: Service>: Sendable {
    enum Event: Sendable {
        case started
        case failed(any Error)
        case terminate
        case leave
        case hangUp
    }

    let settings: CurrentSettings<S.Configuration>
    let identity: ServiceIdentity
    let instances: InstanceDirectory?
    let logs: LogSetup

    /// Returns when the process may end, with its code.
    func run(signals: some AsyncSequence<UnixSignal, Never> & Sendable) async -> ExitCode {
        let (events, continuation) = AsyncStream.makeStream(of: Event.self)
        var logger = Logger(label: identity.service)
        logger[metadataKey: "instance"] = "\(identity.instance)"
        let record = InstanceRecord(
            name: identity.service, instance: identity.instance, pid: getpid(), version: identity.version)
        let metrics = MetricsRegistry()
        let frame = FrameEvents(in: metrics, logger: logger)
        let registration = instances.map { InstanceRegistration(record, in: $0, failed: frame.unregistered) }
        let context = ServiceContext(
            identity: identity, logger: logger, metrics: metrics, instances: instances, registration: registration,
            healthLimits: HealthLimits(settings.values.health)
        ) { continuation.yield(.failed($0)) }
        let listening = Task { await listen(to: signals, continuation, context, frame) }
        defer { listening.cancel() }
        do {
            try await live(context, events, continuation, frame)
        } catch {
            logger.critical("\(error)")
            registration?.remove()
            return error is InvalidSettings ? ExitCode(78) : .failure
        }
        registration?.remove()
        logger.info("stopped")
        return .success
    }

    /// Throws what the service cannot go on after.
    private func live(
        _ context: ServiceContext, _ events: AsyncStream<Event>, _ continuation: AsyncStream<Event>.Continuation,
        _ frame: FrameEvents
    ) async throws {
        for warning in settings.warnings { frame.unsafeSetting.emit(["setting": "\(warning)"]) }
        ProcessMetrics.register(
            in: context.metrics, service: context.service, instance: context.instance, version: context.version)
        HealthMetrics.register(in: context.metrics, board: context.health)
        let pulse = await IOThreadPulse()
        let service = try await S(configuration: settings.values.own, context: context)
        if !context.routes.contains("/ledger") {
            context.routes.add(
                HTTPRoute("/ledger") { [metrics = context.metrics, identity = context.identity] _ in
                    .json(StageLedger(identity, metrics).json)
                })
        }
        let reload = SettingsReload(of: service, settings, logs, context, frame)
        context.routes.add(reload.route)
        let server = try await OperatorServer.start(
            on: settings.values.http, pages: pages(context), routes: context.routes)
        context.registration?.update { $0.url = server.url }
        context.logger.info("listening", metadata: ["url": "\(server.url)", "version": "\(context.version)"])
        let starting = Task {
            do {
                try await service.start()
                continuation.yield(.started)
            } catch {
                continuation.yield(.failed(error))
            }
        }
        defer { starting.cancel() }
        let isLeaving: Bool
        do {
            isLeaving = try await waitForEnd(context, events, reload)
        } catch {
            await server.stop()
            throw error
        }
        await drain(service, context, frame, isLeaving: isLeaving)
        await server.stop()
        await pulse.stop()
    }

    private func pages(_ context: ServiceContext) -> OperatorPages {
        OperatorPages(
            identity: identity, health: context.health, metrics: context.metrics, logger: context.logger,
            silence: IOThreadPulse.silence,
            settings: { settings.page })
    }

    /// Returns when told to stop.
    ///
    /// - Returns: whether it is for good.
    private func waitForEnd(
        _ context: ServiceContext, _ events: AsyncStream<Event>, _ reload: SettingsReload<S>
    ) async throws -> Bool {
        for await event in events {
            switch event {
            case .started:
                // A signal may have come first.
                guard context.health.phase == .starting else { continue }
                context.health.enter(.running)
                context.registration?.update { $0.state = "running" }
                context.logger.info("started")
            case .failed(let error): throw error
            case .hangUp: await reload.run()
            case .terminate: return false
            case .leave: return true
            }
        }
        return false
    }

    private func drain(_ service: S, _ context: ServiceContext, _ frame: FrameEvents, isLeaving: Bool) async {
        context.registration?.update { $0.state = "draining" }
        let limit = settings.values.drainLimit
        context.logger.info(
            isLeaving ? "leaving for good" : "draining", metadata: ["limit": "\(DurationText.format(limit))"])
        let guardian = Task {
            try await Task.sleep(for: limit)
            frame.undrained.emit(["limit": "\(DurationText.format(limit))"])
            leave(context)
        }
        if isLeaving { await service.leave() } else { await service.drain() }
        guardian.cancel()
    }

    /// Readiness goes red on the first signal to stop, before anything else; the second one ends the process.
    private func listen(
        to signals: some AsyncSequence<UnixSignal, Never>, _ continuation: AsyncStream<Event>.Continuation,
        _ context: ServiceContext, _ frame: FrameEvents
    ) async {
        for await signal in signals {
            if signal == .sighup {
                continuation.yield(.hangUp)
            } else if context.health.phase == .draining {
                frame.leftAtOnce.emit()
                leave(context)
            } else {
                context.health.enter(.draining)
                continuation.yield(signal == .sigusr1 ? .leave : .terminate)
            }
        }
    }

    private func leave(_ context: ServiceContext) -> Never {
        context.registration?.remove()
        _exit(1)
    }
}
