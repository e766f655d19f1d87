internal import Settings

/// Figures in sentences for people.
public enum PlainText {
    /// `12,400`.
    public static func count(_ number: Int) -> String {
        let digits = String(number.magnitude)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { text += "," }
            text.append(digit)
        }
        return number < 0 ? "-\(text)" : text
    }

    /// `14 s`, `3 min`, `2 h`, `5 d`: whole ones, never rounded up.
    public static func time(_ duration: Duration) -> String {
        let seconds = Int(duration.components.seconds)
        switch seconds {
        case ..<120: return "\(seconds) s"
        case ..<7_200: return "\(seconds / 60) min"
        case ..<172_800: return "\(seconds / 3_600) h"
        default: return "\(seconds / 86_400) d"
        }
    }

    /// `2,300/s`, `4.5/s`, `12/min`, `3/h`.
    public static func rate(_ perSecond: Double) -> String {
        switch perSecond {
        case 10...: "\(count(Int(perSecond.rounded())))/s"
        case 1...: "\((perSecond * 10).rounded() / 10)/s"
        case (1 / 60.0)...: "\(Int((perSecond * 60).rounded()))/min"
        default: "\(Int((perSecond * 3_600).rounded()))/h"
        }
    }

    /// `1.5 GiB`, `640 KiB`.
    public static func bytes(_ number: Int) -> String {
        var (rest, unit) = (Double(number), "bytes")
        for larger in ["KiB", "MiB", "GiB", "TiB"] where rest >= 1_024 {
            (rest, unit) = (rest / 1_024, larger)
        }
        let rounded = rest >= 10 || unit == "bytes" ? "\(Int(rest.rounded()))" : "\((rest * 10).rounded() / 10)"
        return "\(rounded) \(unit)"
    }
}
