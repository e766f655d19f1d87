import Processes

/// What an operator is told of an instance.
enum InstanceState: String, Codable, Sendable {
    case starting
    /// `/readyz` says yes.
    case ready
    /// `/readyz` says no: a dependency is away, or nothing flows.
    case unready
    /// The process lives and does not answer.
    case silent
    case restarting
    case failed
    case stopped

    /// Asks the instance, after looking whether its process lives.
    static func now(of process: ProcessState) async -> InstanceState {
        switch process.phase {
        case .starting: return process.process?.isAlive == true ? .starting : .stopped
        case .failed: return .failed
        case .stopped: return .stopped
        case .restarting: return .restarting
        case .running: break
        }
        guard process.process?.isAlive == true, let url = process.url else { return .stopped }
        return switch await ReadinessRequest(url: url).status() {
        case 200: .ready
        case nil: .silent
        default: .unready
        }
    }
}
