import Foundation
import LocalServers

/// Asks `/readyz` of an instance on this machine.
struct ReadinessRequest: Sendable {
    let url: String

    /// The status code of HTTP, or `nil` without an answer within the limit.
    func status(within limit: Duration = .seconds(2)) async -> Int? {
        guard let port = URLComponents(string: url)?.port.flatMap(UInt16.init(exactly:)) else { return nil }
        return await withCheckedContinuation { continuation in
            // Blocking calls belong on a thread of their own, not on the pool that runs tasks.
            Thread.detachNewThread {
                continuation.resume(returning: Self.ask(port, limit))
            }
        }
    }

    private static func ask(_ port: UInt16, _ limit: Duration) -> Int? {
        let request = "GET /readyz HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: close\r\n\r\n"
        // Long enough for a first line such as `HTTP/1.1 200 OK`, shorter than any answer.
        let answer = LoopbackProbe(question: Array(request.utf8), limit: limit).answer(from: port, upTo: 16)
        let words = String(decoding: answer ?? [], as: UTF8.self).split(separator: " ", maxSplits: 2)
        guard words.count >= 2, words[0].hasPrefix("HTTP/1.") else { return nil }
        return Int(words[1])
    }
}
