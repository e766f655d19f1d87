internal import IOLoop
internal import Observability
internal import Spool

/// What operators see on `/readyz`.
@IOThread
final class IngestHealth {
    private let broker: HealthCheck
    private let spoolRoom: HealthCheck
    private let downstream: HealthCheck
    private let adoption: HealthCheck

    init(_ board: HealthBoard) {
        broker = board.check("mqtt")
        spoolRoom = board.check("spool")
        adoption = board.check("adoption")
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

    /// - Parameter failures: of spools that were left, by file.
    func report(adoption failures: [String: String]) {
        guard let first = failures.min(by: { $0.key < $1.key }) else { return adoption.report(.ok) }
        adoption.report(.degraded, "\(failures.count) spools that were left cannot be delivered: \(first.value)")
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
