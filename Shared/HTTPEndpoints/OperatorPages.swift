public import Logging
import Model
public import Observability

/// What the server tells operators about one process.
public struct OperatorPages: Sendable {
    let identity: ServiceIdentity
    let health: HealthBoard
    let metrics: MetricsRegistry
    let logger: Logger
    let silence: @Sendable () -> Duration
    let settings: @Sendable () -> SettingsPage

    /// - Parameters:
    ///   - logger: is told of requests that are refused.
    ///   - silence: how long the I/O thread has not turned; 5 s make `/livez` red.
    ///   - settings: with which the process runs now.
    public init(
        identity: ServiceIdentity, health: HealthBoard, metrics: MetricsRegistry,
        logger: Logger = Logger(label: "http"),
        silence: @escaping @Sendable () -> Duration = { .zero },
        settings: @escaping @Sendable () -> SettingsPage = { SettingsPage(yaml: "") }
    ) {
        self.identity = identity
        self.health = health
        self.metrics = metrics
        self.logger = logger
        self.silence = silence
        self.settings = settings
    }

    var routes: [HTTPRoute] {
        [
            HTTPRoute("/livez") { _ in HealthAnswers.liveness(silence: silence()) },
            HTTPRoute("/readyz") { question in readiness(question) },
            HTTPRoute("/readyz/{check}") { question in readiness(of: question.parameters["check"] ?? "") },
            HTTPRoute("/healthz") { question in
                HealthAnswers.health(health, identity, now: .now(), showsVersion: question.caller.mayKnowVersion)
            },
            HTTPRoute("/metrics") { question in
                HTTPAnswer(
                    contentType: MetricsRegistry.contentType,
                    body: question.caller.mayKnowVersion ? metrics.prometheusText() : metricsForStrangers)
            },
            HTTPRoute("/version", access: .openOnLoopback) { _ in HealthAnswers.version(identity, settings()) },
            HTTPRoute("/config", access: .openOnLoopback) { _ in
                HTTPAnswer(contentType: "application/yaml", body: settings().text)
            },
        ]
    }

    /// An empty label is none.
    private var metricsForStrangers: String {
        metrics.prometheusText().replacing("version=\"\(identity.version)\"", with: "version=\"\"")
    }

    func readiness(_ question: HTTPQuestion) -> HTTPAnswer {
        let excluded = question.query["exclude"]?.split(separator: ",").map { String($0) } ?? []
        return HealthAnswers.readiness(
            health.checks, excluded: Set(excluded), verbose: question.query["verbose"] != nil)
    }

    func readiness(of check: String) -> HTTPAnswer {
        HealthAnswers.readiness(health.checks, only: check)
    }
}
