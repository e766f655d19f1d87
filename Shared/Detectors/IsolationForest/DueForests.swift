/// Slots whose states were taken back, and whose forests are to be grown, in that order.
struct DueForests {
    private var slots: [Int] = []
    private var place = 0
    private var waiting: Set<Int> = []

    var isEmpty: Bool { place == slots.count }

    mutating func add(_ slot: Int) {
        slots.append(slot)
        waiting.insert(slot)
    }

    /// Takes one out of its turn.
    ///
    /// - Returns: whether it was waiting.
    mutating func remove(_ slot: Int) -> Bool { waiting.remove(slot) != nil }

    /// Nil when none is due any more: a batch came first, or the slot became another's.
    mutating func next(where isDue: (Int) -> Bool) -> Int? {
        while place < slots.count {
            let slot = slots[place]
            place += 1
            if waiting.remove(slot) != nil, isDue(slot) { return slot }
        }
        (slots, place) = ([], 0)
        return nil
    }
}
