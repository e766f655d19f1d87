import FoundationEssentials
import Processes

/// Numbered readings from a `sluice simulate` of its own.
///
/// QoS 2 and a session that the broker keeps: a message that was under way when the broker went is neither lost nor
/// doubled on its way there. So whatever is stored twice was doubled by Sluice.
struct ChaosLoad {
    private let process: ChildProcess
    private let output: String

    init(on stack: PrivateStack, devices: Int, rate: Int, seed: UInt64) throws {
        let broker = stack.status.infrastructure.mqtt
        output = stack.directory.log(of: "load")
        process = try ChildProcess.spawn(
            Command(
                ServiceFolder.ownExecutable,
                [
                    "simulate", "--mqtt", "mqtt://\(broker.host):\(broker.port)", "--devices", "\(devices)", "--rate",
                    "\(rate)", "--qos", "2", "--numbered", "--seed", "\(seed)", "--anomaly-every", "500", "--json",
                ], output: .appended(to: output)))
    }

    /// - Returns: how many readings the broker has confirmed, which are all that were published unless there is a problem.
    /// - Throws: ``ChaosFailure`` when the load does not say what it published.
    func stop() async throws -> (sent: Int, problem: String?) {
        let status = await process.stop(within: .seconds(60))
        let lines = LogFile(path: output).lastLines(5)
        let reports = lines.compactMap { try? JSONDecoder().decode(PublishReport.self, from: Data($0.utf8)) }
        guard let report = reports.last else {
            throw ChaosFailure(description: "the load ended with \(status): \(lines.joined(separator: "\n"))")
        }
        if status.isSuccess, report.acknowledged == report.published { return (report.acknowledged, nil) }
        return (
            report.acknowledged,
            "the load ended with \(status); the broker confirmed \(report.acknowledged) of \(report.published) readings"
        )
    }
}

struct ChaosFailure: Error, CustomStringConvertible {
    var description: String
}
