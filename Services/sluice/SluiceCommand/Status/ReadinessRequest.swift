import FoundationEssentials
import LocalServers
import Platform

/// Asks `/readyz` of an instance on this machine.
struct ReadinessRequest: Sendable {
    let url: String

    /// The status code of HTTP, or `nil` without an answer within the limit.
    func status(within limit: Duration = .seconds(2)) async -> Int? {
        // Long enough for a first line such as `HTTP/1.1 200 OK`, shorter than any answer.
        let words = await answer(within: limit, upTo: 16).split(separator: " ", maxSplits: 2)
        guard words.count >= 2, words[0].hasPrefix("HTTP/1.") else { return nil }
        return Int(words[1])
    }

    /// The names of the checks that fail; none without an answer within the limit.
    func failingChecks(within limit: Duration = .seconds(2)) async -> [String] {
        await answer(within: limit, upTo: 4_096).split(whereSeparator: \.isNewline).compactMap { line in
            guard line.hasPrefix("[-]") else { return nil }
            return String(line.dropFirst(3).prefix { $0 != " " })
        }
    }

    private func answer(within limit: Duration, upTo size: Int) async -> String {
        guard let port = URLComponents(string: url)?.port.flatMap(UInt16.init(exactly:)) else { return "" }
        return await withCheckedContinuation { continuation in
            // Blocking calls belong on a thread of their own, not on the pool that runs tasks.
            do {
                try detachThread { continuation.resume(returning: Self.ask(port, limit, size)) }
            } catch {
                continuation.resume(returning: "")
            }
        }
    }

    private static func ask(_ port: UInt16, _ limit: Duration, _ size: Int) -> String {
        let request = "GET /readyz HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: close\r\n\r\n"
        let answer = LoopbackProbe(question: Array(request.utf8), limit: limit).answer(from: port, upTo: size)
        return String(decoding: answer ?? [], as: UTF8.self)
    }
}
