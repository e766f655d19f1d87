public import Alerting
public import IOLoop
public import Logging
public import Model
public import Observability

/// Tells one web server of alerts' transitions.
///
/// Messages of one alert are delivered in the order in which ``deliver(_:)-(AlertTransition)`` was called; different alerts do not wait
/// for each other, except that no more than so many requests are made at once. A message that waits before it is tried again takes no
/// place among them. Call ``shutDown()`` before the last reference goes.
@IOThread
public final class WebhookNotifier {
    public struct Limits: Sendable {
        /// Requests at once.
        public var inFlight = 8
        /// Messages that wait or are being sent; what comes beyond is given up at once.
        public var messages = 10_000
        public var pace = WebhookRetry.Pace()

        public init() {}
    }

    /// What is not given by the settings: passed in, so that tests know it.
    public struct Chance: Sendable {
        public var wallClock: @Sendable () -> Timestamp = Timestamp.now
        /// From 0 to 1.
        public var draw: @Sendable () -> Double = { .random(in: 0...1) }

        public init() {}
    }

    public let settings: WebhookSettings
    private let limits: Limits
    private let chance: Chance
    private let client: WebhookClient
    private let metrics: WebhookMetrics
    private let flights: Turnstile
    /// By alert, while it has messages.
    private var lines: [String: Turnstile] = [:]
    private var underWay = 0 {
        didSet { metrics.show(underWay: underWay) }
    }

    public init(
        _ settings: WebhookSettings, registry: MetricsRegistry, logger: Logger, limits: Limits = Limits(),
        chance: Chance = Chance()
    ) {
        self.settings = settings
        self.limits = limits
        self.chance = chance
        client = WebhookClient(settings)
        metrics = WebhookMetrics(settings, registry: registry, logger: logger)
        flights = Turnstile(capacity: limits.inFlight)
    }

    /// Ends the connections. Cancel the deliveries before.
    ///
    /// - Throws: when it was called before.
    public func shutDown() async throws {
        try await client.shutDown()
    }

    /// Returns when the server has it, or nobody will try again. Ends soon when the task is cancelled.
    public func deliver(_ transition: AlertTransition) async -> WebhookOutcome {
        guard settings.concerns(transition) else {
            metrics.notConcerned()
            return .notConcerned
        }
        return await deliver(WebhookMessage(transition))
    }

    /// The same for a message whom it concerns is known of, as of a dead letter.
    public func deliver(_ message: WebhookMessage) async -> WebhookOutcome {
        guard underWay < limits.messages else {
            let outcome = WebhookOutcome.gaveUp(reason: "\(underWay) messages wait already", attempts: 0)
            metrics.ended(message, outcome)
            return outcome
        }
        underWay += 1
        defer { underWay -= 1 }
        let outcome = await inTurn(message)
        metrics.ended(message, outcome)
        return outcome
    }

    private func inTurn(_ message: WebhookMessage) async -> WebhookOutcome {
        let start = ContinuousClock.now
        let line = lines[message.alertID] ?? Turnstile(capacity: 1)
        lines[message.alertID] = line
        defer { if line.isEmpty { lines[message.alertID] = nil } }
        do {
            return try await line.pass { try await attempts(message, since: start) }
        } catch {
            // Nothing else is thrown than that the task was cancelled.
            return .interrupted
        }
    }

    private func attempts(
        _ message: WebhookMessage, since start: ContinuousClock.Instant
    ) async throws -> WebhookOutcome {
        var retry = WebhookRetry(limits.pace, giveUpAfter: settings.giveUpAfter)
        while true {
            let answer = try await flights.pass { try await client.post(message, at: chance.wallClock()) }
            switch retry.next(after: answer, elapsed: .now - start, chance: chance.draw()) {
            case .end(let outcome): return outcome
            case .wait(let delay):
                metrics.failed(message, answer, attempts: retry.attempts)
                try await Task.sleep(for: delay)
            }
        }
    }
}
