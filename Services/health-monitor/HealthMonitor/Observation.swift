import FoundationEssentials
import HTTPEndpoints

/// One look at one instance.
struct Observation: Sendable {
    enum Answer: Sendable {
        case health(HealthReport, isReady: Bool, figures: Figures)
        case none(HTTPNoReply.Cause?, String)
    }

    var answer: Answer

    /// The pages that are asked for, in this order.
    static let paths = ["/healthz", "/readyz", "/metrics"]

    init(_ answer: Answer) {
        self.answer = answer
    }

    init(replies: [HTTPReply]) {
        guard replies.count == Self.paths.count, let report = HealthReport(json: replies[0].body) else {
            answer = .none(.broken, "/healthz is no health report")
            return
        }
        answer = .health(report, isReady: replies[1].status == 200, figures: Figures(prometheusText: replies[2].body))
    }
}

/// What `/healthz` says.
struct HealthReport: Codable, Hashable, Sendable {
    struct Check: Codable, Hashable, Sendable {
        var name: String
        var status: String
        var since: String
        var detail: String
    }

    var status: String
    var phase: String?
    var checks: [Check]
    /// Not told to strangers from other machines.
    var version: String?
    var service: String?
    var instance: String?
    /// Seconds.
    var uptime: Double

    init?(json: String) {
        guard let report = try? JSONDecoder().decode(Self.self, from: Data(json.utf8)) else { return nil }
        self = report
    }

    /// The sentences of the checks that are not well.
    var complaints: String {
        checks.filter { $0.status != "ok" }
            .map { $0.detail.isEmpty ? $0.name : "\($0.name): \($0.detail)" }
            .joined(separator: "; ")
    }
}
