import Logging
public import Settings

#if canImport(Glibc)
    import Glibc
#endif

/// Makes swift-log write what section `log` says. Once a process, before the first logger is made.
public struct LogSetup: Sendable {
    private let threshold: LogWriter.Threshold

    public static func bootstrap(_ settings: LogSettings) -> LogSetup {
        let setup = LogSetup(threshold: LogWriter.Threshold(settings.level.level))
        let form = form(settings.format, isTerminal: isatty(STDERR_FILENO) == 1)
        LoggingSystem.bootstrap { label in
            LogWriter(
                label: label, form: form, threshold: setup.threshold, write: LogWriter.writeToStandardError)
        }
        return setup
    }

    /// Takes effect for all loggers at once.
    public func change(level: LogSettings.Level) {
        threshold.level = level.level
    }

    static func form(_ format: LogSettings.Format, isTerminal: Bool) -> LogWriter.Form {
        switch format {
        case .text: .text
        case .json: .json
        case .auto: isTerminal ? .text : .json
        }
    }
}

extension LogSettings.Level {
    /// swift-log's level of the same name.
    var level: Logger.Level {
        Logger.Level(rawValue: rawValue) ?? .info
    }
}
