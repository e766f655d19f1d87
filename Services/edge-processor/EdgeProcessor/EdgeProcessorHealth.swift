internal import IOLoop
internal import Observability

/// What operators see on `/readyz`. A gateway without its uplink does its work: that is degraded, not failed.
@IOThread
final class EdgeProcessorHealth {
    private let local: HealthCheck
    private let uplink: HealthCheck
    private let spool: HealthCheck

    init(_ board: HealthBoard) {
        local = board.check("local")
        uplink = board.check("uplink", initially: .degraded)
        spool = board.check("spool")
    }

    /// - Parameter problem: nil when readings come in.
    func report(local problem: String?) {
        if let problem { local.report(.fail, problem) } else { local.report(.ok) }
    }

    func report(uplink problem: String?, waiting: Int) {
        guard let problem else { return uplink.report(.ok) }
        uplink.report(.degraded, "\(problem); \(waiting) messages wait in the spool")
    }

    /// - Parameters:
    ///   - failure: why nothing can be written.
    ///   - share: of the limit, in percent.
    ///   - givenUp: messages that were given up for want of room since the start.
    ///   - refused: messages that the centre never takes.
    func report(spool failure: String?, share: Int, givenUp: Int, refused: Int) {
        if let failure {
            spool.report(.fail, failure)
        } else if givenUp > 0 {
            spool.report(.degraded, "\(givenUp) readings were given up for want of room since the start")
        } else if refused > 0 {
            spool.report(.degraded, "\(refused) messages that the central broker never takes are set aside")
        } else if share >= 80 {
            spool.report(.degraded, "\(share) % of the limit are in use")
        } else {
            spool.report(.ok)
        }
    }
}
