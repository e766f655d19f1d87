import HTTPEndpoints
import Logging
import Observability
import Settings

/// Reloads the settings of a running service, one time after the other, whoever asks: a signal or an operator.
actor SettingsReload<S: Service> {
    private let settings: CurrentSettings<S.Configuration>
    private let service: S
    private let logs: LogSetup
    private let context: ServiceContext
    private var last: Task<ReloadReport, Never>?

    init(of service: S, _ settings: CurrentSettings<S.Configuration>, _ logs: LogSetup, _ context: ServiceContext) {
        (self.service, self.settings, self.logs, self.context) = (service, settings, logs, context)
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
        log(report)
        return report
    }

    private func log(_ report: ReloadReport) {
        let version: Logger.Metadata.Value = "\(report.configVersion)"
        guard report.rejected.isEmpty else {
            for rejection in report.rejected {
                context.logger.error(
                    "settings rejected, nothing is applied",
                    metadata: [
                        "path": "\(rejection.path)", "error": "\(rejection.error)", "config_version": version,
                    ])
            }
            return
        }
        context.logger.notice(
            "settings reloaded",
            metadata: [
                "applied": "\(report.applied)", "requires_restart": "\(report.requiresRestart)",
                "config_version": version,
            ])
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
