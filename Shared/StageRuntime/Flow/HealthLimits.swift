public import Settings
internal import Synchronization

/// The section `health` as it is now: a reload replaces it.
public final class HealthLimits: Sendable {
    private let settings: Mutex<HealthSettings>

    public init(_ settings: HealthSettings = .standard) {
        self.settings = Mutex(settings)
    }

    public internal(set) var current: HealthSettings {
        get { settings.withLock { $0 } }
        set { settings.withLock { $0 = newValue } }
    }
}
