import Settings
import Synchronization

/// The settings of one reading, and how they came to be.
struct LoadedSettings<Configuration: SettingsSection & Sendable>: Sendable {
    let values: ServiceSettings<Configuration>
    let effective: [EffectiveSetting]
    /// Redacted.
    let yaml: String

    init(_ document: SettingsDocument) throws(InvalidSettings) {
        values = try document.decode(ServiceSettings<Configuration>.self)
        effective = document.effective
        yaml = document.effectiveYAML()
    }
}

/// The settings with which the process runs; SIGHUP replaces them, `/config` shows them.
final class CurrentSettings<Configuration: SettingsSection & Sendable>: Sendable {
    private let loaded: Mutex<LoadedSettings<Configuration>>
    private let read: @Sendable () -> SettingsDocument

    /// - Parameter read: reads file, environment and flags afresh.
    init(reading read: @escaping @Sendable () -> SettingsDocument) throws(InvalidSettings) {
        loaded = Mutex(try LoadedSettings(read()))
        self.read = read
    }

    var values: ServiceSettings<Configuration> { loaded.withLock { $0.values } }
    var yaml: String { loaded.withLock { $0.yaml } }

    /// Reads again. When anything is wrong, all stays as it was.
    func reload() throws(InvalidSettings) -> SettingsChanges {
        let new = try LoadedSettings<Configuration>(read())
        return loaded.withLock { loaded in
            defer { loaded = new }
            return SettingsChanges(from: loaded.effective, to: new.effective)
        }
    }
}
