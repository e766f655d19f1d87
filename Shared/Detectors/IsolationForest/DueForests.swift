/// Slots whose states were taken back, and whose forests are to be grown, in that order.
struct DueForests {
    private var slots: [Int] = []
    private var place = 0

    var isEmpty: Bool { place == slots.count }

    mutating func add(_ slot: Int) { slots.append(slot) }

    /// Nil when none is due any more: a batch came first, or the slot became another's.
    mutating func next(where isDue: (Int) -> Bool) -> Int? {
        while place < slots.count {
            let slot = slots[place]
            place += 1
            if isDue(slot) { return slot }
        }
        (slots, place) = ([], 0)
        return nil
    }
}
