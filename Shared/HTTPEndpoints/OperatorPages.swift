import Model
public import Observability

/// What the server tells operators about one process.
public struct OperatorPages: Sendable {
    let identity: ServiceIdentity
    let health: HealthBoard
    let metrics: MetricsRegistry
    let silence: @Sendable () -> Duration
    let settings: @Sendable () -> SettingsPage

    /// - Parameters:
    ///   - silence: how long the I/O thread has not turned; 5 s make `/livez` red.
    ///   - settings: with which the process runs now.
    public init(
        identity: ServiceIdentity, health: HealthBoard, metrics: MetricsRegistry,
        silence: @escaping @Sendable () -> Duration = { .zero },
        settings: @escaping @Sendable () -> SettingsPage = { SettingsPage(yaml: "") }
    ) {
        self.identity = identity
        self.health = health
        self.metrics = metrics
        self.silence = silence
        self.settings = settings
    }

    var routes: [HTTPRoute] {
        [
            HTTPRoute("/livez") { _ in HealthAnswers.liveness(silence: silence()) },
            HTTPRoute("/readyz") { question in readiness(question) },
            HTTPRoute("/readyz/{check}") { question in readiness(of: question.parameters["check"] ?? "") },
            HTTPRoute("/healthz") { _ in HealthAnswers.health(health, identity, now: .now()) },
            HTTPRoute("/metrics") { _ in
                HTTPAnswer(contentType: MetricsRegistry.contentType, body: metrics.prometheusText())
            },
            HTTPRoute("/version", access: .openOnLoopback) { _ in HealthAnswers.version(identity, settings()) },
            HTTPRoute("/config", access: .openOnLoopback) { _ in
                HTTPAnswer(contentType: "application/yaml", body: settings().text)
            },
        ]
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
