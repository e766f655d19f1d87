import Foundation
import Testing

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// Sends on a connection of its own: kept connections would outlive the server under test.
func send(_ request: URLRequest) async throws -> (Int, String, [String: String]) {
    let session = URLSession(configuration: .ephemeral)
    defer { session.invalidateAndCancel() }
    let (data, response) = try await session.data(for: request)
    let answer = try #require(response as? HTTPURLResponse)
    var headers: [String: String] = [:]
    for (name, value) in answer.allHeaderFields { headers["\(name)".lowercased()] = "\(value)" }
    return (answer.statusCode, String(decoding: data, as: UTF8.self), headers)
}
