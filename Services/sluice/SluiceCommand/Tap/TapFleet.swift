import FoundationEssentials
import HTTPEndpoints
import Platform
import Synchronization

/// Looks on at all instances of a service at once, for as long as it is let.
struct TapFleet: Sendable {
    let source: FleetSource
    /// A service, or one instance; nil: all that the source names.
    let service: String?
    /// With the query.
    let path: String
    let client: OperatorClient

    /// How often instances are looked for, also those that went.
    private static let pause = Duration.milliseconds(250)
    /// A tap says something each second.
    private static let longestSilence = Duration.seconds(5)

    /// - Throws: ``TapRefused``, `CancellationError`, and what the printer throws.
    func run(_ printer: TapPrinter) async throws {
        let followed = FollowedInstances()
        if members().isEmpty { Console.warn("no \(service ?? "instance") runs there; waiting for one") }
        try await withThrowingDiscardingTaskGroup { group in
            while !group.isCancelled, !Task.isCancelled {
                let present = members()
                await printer.take(present: Set(present.map(\.instance)))
                for member in present where followed.insert(member.instance) {
                    group.addTask {
                        try await follow(member, printer)
                        followed.remove(member.instance)
                    }
                }
                // A cancelled sleep ends early, and so does the loop.
                try? await Task.sleep(for: Self.pause)
            }
        }
        try Task.checkCancellation()
    }

    /// Those that listen now: none while everything starts again.
    private func members() -> [FleetMember] {
        let all = (try? source.members()) ?? []
        return all.filter { member in
            member.address != nil && (service == nil || member.service == service || member.instance == service)
        }
    }

    /// One connection, to its end.
    private func follow(_ member: FleetMember, _ printer: TapPrinter) async throws {
        guard let address = member.address else { return }
        var lines = LineSplitter()
        do {
            try await client.stream(
                path, from: address, connectingWithin: .seconds(5),
                silentFor: Self.longestSilence
            ) { status, piece in
                let whole = lines.take(piece)
                guard status == 200 else {
                    let text = whole.isEmpty ? String(decoding: piece, as: UTF8.self) : whole.joined(separator: "\n")
                    throw TapRefused(instance: member.instance, status: status, answer: text)
                }
                for line in whole { try await printer.show(line, from: member.instance) }
            }
            await printer.lost(member.instance, "it has ended the answer")
        } catch let error as HTTPNoReply {
            await printer.lost(member.instance, error.reason)
        } catch let error where error is TapRefused || error is TapPrinter.Done || error is CancellationError {
            throw error
        } catch {
            // The connection broke, in one of the ways in which sockets do.
            await printer.lost(member.instance, "\(error)")
        }
    }
}

/// Those that are connected, or are being tried.
private final class FollowedInstances: Sendable {
    private let names = Mutex<Set<String>>([])

    /// Whether it was not among them.
    func insert(_ name: String) -> Bool { names.withLock { $0.insert(name).inserted } }

    func remove(_ name: String) { names.withLock { _ = $0.remove(name) } }
}

/// An instance that shows nothing: asking again would not help.
struct TapRefused: Error, CustomStringConvertible {
    let instance: String
    let status: Int
    let answer: String

    var description: String {
        "\(instance) does not let us look on: \(status) \(answer.trimmed)"
    }
    var isRetriable: Bool { false }
}

/// Bytes as they come, as lines.
struct LineSplitter {
    private var rest: [UInt8] = []

    /// The lines that are whole now, without their ends.
    mutating func take(_ bytes: [UInt8]) -> [String] {
        rest += bytes
        guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
        let lines = rest[..<end].split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        rest = Array(rest[(end + 1)...])
        return lines.map { String(decoding: $0, as: UTF8.self) }
    }
}
