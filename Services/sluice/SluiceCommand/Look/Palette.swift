internal import Glibc

/// What a text says, and with it how it looks where there are colours.
enum Style: Sendable {
    case plain
    case heading
    case good
    case warning
    case bad
    /// What is there for completeness.
    case faint

    /// SGR parameters of ECMA-48; they follow the theme of the terminal.
    fileprivate var parameters: String? {
        switch self {
        case .plain: nil
        case .heading: "1"
        case .good: "32"
        case .warning: "33"
        case .bad: "31"
        case .faint: "2"
        }
    }
}

/// Whether there are colours.
struct Palette: Hashable, Sendable {
    var hasColors: Bool

    static let colorless = Palette(hasColors: false)

    func paint(_ text: String, _ style: Style) -> String {
        guard hasColors, !text.isEmpty, let parameters = style.parameters else { return text }
        return "\u{1B}[\(parameters)m\(text)\u{1B}[0m"
    }
}

/// `--color`
enum ColorChoice: String, CaseIterable, Sendable {
    case always
    case never
    case auto

    /// - Parameters:
    ///   - environment: `NO_COLOR` with any text in it (https://no-color.org) and `TERM=dumb` refuse colours.
    ///   - isTerminal: whether standard output is one.
    func palette(environment: [String: String], isTerminal: Bool) -> Palette {
        switch self {
        case .always: return Palette(hasColors: true)
        case .never: return .colorless
        case .auto:
            let isRefused = environment["NO_COLOR"]?.isEmpty == false || environment["TERM"] == "dumb"
            return Palette(hasColors: isTerminal && !isRefused)
        }
    }
}
