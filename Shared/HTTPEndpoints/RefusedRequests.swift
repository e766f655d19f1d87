internal import Logging
internal import NIOCore
internal import Observability

/// Requests that were not answered as asked, by their cause: counted, and told in the log, each cause once in a while, so that a
/// flood of requests is no flood of lines. Neither headers nor queries are told: they hold tokens.
struct RefusedRequests: Sendable {
    let headersTooLarge: EventKind
    let bodyTooLarge: EventKind
    let tooSlow: EventKind
    let tooMany: EventKind
    let noToken: EventKind
    let wrongToken: EventKind

    init(in registry: MetricsRegistry, logger: Logger) {
        func cause(_ name: String, _ level: Logger.Level, _ message: Logger.Message) -> EventKind {
            let counter = registry.counter(
                "sluice_http_refused_requests_total", "HTTP requests refused for their size, pace, number or token.",
                labels: ["cause": name])
            return EventKind(counting: counter, level: level, message, logger: logger, logInterval: .seconds(10))
        }
        headersTooLarge = cause("headers_too_large", .notice, "refused a request: its head is too long")
        bodyTooLarge = cause("body_too_large", .notice, "refused a request: its body is too long")
        // Browsers open connections that they may need, and do not use.
        tooSlow = cause(
            "too_slow", .info, "closed a connection: no whole request came, or no answer was taken, in time")
        tooMany = cause("too_many", .warning, "closed a connection for a new one: there are too many")
        noToken = cause("no_token", .notice, "refused a request: it came without the operators' token")
        wrongToken = cause("wrong_token", .warning, "refused a request: its token is not the operators'")
    }
}

extension EventKind {
    /// - Parameters:
    ///   - channel: of who asked.
    ///   - path: without the query; nil before it is known.
    func emit(_ channel: any Channel, path: String? = nil) {
        var metadata: Logger.Metadata = [:]
        if let peer = channel.remoteAddress?.ipAddress { metadata["peer"] = "\(peer)" }
        // What a stranger sends, but not more of it than helps.
        if let path { metadata["path"] = "\(path.prefix(100))" }
        emit(metadata)
    }
}
