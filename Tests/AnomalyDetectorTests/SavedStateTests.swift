import Model
import Testing

@testable import AnomalyDetector

struct SavedStateTests {
    private let state = SavedState(
        readings: 1_000_000,
        applied: [.init(producer: "a", sequence: 7), .init(producer: "größer", sequence: .max)],
        detectors: [.init(detector: "running-zscore", state: [1, 2, 3]), .init(detector: "other", state: [])])

    private var withFound: SavedState {
        var state = state
        let anomaly = Anomaly(
            row: 0, detector: "tailsum", score: 2.5, threshold: 1.44, expectedLow: -1, expectedHigh: 1, why: "größer")
        state.found = [.init(producer: "a", sequence: 7, position: 300, anomaly: anomaly)]
        return state
    }

    @Test func `it comes back as it was`() {
        #expect(SavedState(decoding: state.encoded) == state)
        #expect(SavedState(decoding: withFound.encoded) == withFound)
    }

    @Test func `its bytes are these, for good`() {
        let small = SavedState(
            readings: 258, applied: [.init(producer: "p", sequence: 3)],
            detectors: [.init(detector: "z", state: [9, 8])])
        #expect(
            small.encoded == [
                1, 2, 1, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0x70, 3, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0x7A, 2, 0, 0, 0, 9, 8,
            ])
    }

    @Test func `anything cut short, longer or of another version is refused`() {
        for bytes in [state.encoded, withFound.encoded] {
            for length in bytes.indices { #expect(SavedState(decoding: Array(bytes.prefix(length))) == nil) }
            #expect(SavedState(decoding: bytes + [0]) == nil)
            #expect(SavedState(decoding: [3] + bytes.dropFirst()) == nil)
        }
        #expect(SavedState(decoding: [2] + state.encoded.dropFirst()) == nil)
    }
}
