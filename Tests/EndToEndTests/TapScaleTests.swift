import Foundation
import Testing

extension EndToEnd {
    /// `sluice tap` while the number of instances changes.
    struct TapScaleTests {
        private struct Line: Decodable {
            var stage: String
            var instance: String
        }

        @Test func `a tap shows the readings of new instances, and goes on when they have left`() async throws {
            try await withStack { stack in
                let load = try Load(on: stack, rate: 300)
                let tap = try Tap(on: stack, ["preprocessor"])
                try await expect(tap, toShow: ["preprocessor-1"])
                try await stack.scale(["preprocessor": 3])
                try await expect(tap, toShow: ["preprocessor-1", "preprocessor-2", "preprocessor-3"])
                try await stack.scale(["preprocessor": 1])
                for gone in ["preprocessor-2", "preprocessor-3"] {
                    #expect(await eventually(within: 30) { tap.errors.contains("\(gone) has left") }, "\(tap)")
                }
                try await expect(tap, toShow: ["preprocessor-1"])
                #expect(try await tap.shows(1.5, of: "mill", publishingTo: stack), "\(tap)")
                #expect(!tap.errors.contains("preprocessor-1 is away"), "\(tap)")
                #expect(try await tap.end() == 0)
                withExtendedLifetime(load) {}
            }
        }

        /// From now on, exactly these: what was shown before does not count.
        private func expect(
            _ tap: Tap, toShow names: Set<String>, sourceLocation: SourceLocation = #_sourceLocation
        ) async throws {
            let before = tap.lines.count
            var seen: Set<String> = []
            let areShown = try await eventually(within: 60) {
                let lines = tap.lines.dropFirst(before)
                seen = Set(try lines.map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)).instance })
                return seen.isSuperset(of: names)
            }
            #expect(areShown && seen == names, "\(seen), \(tap)", sourceLocation: sourceLocation)
        }
    }
}
