import HTTPEndpoints
import Model
import Settings
import Synchronization

/// The settings of one reading, and how they came to be.
struct LoadedSettings<Configuration: SettingsSection & Sendable>: Sendable {
    var values: ServiceSettings<Configuration>
    var effective: [EffectiveSetting]
    /// What works, and should not stay so.
    var warnings: [SettingsProblem]

    init(_ document: SettingsDocument) throws(InvalidSettings) {
        values = try document.decode(ServiceSettings<Configuration>.self)
        effective = document.effective
        warnings = document.warnings
    }
}

/// The settings with which the process runs; a reload replaces what is hot, `/config` shows them.
final class CurrentSettings<Configuration: SettingsSection & Sendable>: Sendable {
    private struct State: Sendable {
        var loaded: LoadedSettings<Configuration>
        var lastReload: ReloadReport?
    }

    private let state: Mutex<State>
    private let read: @Sendable () -> SettingsDocument

    /// - Parameter read: reads file, environment and flags afresh.
    init(reading read: @escaping @Sendable () -> SettingsDocument) throws(InvalidSettings) {
        state = Mutex(State(loaded: try LoadedSettings(read())))
        self.read = read
    }

    var warnings: [SettingsProblem] { state.withLock { $0.loaded.warnings } }

    var values: ServiceSettings<Configuration> { state.withLock { $0.loaded.values } }

    var page: SettingsPage {
        let (loaded, lastReload) = state.withLock { ($0.loaded, $0.lastReload) }
        return SettingsPage(
            yaml: loaded.effective.yaml, version: loaded.effective.version, lastReload: lastReload)
    }

    /// Reads again. When anything is wrong, all stays as it was. One call at a time.
    ///
    /// - Parameter apply: takes over what is hot, if anything has changed; what it throws rejects the whole.
    func reload(apply: (ServiceSettings<Configuration>) async throws -> Void) async -> ReloadReport {
        let running = state.withLock { $0.loaded }
        var report = ReloadReport(at: .now(), configVersion: running.effective.version)
        var next = running
        do {
            let new = try LoadedSettings<Configuration>(read())
            let changes = SettingsChanges(from: running.effective, to: new.effective)
            if !changes.hot.isEmpty { try await apply(new.values) }
            next = new
            next.effective = changes.applied(to: running.effective, from: new.effective)
            report.configVersion = next.effective.version
            (report.applied, report.requiresRestart) = (changes.hot, changes.restart)
        } catch let error as InvalidSettings {
            report.rejected = error.problems.map(ReloadReport.Rejection.init)
        } catch {
            report.rejected = [.init(path: Configuration.section, error: "\(error)")]
        }
        state.withLock { [next, report] in $0 = State(loaded: next, lastReload: report) }
        return report
    }
}

extension ReloadReport.Rejection {
    fileprivate init(_ problem: SettingsProblem) {
        var pathless = problem
        pathless.path = ""
        self.init(path: problem.path, error: pathless.description)
    }
}

extension [EffectiveSetting] {
    /// Twelve hexadecimal digits. Made of what may be shown, so that nobody can try out secrets on it.
    var version: String {
        let lines = map { "\($0.path)=\($0.value ?? "~")\n" }.sorted().joined()
        let digits = String(StableHash.fnv1a(lines.utf8), radix: 16)
        return String((String(repeating: "0", count: 16 - digits.count) + digits).prefix(12))
    }
}
