internal import IOLoop
internal import Observability
internal import StageRuntime

/// What operators see on `/readyz`. A gateway without its uplink does its work: that is degraded, not failed.
@IOThread
final class EdgeProcessorHealth {
    /// How the spool is now.
    struct SpoolReport {
        /// Why nothing can be written.
        var failure: String?
        var bytes: Int
        var limit: Int
        /// Messages that were given up for want of room since the start.
        var givenUp: Int
        /// Messages that the centre never takes.
        var refused: Int
    }

    private let local: HealthCheck
    private let uplink: HealthCheck
    private let spool: HealthCheck
    private let disk: HealthCheck
    private let flow: FlowCheck
    private let models: HealthCheck?
    private let limits: HealthLimits
    private var spoolWatch = SpoolWatch()
    private var refusedModels = 0

    /// - Parameter models: whether forests judge readings, whose model files may be wrong.
    init(_ board: HealthBoard, limits: HealthLimits, models isScoring: Bool) {
        self.limits = limits
        local = board.check("local")
        uplink = board.check("uplink", initially: .degraded)
        spool = board.check("spool")
        disk = board.check("disk")
        models = isScoring ? board.check("models", initially: .ok, "") : nil
        flow = FlowCheck(
            FlowWatch(unit: "messages", verb: "confirmed", silence: .fails), board: board, limits: limits)
    }

    /// - Parameter problem: nil when readings come in.
    func report(local problem: String?) {
        if let problem { local.report(.fail, problem) } else { local.report(.ok) }
    }

    func report(uplink problem: String?, waiting: Int) {
        guard let problem else { return uplink.report(.ok) }
        uplink.report(.degraded, "\(problem); \(waiting) messages wait in the spool")
    }

    func report(spool report: SpoolReport) {
        // At its limit it thins out what it holds, and goes on.
        let verdict = spoolWatch.look(
            at: report.bytes, of: report.limit, at: .now, limits: limits.current, whenFull: .degraded)
        if let failure = report.failure {
            spool.report(.fail, failure)
        } else if report.givenUp > 0 {
            spool.report(.degraded, "\(report.givenUp) readings were given up for want of room since the start")
        } else if report.refused > 0 {
            spool.report(
                .degraded, "\(report.refused) messages that the central broker never takes are set aside")
        } else {
            spool.report(verdict.status, verdict.detail)
        }
    }

    func report(freeOnDisk free: Int?, minimum: Int) {
        let verdict = SpoolWatch.disk(free: free, minimum: minimum, limits: limits.current)
        disk.report(verdict.status, verdict.detail)
    }

    /// How long readings may wait for others of their message.
    func use(linger: Duration) { flow.linger = linger }

    /// What waits while the uplink is away is where it should be.
    func report(_ sample: FlowSample, uplinkIsUp: Bool) {
        flow.look(
            sample, culprit: uplinkIsUp ? nil : "the uplink is away", atMost: uplinkIsUp ? .fail : .degraded)
    }

    func modelRefused(_ why: String) {
        refusedModels += 1
        models?.report(
            .degraded,
            "\(refusedModels) model files cannot be used, and their devices are judged like those without: \(why)")
    }
}
