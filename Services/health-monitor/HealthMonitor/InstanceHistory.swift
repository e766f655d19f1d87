import HTTPEndpoints
import Model
import StageRuntime

/// What is known of one instance, from look to look. A pure state machine: time is passed in.
struct InstanceHistory: Sendable {
    private(set) var sighting: Sighting
    private(set) var state = InstanceState.starting
    private(set) var since: Timestamp
    private(set) var detail = ""
    private(set) var restarts = 0
    private(set) var report: HealthReport?
    private(set) var figures = Figures()
    private(set) var rates = Rates()
    private(set) var stageLatency = LatencyWindow()
    private(set) var endToEnd = LatencyWindow()
    private(set) var downstreamLatency = LatencyWindow()
    private(set) var lastSeen: Timestamp
    private var figuresAt: Timestamp?
    private let firstSeen: Timestamp

    /// Per second, over the last interval.
    struct Rates: Hashable, Sendable {
        var received: Double?
        var sent: Double?
        /// By the name of the instance upstream.
        var links: [String: Double] = [:]
        /// Of one core, 0.5 is half.
        var cpu: Double?
    }

    /// A process may take this long until it listens.
    static let startingGrace = Duration.seconds(10)

    init(_ sighting: Sighting, at now: Timestamp) {
        self.sighting = sighting
        firstSeen = now
        since = now
        lastSeen = now
    }

    mutating func observe(_ observation: Observation, _ sighting: Sighting, at now: Timestamp) {
        let previous = self.sighting.record?.pid
        let isNewProcess = previous != nil && sighting.record != nil && sighting.record?.pid != previous
        self.sighting = sighting
        lastSeen = now
        switch observation.answer {
        case .health(let report, let isReady, let figures):
            let wentBack = (self.report?.uptime ?? 0) > report.uptime + 1
            if isNewProcess || wentBack { restarted() }
            self.report = report
            take(figures, at: now)
            enter(Self.state(report, isReady: isReady), report.complaints, at: now)
        case .none(let cause, let reason):
            if isNewProcess { restarted() }
            forgetFigures()
            let isYoung = report == nil && now.since(firstSeen) < Self.startingGrace
            if let record = sighting.record, !record.isAlive {
                enter(.down, "process \(record.pid) is gone", at: now)
            } else {
                enter(Self.state(without: cause, isYoung: isYoung), reason, at: now)
            }
        }
    }

    /// Its record is gone: it has left, and said so.
    mutating func left(at now: Timestamp) {
        forgetFigures()
        enter(.left, "has left", at: now)
    }

    private static func state(_ report: HealthReport, isReady: Bool) -> InstanceState {
        switch report.phase {
        case "starting": .starting
        case "draining": .draining
        default: isReady ? (report.status == "ok" ? .ready : .degraded) : .stalled
        }
    }

    private static func state(without cause: HTTPNoReply.Cause?, isYoung: Bool) -> InstanceState {
        switch cause {
        case .silent, .broken: return .stalled
        case .unreachable, nil: return isYoung ? .starting : .down
        }
    }

    private mutating func enter(_ state: InstanceState, _ detail: String, at now: Timestamp) {
        if state != self.state { since = now }
        self.state = state
        self.detail = detail
    }

    private mutating func restarted() {
        restarts += 1
        report = nil
        forgetFigures()
    }

    /// What it said last says nothing of now, and must not stay in the sums.
    private mutating func forgetFigures() {
        (figures, figuresAt, rates) = (Figures(), nil, Rates())
        stageLatency.clear()
        endToEnd.clear()
        downstreamLatency.clear()
    }

    private mutating func take(_ new: Figures, at now: Timestamp) {
        if let figuresAt {
            let seconds = now.since(figuresAt).inSeconds
            rates.received = rate(figures.received, new.received, seconds)
            rates.sent = rate(figures.sent, new.sent, seconds)
            rates.cpu = rate(figures.cpuSeconds, new.cpuSeconds, seconds)
            rates.links = [:]
            for (upstream, link) in new.links {
                rates.links[upstream] = rate(figures.links[upstream]?.received, link.received, seconds)
            }
        }
        figures = new
        figuresAt = now
        stageLatency.take(new.stageLatency)
        endToEnd.take(new.endToEnd)
        downstreamLatency.take(new.downstreamLatency)
    }

    /// Nil when it cannot be told: no metric, or a counter that began anew.
    private func rate(_ old: Double?, _ new: Double?, _ seconds: Double) -> Double? {
        guard let old, let new, new >= old, seconds > 0 else { return nil }
        return (new - old) / seconds
    }
}
