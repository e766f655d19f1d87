import Foundation

/// What `/readyz?verbose` of the services of a stack said, and when.
actor ReadinessLines {
    static let services = ["mqtt-ingest", "preprocessor", "anomaly-detector", "storage-writer", "aggregator"]
    private let urls: [String: String]
    /// For whoever wants to read how it went.
    private(set) var transcript = ""

    init(_ stack: Stack) async throws {
        urls = Dictionary(try await stack.status().services.map { ($0.name, $0.url) }) { first, _ in first }
    }

    /// Nothing when nobody answers.
    func page(_ service: String, seconds: Int = 2) async throws -> String {
        let url = "\(urls[service] ?? "")/readyz?verbose"
        let answer = try await Shell.run(
            URL(fileURLWithPath: "/usr/bin/curl"), ["-sS", "--max-time", "\(seconds)", url])
        return answer.status == 0 ? answer.output : ""
    }

    /// Waits until the page has all of these.
    func says(_ service: String, _ wanted: [String], within seconds: Double = 90) async throws -> Bool {
        try await eventually(within: seconds) {
            let page = try await page(service)
            return wanted.allSatisfy(page.contains)
        }
    }

    /// Waits until all services are ready.
    func allReady(within seconds: Double = 120) async throws -> Bool {
        for service in Self.services {
            guard try await says(service, ["readyz check passed"], within: seconds) else { return false }
        }
        return true
    }

    func note(_ situation: String) async throws {
        transcript += "## \(situation)\n"
        for service in Self.services {
            let page = try await page(service)
            transcript += "\(service)\n\(page.isEmpty ? "(no answer)\n" : page)\n"
        }
    }
}
