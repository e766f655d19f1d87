import HTTPEndpoints
import Observability
import Settings

/// Reloads the settings of a running service, one time after the other, whoever asks: a signal or an operator.
actor SettingsReload<S: Service> {
    private let settings: CurrentSettings<S.Configuration>
    private let service: S
    private let logs: LogSetup
    private let context: ServiceContext
    private let events: FrameEvents
    private var last: Task<ReloadReport, Never>?

    init(
        of service: S, _ settings: CurrentSettings<S.Configuration>, _ logs: LogSetup, _ context: ServiceContext,
        _ events: FrameEvents
    ) {
        (self.service, self.settings, self.logs, self.context) = (service, settings, logs, context)
        self.events = events
    }

    @discardableResult
    func run() async -> ReloadReport {
        let previous = last
        let current = Task {
            _ = await previous?.value
            return await once()
        }
        last = current
        return await current.value
    }

    private func once() async -> ReloadReport {
        let report = await settings.reload { [service, logs, context] new in
            try await service.reload(new.own)
            logs.change(level: new.log.level)
            context.healthLimits.current = new.health
        }
        events.take(report)
        return report
    }

    /// `POST /-/reload`: 200 when nothing was rejected, else 422; 503 when the process ends.
    nonisolated var route: HTTPRoute {
        HTTPRoute(.post, "/-/reload", access: .requiresToken) { [context] _ in
            guard context.health.phase != .draining else {
                return .text("the service is draining: its settings matter no more\n", status: 503)
            }
            let report = await self.run()
            return .json(report.json + "\n", status: report.rejected.isEmpty ? 200 : 422)
        }
    }
}
