internal import Model

/// Batches on which a processor failed, and that come again: is it the processor, or is it the batch?
///
/// A failure counts against a batch only if others have passed since its last one. A processor that fails on all of them leaves no
/// batch to blame.
struct SuspectBatches {
    private struct Suspect {
        var failures = 1
        /// What ``passes`` was at the latest.
        var passes: Int
    }

    private var suspects: [BatchIdentity: Suspect] = [:]
    private var passes = 0
    /// What is beyond it is not remembered: it goes on being held back, and is not blamed.
    private static let limit = 1_000

    var isEmpty: Bool { suspects.isEmpty }

    func contains(_ batch: BatchIdentity) -> Bool { suspects[batch] != nil }

    mutating func passed(_ batch: BatchIdentity) {
        passes += 1
        suspects[batch] = nil
    }

    /// It is given up: that is no batch that passed.
    mutating func forget(_ batch: BatchIdentity) { suspects[batch] = nil }

    /// - Returns: how often it has failed though others passed, 1 for the first time.
    mutating func failed(_ batch: BatchIdentity) -> Int {
        guard let suspect = suspects[batch] else {
            if suspects.count < Self.limit { suspects[batch] = Suspect(passes: passes) }
            return 1
        }
        guard passes > suspect.passes else { return suspect.failures }
        suspects[batch] = Suspect(failures: suspect.failures + 1, passes: passes)
        return suspect.failures + 1
    }
}
