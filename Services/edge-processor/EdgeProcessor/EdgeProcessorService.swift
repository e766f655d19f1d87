internal import FoundationEssentials
internal import Glibc
public import IOLoop
internal import Logging
internal import MQTT
internal import Model
internal import Observability
internal import Settings
internal import Spool
public import StageRuntime

/// Local broker (or standard input) ▶ filter, score, decide ▶ spool ▶ (PUBACK) and spool ▶ central broker.
@IOThread
public final class EdgeProcessorService: Service {
    public nonisolated static let name = "edge-processor"
    public nonisolated static let summary =
        "Filters, scores and thins out readings on a gateway, and sends them to the centre."

    /// What a reload changes.
    private struct Hot {
        var holdLimit: Duration
        var spoolLimit: Int
        var minimumFree: Int

        init(_ configuration: EdgeProcessorConfiguration) {
            holdLimit = configuration.holdLimit
            spoolLimit = configuration.spool.limit.bytes
            minimumFree = configuration.spool.minimumFree.bytes
        }
    }

    private let configuration: EdgeProcessorConfiguration
    private var hot: Hot
    private let context: ServiceContext
    private let metrics: EdgeProcessorMetrics
    private let health: EdgeProcessorHealth
    private let spool: UplinkSpool
    private let local: MQTTClient?
    private let central: MQTTClient
    private let intake: EdgeIntake
    private let uplink: Uplink
    private let footprint: Footprint
    private var input: StandardInput?
    private var inputHasEnded = false
    private var watch: ScheduledTimer?
    private var subscriptionProblem: String? = "not connected yet"
    private var lastErrors: (local: String?, uplink: String?) = (nil, nil)

    public init(configuration: EdgeProcessorConfiguration, context: ServiceContext) async throws {
        self.configuration = configuration
        self.context = context
        metrics = EdgeProcessorMetrics(in: context.metrics, logger: context.logger)
        health = EdgeProcessorHealth(
            context.health, limits: context.healthLimits, models: configuration.forests.mode != .off)
        hot = Hot(configuration)
        spool = try UplinkSpool(path: configuration.spool.file) { UUID().uuidString.lowercased() }
        local = try configuration.localOptions(instance: context.instance).map { try MQTTClient($0) }
        central = try MQTTClient(configuration.uplinkOptions(instance: context.instance))
        intake = EdgeIntake(
            client: local, spool: spool,
            gateway: Gateway(
                name: configuration.gateway ?? context.instance, rules: configuration.rules,
                seriesLimit: configuration.seriesLimit,
                forests: DeviceForests(configuration.forests) { [metrics, health] in
                    metrics.modelRefused.emit(["why": "\($0)"])
                    health.modelRefused($0)
                }),
            linger: configuration.linger,
            spoolLimit: configuration.thinningLimit, metrics: metrics, tap: UplinkTap(context.makeTaps()))
        uplink = Uplink(client: central, spool: spool, metrics: metrics)
        footprint = Footprint(in: context.metrics)
    }

    public func start() async throws {
        try intake.releaseLeftovers()
        intake.onSpooled = { [uplink] in uplink.pump() }
        central.onEvent = { [unowned self] in uplinkChanged($0) }
        central.connect()
        if let local {
            local.onEvent = { [unowned self] in localChanged($0) }
            local.connect()
        } else {
            try readStandardInput()
        }
        watch = EventLoop.schedule(every: .milliseconds(250)) { [unowned self] in look() }
        footprint.start()
    }

    public func reload(_ configuration: EdgeProcessorConfiguration) async throws {
        hot = Hot(configuration)
        health.use(linger: configuration.linger)
        intake.use(linger: configuration.linger, spoolLimit: configuration.thinningLimit)
    }

    /// What has been read is committed and acknowledged; what is not confirmed waits for the next start.
    public func drain() async {
        input?.stop()
        intake.flush()
        local?.disconnect()
        let deadline = ContinuousClock.now + .seconds(5)
        while central.state == .connected, spool.count > 0, .now < deadline {
            uplink.pump()
            await EventLoop.sleep(for: .milliseconds(20))
        }
        watch?.cancel()
        footprint.stop()
        uplink.stop()
        central.close()
        local?.close()
        removeDone()
        intake.abandon()
        if let input, !input.hasEnded { metrics.inputCut.emit() }
        spool.close()
    }

    private func localChanged(_ event: MQTTEvent) {
        switch event {
        case .connected(let resumed):
            do throws(SpoolError) {
                try intake.sessionBegan(resumed: resumed)
                subscriptionProblem = "subscribing"
                IOThread.task { await self.subscribe(resumed: resumed) }
            } catch {
                context.fail(error)
            }
        case .disconnected(let error):
            intake.commit()
            subscriptionProblem = "no connection to the local broker"
            lastErrors.local = error.map { "\($0)" }
            if let error { metrics.localLost.emit(["error": "\(error)"]) }
        }
    }

