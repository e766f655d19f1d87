public import IOLoop
public import Observability
internal import Settings

/// The check `flow` of a service: a ``FlowWatch`` on the board.
@IOThread
public final class FlowCheck {
    private let check: HealthCheck
    private let limits: HealthLimits
    private var watch: FlowWatch
    /// How long readings wait by design.
    public var linger: Duration

    /// - Parameter linger: how long readings wait by design; a standstill begins after that.
    public init(_ watch: FlowWatch, board: HealthBoard, limits: HealthLimits, linger: Duration = .zero) {
        self.linger = linger
        check = board.check("flow", initially: .ok, "")
        self.watch = watch
        self.limits = limits
    }

    /// - Parameters:
    ///   - culprit: who is waited for, to end the sentence of a stall.
    ///   - worst: what is said at most, where a standstill is somebody else's and told of there.
    public func look(_ sample: FlowSample, culprit: String? = nil, atMost worst: HealthBoard.Status = .fail) {
        var limits = limits.current
        limits.stallAfter += linger
        let verdict = watch.look(sample, at: .now, limits: limits, culprit: culprit)
        check.report(min(verdict.status, worst), verdict.detail)
    }
}
