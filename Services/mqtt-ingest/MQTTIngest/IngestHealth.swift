internal import IOLoop
internal import Observability
internal import Pipes
internal import Spool
internal import StageRuntime

/// What operators see on `/readyz`.
@IOThread
final class IngestHealth {
    private let broker: HealthCheck
    private let spoolRoom: HealthCheck
    private let disk: HealthCheck
    private let downstream: HealthCheck
    private let adoption: HealthCheck
    private let flow: FlowCheck
    private let limits: HealthLimits
    private var spoolWatch = SpoolWatch()

    init(_ board: HealthBoard, limits: HealthLimits) {
        self.limits = limits
        broker = board.check("mqtt")
        spoolRoom = board.check("spool")
        disk = board.check("disk")
        adoption = board.check("adoption")
        downstream = board.check("downstream", initially: .degraded)
        flow = FlowCheck(FlowWatch(silence: .fails), board: board, limits: limits)
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
        let room = SpoolWatch.disk(
            free: status.freeBytes, minimum: status.minimumFreeBytes, limits: limits.current)
        disk.report(room.status, room.detail)
        let verdict = spoolWatch.look(at: status.bytes, of: status.limitBytes, at: .now, limits: limits.current)
        if let stopReason {
            spoolRoom.report(.fail, stopReason)
        } else if verdict.status == .ok, status.damagedBatches > 0 {
            spoolRoom.report(.degraded, "\(status.damagedBatches) damaged batches are set aside")
        } else {
            spoolRoom.report(verdict.status, verdict.detail)
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

    func report(_ sample: FlowSample, workers: [WorkerStatus]) {
        let nobody = workers.isEmpty ? "no preprocessor is connected" : nil
        flow.look(sample, culprit: WorkerStatus.culprit(among: workers) ?? nobody)
    }
}
