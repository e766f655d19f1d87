import Foundation
import Testing

/// An instance that is killed while nobody starts it again, as it is seen until somebody does.
struct InstanceOutage {
    let rig: DashboardRig
    let viewport: Viewport

    private static let badge = "document.querySelector('#service-preprocessor tbody tr .badge')?.innerText"

    /// - Returns: how long after the signal the page said so.
    func watch() async throws -> Duration {
        var delay = Duration.zero
        try await rig.stack.whileNothingIsStartedAgain {
            try await rig.stack.signal("preprocessor", SIGKILL)
            let killed = ContinuousClock.now
            try await rig.until("it is down, \(viewport)", within: 60, "\(Self.badge) === 'down'")
            delay = .now - killed
            try await rig.until(
                "the answer names it, \(viewport)",
                "document.querySelector('#answer-wrong.bad')?.innerText.includes('preprocessor-1 is down')")
            try await Screenshots().take("instance-down", of: rig.driver, as: viewport)
        }
        try await rig.until("it is ready again, \(viewport)", within: 120, "\(Self.badge) === 'ready'")
        try await rig.until(
            "nothing is wrong with an instance, \(viewport)", within: 60,
            "!document.querySelector('#answer-wrong').innerText.includes('preprocessor')")
        try await Screenshots().take("instance-back", of: rig.driver, as: viewport)
        return delay
    }
}

extension Stack {
    private struct State: Decodable {
        struct Supervisor: Decodable {
            var pid: Int32
        }

        var supervisor: Supervisor
    }

    /// Holds up `sluice up` itself, and lets it go on whatever happens.
    fileprivate func whileNothingIsStartedAgain(_ body: () async throws -> Void) async throws {
        let state = try Data(contentsOf: dataDirectory.appendingPathComponent("state.json"))
        let supervisor = try JSONDecoder().decode(State.self, from: state).supervisor.pid
        try #require(kill(supervisor, SIGSTOP) == 0)
        defer { kill(supervisor, SIGCONT) }
        try await body()
    }
}
