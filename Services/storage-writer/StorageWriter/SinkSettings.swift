internal import IOLoop
internal import Plugins
internal import PostgreSQL
internal import Redis
internal import Settings

/// The sinks that are compiled in, as `type` in `storage_writer.sinks`.
public enum SinkKind: String, CaseIterable, Sendable {
    case postgres
    case redis
}

/// One entry of `storage_writer.sinks`. One of another kind is a case here and in ``SinkKind``, and a line in `makeSink`.
public enum SinkSettings: Sendable, Equatable {
    /// The record. Always the first.
    case postgres
    case redis

    /// nil when there is no such sink, which is a problem, or no `type`.
    init?(from reader: SettingsReader) {
        let kind: SinkKind? = reader.choice("type", "Which sink this is.")
        switch kind {
        case .postgres: self = .postgres
        case .redis: self = .redis
        case nil: return nil
        }
    }

    /// When the file names none.
    static let standard = [SinkSettings.postgres, .redis]

    /// - Parameter reader: of the section that holds the list.
    static func list(from reader: SettingsReader) -> [SinkSettings] {
        guard reader.contains("sinks") else { return standard }
        let entries = reader.items("sinks")
        for (number, entry) in entries.enumerated() where !entry.contains("type") {
            reader.reject("sinks", "entry \(number + 1) has no type", suggestion: "write { type: postgres }")
        }
        let sinks = entries.compactMap(SinkSettings.init(from:))
        // What is misspelt has been said; its place in the list is not known.
        if sinks.count == entries.count { check(sinks, reader) }
        return sinks
    }

    private static func check(_ sinks: [SinkSettings], _ reader: SettingsReader) {
        if sinks.first != .postgres {
            reader.reject(
                "sinks", "the first sink must be postgres: it is the record, and the others get what it found fresh",
                suggestion: "begin the list with { type: postgres }")
        }
        if let twice = sinks.first(where: { sink in sinks.count { $0 == sink } > 1 }) {
            reader.reject("sinks", "\(twice) is listed twice", suggestion: "keep one")
        }
    }

    /// nil for the record, which the commit loop has.
    ///
    /// - Parameter session: makes a session with PostgreSQL for the sink alone, which closes it.
    @IOThread
    func makeSink(_ configuration: StorageWriterConfiguration, session: () -> PostgreSQLSession) -> (any Sink)? {
        switch self {
        case .postgres: nil
        case .redis: RedisSink(RedisConfiguration(configuration.redis), source: PostgreSQLCacheSource(session()))
        }
    }
}
