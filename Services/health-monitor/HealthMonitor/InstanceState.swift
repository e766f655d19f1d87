/// What an operator wants to know first of an instance.
public enum InstanceState: String, Codable, Sendable, CaseIterable {
    case ready
    /// It works, with less than it should have.
    case degraded
    case starting
    case draining
    /// It runs, but nothing flows: a dependency is away, or it does not answer in time.
    case stalled
    /// Nobody answers.
    case down
    /// It has ended, and took its record along: scaled down, or stopped. Where addresses come from DNS: it is not named any more.
    case left

    /// Ascending from good to bad.
    var severity: Int {
        switch self {
        case .ready, .left: 0
        case .starting, .draining: 1
        case .degraded: 2
        case .stalled: 3
        case .down: 4
        }
    }
}
