internal import Model

/// The three widths of rollup windows. All are aligned to 1970-01-01 UTC.
enum WindowLevel: CaseIterable {
    case minute
    case hour
    case day

    /// µs
    var width: Int64 {
        switch self {
        case .minute: 60_000_000
        case .hour: 3_600_000_000
        case .day: 86_400_000_000
        }
    }

    /// The start of the window that holds `time`, both in µs since 1970.
    @inline(__always)
    func bucket(of time: Int64) -> Int64 {
        time.flooredQuotient(width) * width
    }

    /// The table of this level's windows.
    var table: String { "rollup_\(suffix)_rows" }

    var suffix: String {
        switch self {
        case .minute: "1m"
        case .hour: "1h"
        case .day: "1d"
        }
    }

    /// The width as PostgreSQL writes it.
    var interval: String {
        switch self {
        case .minute: "1 minute"
        case .hour: "1 hour"
        case .day: "1 day"
        }
    }

    /// The level whose windows make up one of this level; minutes are made of readings.
    var finer: WindowLevel? {
        switch self {
        case .minute: nil
        case .hour: .minute
        case .day: .hour
        }
    }
}
