internal import IOLoop
internal import Observability
internal import Pipes
internal import PostgreSQL

/// Ready means that readings come in and can be stored. Other sinks and the aggregator may be away.
@IOThread
struct StorageWriterHealth {
    private let postgres: HealthCheck
    private let upstream: HealthCheck

    init(board: HealthBoard) {
        postgres = board.check("postgres")
        upstream = board.check("upstream")
    }

    func connection(_ state: PostgreSQLSession.State) {
        switch state {
        case .idle: break
        case .connected: postgres.report(.ok)
        case .failing(let error, _): postgres.report(.fail, error.description)
        }
    }

    func stored(failing error: PostgreSQLError?) {
        postgres.report(error == nil ? .ok : .fail, error?.description ?? "")
    }

    func look(at inbound: InboundPipe) {
        let live = inbound.links.count { $0.state == .live }
        upstream.report(live > 0 ? .ok : .fail, live > 0 ? "" : "no anomaly-detector is connected")
    }
}
