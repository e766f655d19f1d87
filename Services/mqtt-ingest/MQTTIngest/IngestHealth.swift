internal import IOLoop
internal import Observability
internal import Spool

/// What operators see on `/readyz`.
@IOThread
final class IngestHealth {
    private let broker: HealthCheck
    private let spoolRoom: HealthCheck
    private let downstream: HealthCheck

    init(_ board: HealthBoard) {
        broker = board.check("mqtt")
        spoolRoom = board.check("spool")
        downstream = board.check("downstream", initially: .degraded)
    }

    /// - Parameters:
    ///   - subscription: why there is none; nil when all is well.
    ///   - stopReason: why nothing is taken; nil when it is.
    func report(isConnected: Bool, lastError: String?, subscription: String?, stopReason: String?) {
        if let stopReason {
            broker.report(.fail, "disconnected on purpose: \(stopReason)")
        } else if !isConnected {
            broker.report(.fail, lastError ?? "connecting")
        } else if let subscription {
            broker.report(.fail, subscription)
        } else {
            broker.report(.ok)
        }
    }

    func report(_ status: SpoolStatus, stopReason: String?) {
        let share = status.limitBytes > 0 ? status.bytes * 100 / status.limitBytes : 0
        if let stopReason {
            spoolRoom.report(.fail, stopReason)
        } else if status.damagedBatches > 0 {
            spoolRoom.report(.degraded, "\(status.damagedBatches) damaged batches are set aside")
        } else if share >= 80 {
            spoolRoom.report(.degraded, "\(share) % of \(status.limitBytes) bytes are in use")
        } else {
            spoolRoom.report(.ok)
        }
    }

    func report(workers: Int, refusal: String?) {
        if let refusal {
            downstream.report(.degraded, refusal)
        } else if workers == 0 {
            downstream.report(.degraded, "no preprocessor is connected; readings wait in the spool")
        } else {
            downstream.report(.ok)
        }
    }
}
