internal import Model

/// Producers as small numbers, so that a series remembers 16 bytes of each and not its name.
struct ProducerNames {
    private var numbers: [String: UInt32] = [:]
    private var names: [String] = []

    mutating func number(of name: String) -> UInt32 {
        if let known = numbers[name] { return known }
        let number = UInt32(names.count)
        numbers[name] = number
        names.append(name)
        return number
    }

    func name(of number: UInt32) -> String { names[Int(number)] }
}

/// What a series has learnt from: the highest sequence of each producer.
///
/// Upstream sends a producer's batches in order, so a sequence that is not above the highest was learnt, or was handed
/// back and overtaken: then it is scored without being learnt, which costs a detector a few readings and nobody a
/// stored one, nor an alert.
struct AppliedBatches: Equatable {
    private struct Mark: Equatable {
        var producer: UInt32
        var sequence: UInt64
    }

    /// Least recently used first. A device comes through few producers; one that is pushed out is forgotten.
    private var marks: [Mark] = []
    private static let limit = 8
    /// The batches that were learnt last, of those that may come again. In memory only.
    private var learnt: [Mark] = []
    private static let learntLimit = 32

    /// - Returns: whether the batch is new here, and so to be learnt.
    ///
    /// - Parameter lowWater: of the producer; its batches below do not come again.
    mutating func apply(_ sequence: UInt64, of producer: UInt32, lowWater: UInt64 = 0) -> Bool {
        let isNew = mark(sequence, of: producer)
        guard isNew else { return false }
        learnt.removeAll { $0.producer == producer && $0.sequence < lowWater }
        if learnt.count == Self.learntLimit { learnt.removeFirst() }
        learnt.append(Mark(producer: producer, sequence: sequence))
        return true
    }

    /// Whether a batch that is not new was handed back and overtaken, and so never learnt. False where nobody knows any more.
    func wasOvertaken(_ sequence: UInt64, of producer: UInt32) -> Bool {
        let own = learnt.filter { $0.producer == producer }
        guard let oldest = own.first, sequence > oldest.sequence else { return false }
        return !own.contains { $0.sequence == sequence }
    }

    private mutating func mark(_ sequence: UInt64, of producer: UInt32) -> Bool {
        guard let index = marks.lastIndex(where: { $0.producer == producer }) else {
            if marks.count == Self.limit { marks.removeFirst() }
            marks.append(Mark(producer: producer, sequence: sequence))
            return true
        }
        guard sequence > marks[index].sequence else { return false }
        marks[index].sequence = sequence
        if index != marks.count - 1 { marks.append(marks.remove(at: index)) }
        return true
    }

    func saved(_ names: ProducerNames) -> [SavedState.Applied] {
        marks.map { SavedState.Applied(producer: names.name(of: $0.producer), sequence: $0.sequence) }
    }

    init() {}

    init(_ saved: [SavedState.Applied], _ names: inout ProducerNames) {
        for mark in saved.suffix(Self.limit) {
            marks.append(Mark(producer: names.number(of: mark.producer), sequence: mark.sequence))
        }
    }
}
