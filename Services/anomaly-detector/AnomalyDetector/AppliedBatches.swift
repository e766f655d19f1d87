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
/// stored one.
struct AppliedBatches: Equatable {
    private struct Mark: Equatable {
        var producer: UInt32
        var sequence: UInt64
    }

    /// Least recently used first. A device comes through few producers; one that is pushed out is forgotten.
    private var marks: [Mark] = []
    private static let limit = 8

    /// - Returns: whether the batch is new here, and so to be learnt.
    mutating func apply(_ sequence: UInt64, of producer: UInt32) -> Bool {
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
