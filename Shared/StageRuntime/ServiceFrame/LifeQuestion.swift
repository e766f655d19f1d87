import FoundationEssentials
import HTTPEndpoints
import Observability
import Platform
import Settings

/// Whether a service that runs with these settings turns, asked from beside it: for the health check of a container, whose image has no
/// other program that could ask.
struct LifeQuestion: Sendable {
    /// Nobody says where it listens.
    struct UnknownPort: Error, CustomStringConvertible {
        let service: String
        let isRetriable = false

        var description: String {
            "cannot know where \(service) listens, since http.port is 0: give it a port, or name its registry with --registry"
        }
    }

    let identity: ServiceIdentity
    let http: HTTPSettings
    /// Where a service with a random port notes it; nil: nowhere.
    let instances: InstanceDirectory?

    /// Shorter than an orchestrator waits for an answer, so that it gets the reason and not only silence.
    static let limit = Duration.seconds(4)

    /// - Returns: whether it turns, and a sentence about it.
    func ask() async -> (isAlive: Bool, sentence: String) {
        do {
            let (host, port) = try address()
            let reply = try await OperatorClient().get(["/livez"], host: host, port: port, within: Self.limit)[0]
            let said = reply.body.split(separator: "\n").first ?? "nothing"
            return (reply.status == 200, "\(identity.service) answers \(reply.status): \(said)")
        } catch {
            return (false, "\(error)")
        }
    }

    private func address() throws(UnknownPort) -> (host: String, port: Int) {
        guard http.port == 0 else { return (Self.reachable(http.host), http.port) }
        let record = instances?.records().first { $0.instance == identity.instance }
        guard let parts = record?.url.flatMap(URLComponents.init(string:)), let host = parts.host, let port = parts.port
        else { throw UnknownPort(service: identity.service) }
        return (host.trimmed { "[]".contains($0) }, port)
    }

    /// Who listens on all addresses is asked on the loopback one.
    private static func reachable(_ host: String) -> String {
        switch host {
        case "0.0.0.0": "127.0.0.1"
        case "::": "::1"
        default: host
        }
    }
}
