/// Figures in few characters.
enum HumanText {
    /// `950`, `1.2k`, `3.4M`.
    static func count(_ value: Double) -> String {
        scaled(value, 1_000, ["", "k", "M", "G"])
    }

    /// `1.5 MiB`.
    static func bytes(_ value: Double) -> String {
        scaled(value, 1_024, [" B", " KiB", " MiB", " GiB"])
    }

    /// `42 s`, `12 min`, `3 h 20 min`, `5 d 2 h`.
    static func age(_ seconds: Double) -> String {
        let seconds = Int(seconds)
        switch seconds {
        case ..<60: return "\(seconds) s"
        case ..<3_600: return "\(seconds / 60) min"
        case ..<86_400: return "\(seconds / 3_600) h \(seconds % 3_600 / 60) min"
        default: return "\(seconds / 86_400) d \(seconds % 86_400 / 3_600) h"
        }
    }

    private static func scaled(_ value: Double, _ step: Double, _ units: [String]) -> String {
        guard value.isFinite else { return "?" }
        var value = value
        var unit = 0
        while abs(value) >= step, unit < units.count - 1 {
            value /= step
            unit += 1
        }
        let rounded = unit == 0 || abs(value) >= 100 ? "\(Int(value.rounded()))" : "\((value * 10).rounded() / 10)"
        return rounded + units[unit]
    }
}
