public import Model
public import Observability
public import Plugins

/// `plugins` on `/readyz`: red while a plugin is in quarantine.
public struct PluginCheck: Sendable {
    private let kind: PluginKind
    private let check: HealthCheck

    public init(_ kind: PluginKind, on board: HealthBoard) {
        self.kind = kind
        check = board.check("plugins", initially: .ok, "")
    }

    /// What waits for a batch after its quarantine is tried in this time, if there are any for it.
    private static let trial = Duration.seconds(30)
    /// A plugin that has failed, and that no batch has come for since, is told of for so long.
    private static let memory = Duration.seconds(300)

    /// About once a second.
    ///
    /// - Parameter recent: a failure of these seconds, of one that may have worked since.
    public func look(at troubles: PluginTroubles, recent: PluginError? = nil, now: Timestamp = .now()) {
        let failing = troubles.failing.values.sorted { $0.error.plugin < $1.error.plugin }
        let quarantined = failing.filter { $0.term != nil }
        let red = quarantined.filter { !isIdle($0, at: now) }
        if !red.isEmpty {
            check.report(.fail, red.map(sentence).joined(separator: "; "))
        } else if let error = recent ?? failing.first(where: { isRecent($0, at: now) })?.error {
            check.report(kind.whileFailing, "\(error); \(kind.consequence)")
        } else if let idle = quarantined.first {
            check.report(
                .degraded,
                "\(idle.error.plugin) was in quarantine, and no batch has come for it since: \(idle.error.what)")
        } else {
            check.report(.ok)
        }
    }

    /// Its quarantine is over and nothing has come for it.
    private func isIdle(_ plugin: PluginQuarantine, at now: Timestamp) -> Bool {
        plugin.term.map { now.since($0.end) > Self.trial } ?? false
    }

    private func isRecent(_ plugin: PluginQuarantine, at now: Timestamp) -> Bool {
        plugin.term == nil && now.since(plugin.latest) < Self.memory
    }

    private func sentence(_ plugin: PluginQuarantine) -> String {
        guard let term = plugin.term else { return "\(plugin.error)" }
        let times = term.number == 1 ? "" : ", for the \(Self.ordinal(term.number)) time"
        return "\(plugin.error.plugin) is in quarantine: it has failed on \(plugin.failures) batches in a row since "
            + "\(plugin.since.inSeconds)\(times): \(plugin.error.what); it is tried again at \(term.end.inSeconds); "
            + kind.consequence
    }

    private static func ordinal(_ number: Int) -> String {
        switch number % 10 {
        case 1 where number % 100 != 11: "\(number)st"
        case 2 where number % 100 != 12: "\(number)nd"
        case 3 where number % 100 != 13: "\(number)rd"
        default: "\(number)th"
        }
    }
}

extension PluginKind {
    fileprivate var whileFailing: HealthBoard.Status {
        switch self {
        case .detector: .degraded
        case .processor: .fail
        }
    }

    fileprivate var consequence: String {
        switch self {
        case .detector: "readings go on without its judgement"
        case .processor: "its batches are held back and tried again"
        }
    }
}

extension Timestamp {
    /// As people read it; UTC.
    fileprivate var inSeconds: String { iso8601.prefix(19) + "Z" }
}
