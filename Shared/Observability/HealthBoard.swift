public import Model
import Synchronization

/// What a service knows about itself and what it depends on. Written mostly from the I/O thread, read by HTTP.
///
/// A check that fails takes the service out of readiness; a degraded one does not: it works, with less.
public final class HealthBoard: Sendable {
    public enum Status: String, Comparable, Sendable, CaseIterable {
        case ok, degraded, fail

        private var severity: Int {
            switch self {
            case .ok: 0
            case .degraded: 1
            case .fail: 2
            }
        }

        public static func < (left: Status, right: Status) -> Bool { left.severity < right.severity }
    }

    public struct Check: Hashable, Sendable {
        public var name: String
        public var status: Status
        /// One sentence; may be empty when all is well.
        public var detail: String
        /// When the status last changed; a new detail alone does not move it.
        public var since: Timestamp
    }

    /// Where the process is in its life.
    public enum Phase: String, Sendable, Codable {
        case starting, running, draining
    }

    private struct State {
        var checks: [Check] = []
        var phase = Phase.starting
        var phaseSince: Timestamp
    }

    private let state: Mutex<State>

    public init(at now: Timestamp = .now()) {
        state = Mutex(State(phaseSince: now))
    }

    /// Adds a check, or finds the one of that name.
    public func check(
        _ name: String, initially status: Status = .fail, _ detail: String = "starting", at now: Timestamp = .now()
    ) -> HealthCheck {
        state.withLock { state in
            if !state.checks.contains(where: { $0.name == name }) {
                state.checks.append(Check(name: name, status: status, detail: detail, since: now))
            }
        }
        return HealthCheck(name: name, board: self)
    }

    /// Readiness is red while starting and from the moment of draining.
    public func enter(_ phase: Phase, at now: Timestamp = .now()) {
        state.withLock { state in
            guard state.phase != phase else { return }
            state.phase = phase
            state.phaseSince = now
        }
    }

    public var phase: Phase { state.withLock { $0.phase } }

    /// All checks, `lifecycle` first: it is red unless the service runs.
    public var checks: [Check] {
        state.withLock { state in
            let detail = state.phase == .running ? "" : state.phase.rawValue
            let status: Status = state.phase == .running ? .ok : .fail
            return [Check(name: "lifecycle", status: status, detail: detail, since: state.phaseSince)] + state.checks
        }
    }

    /// The worst of all checks.
    public var status: Status { checks.map(\.status).max() ?? .ok }

    fileprivate func report(_ name: String, _ status: Status, _ detail: String, at now: Timestamp) {
        state.withLock { state in
            guard let index = state.checks.firstIndex(where: { $0.name == name }) else { return }
            if state.checks[index].status != status { state.checks[index].since = now }
            state.checks[index].status = status
            state.checks[index].detail = detail
        }
    }
}

/// The right to report one check.
public struct HealthCheck: Sendable {
    public let name: String
    private let board: HealthBoard

    fileprivate init(name: String, board: HealthBoard) {
        self.name = name
        self.board = board
    }

    /// Takes a lock: for changes and for timers, not for readings.
    public func report(_ status: HealthBoard.Status, _ detail: String = "", at now: Timestamp = .now()) {
        board.report(name, status, detail, at: now)
    }
}