    /// Brings the session's subscriptions in line with the configuration.
    ///
    /// To subscribe once more to what the session has brings retained messages again with 3.1.1; with 5 the broker sees to that.
    private func subscribe(resumed: Bool) async {
        guard let local else { return }
        let wanted = Set(configuration.subscriptions)
        while local.state == .connected, subscriptionProblem != nil {
            do {
                let known = resumed ? try spool.subscriptions() : []
                let due = local.version == .v5 ? wanted : wanted.subtracting(known)
                try await local.subscribe(
                    due.sorted().map { MQTTSubscription(filter: $0, qos: .atLeastOnce, retained: .whenNew) })
                try await local.unsubscribe(known.subtracting(wanted).sorted())
                try spool.setSubscriptions(wanted)
                subscriptionProblem = nil
            } catch {
                subscriptionProblem = "\(error)"
                metrics.notSubscribed.emit(["error": "\(error)"])
                await EventLoop.sleep(for: .seconds(5))
            }
        }
    }

    private func uplinkChanged(_ event: MQTTEvent) {
        switch event {
        // Not inside of libmosquitto's answer: what was under way is sent again right after it, and comes first.
        case .connected: _ = EventLoop.schedule(after: .zero) { [weak self] in self?.uplink.pump() }
        case .disconnected(let error):
            lastErrors.uplink = error.map { "\($0)" }
            if let error { metrics.uplinkLost.emit(["error": "\(error)"]) }
        }
    }

    private func readStandardInput() throws {
        let input = StandardInput(
            // A file can wait, a sensor cannot: what is read from here is never thinned.
            waitsWhile: { [unowned self] in spool.bytes > hot.spoolLimit / 10 * 9 || intake.failure != nil },
            take: { [intake] topic, line in
                topic.withBytes { name in line.withUnsafeBytes { intake.take(line: $0, topic: name) } }
            },
            finished: { [unowned self] in endInput() })
        input.onFault = { [metrics] in metrics.badLine.emit(["line": "\($0)"]) }
        try input.start()
        self.input = input
        subscriptionProblem = nil
    }

    private func endInput() {
        intake.flush()
        inputHasEnded = true
    }

    /// Four times a second.
    private func look() {
        // Tries again, too, what could not be written.
        intake.flush(silentFor: hot.holdLimit)
        removeDone()
        uplink.pump()
        report()
        // The end of the input is the end of the work: the same as being told to stop.
        if inputHasEnded, spool.count == 0, intake.waiting == 0 {
            inputHasEnded = false
            kill(getpid(), SIGTERM)
        }
    }

    private func report() {
        let isLocalUp = local.map { $0.state == .connected } ?? true
        let isUplinkUp = central.state == .connected
        let free = DiskRoom(path: spool.path).free
        metrics.sample(spool, devices: intake.deviceCount, localIsUp: isLocalUp, uplinkIsUp: isUplinkUp)
        metrics.sample(spoolLimit: hot.spoolLimit, free: free, minimumFree: hot.minimumFree)
        health.report(
            local: isLocalUp ? subscriptionProblem : lastErrors.local ?? "connecting to the local broker")
        health.report(
            uplink: isUplinkUp ? uplink.failure : lastErrors.uplink ?? "connecting to the centre", waiting: spool.count)
        health.report(
            spool: EdgeProcessorHealth.SpoolReport(
                failure: intake.failure.map { "\($0)" }, bytes: spool.waitingBytes, limit: hot.spoolLimit,
                givenUp: metrics.givenUp, refused: spool.refused))
        health.report(freeOnDisk: free, minimum: hot.minimumFree)
        let isListening = local != nil && isLocalUp && subscriptionProblem == nil
        health.report(
            FlowSample(
                arrived: metrics.messages.value, done: metrics.sent.value, waiting: spool.count + intake.waiting,
                isListening: isListening), uplinkIsUp: isUplinkUp)
    }

    private func removeDone() {
        do throws(SpoolError) {
            try spool.removeDone()
        } catch {
            metrics.spoolFailed.emit(["error": "\(error)"])
        }
    }
}

extension EdgeProcessorConfiguration {
    /// Nil where what comes can wait.
    fileprivate var thinningLimit: Int? { input == .mqtt ? spool.limit.bytes : nil }

    /// Nil when readings come from standard input.
    fileprivate func localOptions(instance: String) -> MQTTOptions? {
        guard input == .mqtt else { return nil }
        var options = MQTTOptions(local, clientID: "sluice-\(instance)")
        options.session = .persistent(expiry: sessionExpiry)
        options.acknowledgement = .deferred
        options.receiveMaximum = 1_000
        return options
    }

    fileprivate func uplinkOptions(instance: String) -> MQTTOptions {
        var options = MQTTOptions(uplink, clientID: "sluice-\(instance)-uplink")
        options.sendMaximum = UInt16(clamping: window)
        return options
    }
}

extension String {
    fileprivate func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        var copy = self
        return copy.withUTF8 { body(UnsafeRawBufferPointer($0)) }
    }
}
