internal import IOLoop
internal import Observability
internal import Pipes
internal import PostgreSQL
internal import StageRuntime

/// Ready means that readings come in and can be stored. Other sinks and the aggregator may be away.
@IOThread
struct StorageWriterHealth {
    private let postgres: HealthCheck
    private let upstream: UpstreamHealth

    init(board: HealthBoard) {
        postgres = board.check("postgres")
        upstream = UpstreamHealth(board: board, giver: "anomaly-detector")
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
        upstream.look(at: inbound.links)
    }
}
