import Logging
import Model
import Observability
import Plugins
import StageRuntime
import Testing

@Suite struct PluginCheckTests {
    private let board = HealthBoard()
    private let error = PluginError(plugin: "moody", what: "is broken", isRetriable: false)
    private let start = Timestamp(seconds: 1_700_000_000)

    /// What the check says after so many batches on which the plugin failed, each right after the last quarantine.
    private func check(
        _ kind: PluginKind, failures: Int, later: Duration = .seconds(60)
    ) -> (status: HealthBoard.Status?, detail: String?) {
        let check = PluginCheck(kind, on: board)
        var troubles = PluginTroubles()
        var now = start
        for _ in 0..<failures {
            _ = troubles.failed(error, at: now)
            now = troubles.failing["moody"]?.term?.end ?? now
        }
        check.look(at: troubles, now: start.advanced(by: later))
        let found = board.checks.first { $0.name == "plugins" }
        return (found?.status, found?.detail)
    }

    @Test func `a plugin that works is nothing to tell of`() {
        #expect(check(.detector, failures: 0) == (.ok, ""))
    }

    @Test func `without a detector's judgement readings go on; what a processor fails on is held back`() {
        #expect(
            check(.detector, failures: 2)
                == (.degraded, "plugin moody: is broken; readings go on without its judgement"))
        #expect(
            check(.processor, failures: 1)
                == (.fail, "plugin moody: is broken; its batches are held back and tried again"))
    }

    @Test func `a quarantine is red, and says of whom, why, since when and until when`() {
        #expect(
            check(.detector, failures: 3)
                == (
                    .fail,
                    "moody is in quarantine: it has failed on 3 batches in a row since 2023-11-14T22:13:20Z: is broken; "
                        + "it is tried again at 2023-11-14T22:14:20Z; readings go on without its judgement"
                ))
        #expect(
            check(.processor, failures: 4)
                == (
                    .fail,
                    "moody is in quarantine: it has failed on 4 batches in a row since 2023-11-14T22:13:20Z, for the 2nd time: "
                        + "is broken; it is tried again at 2023-11-14T22:16:20Z; its batches are held back and tried again"
                ))
    }

    @Test func `a plugin for which nothing comes any more is red only while it is left alone`() {
        #expect(check(.detector, failures: 3, later: .seconds(80)).status == .fail)
        #expect(
            check(.detector, failures: 3, later: .seconds(91))
                == (.degraded, "moody was in quarantine, and no batch has come for it since: is broken"))
        #expect(check(.detector, failures: 2, later: .seconds(301)) == (.ok, ""))
    }

    @Test func `figures are there from the start, and follow what happens`() {
        let registry = MetricsRegistry()
        let metrics = PluginMetrics(
            .detector, in: registry, logger: Logger(label: "t") { _ in SwiftLogNoOpLogHandler() })
        func value(_ line: String) -> Substring? {
            registry.prometheusText().split(separator: "\n").first { $0.hasPrefix(line + " ") }?.suffix(1)
        }
        metrics.expect(["moody"])
        #expect(value(#"sluice_plugin_quarantined{plugin="moody"}"#) == "0")
        #expect(value(#"sluice_plugin_failures_total{plugin="moody"}"#) == "0")
        metrics.take(.failed(error))
        metrics.take(.quarantined(error, .init(number: 1, began: start, length: .seconds(60))))
        #expect(value(#"sluice_plugin_quarantined{plugin="moody"}"#) == "1")
        #expect(value(#"sluice_plugin_failures_total{plugin="moody"}"#) == "1")
        #expect(value(#"sluice_errors_total{error_type="detector_failed"}"#) == "1")
        #expect(value(#"sluice_errors_total{error_type="plugin_quarantined"}"#) == "1")
        metrics.take(.released("moody"))
        #expect(value(#"sluice_plugin_quarantined{plugin="moody"}"#) == "0")
        #expect(value(#"sluice_events_total{event="plugin_released"}"#) == "1")
    }
}
