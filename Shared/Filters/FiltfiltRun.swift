/// Parts of ``TransferFunction/filtfilt(_:)`` that ``FiltfiltWeights`` tries on unit inputs.
struct FiltfiltRun {
    let filter: TransferFunction

    /// The state of the forward pass before the window, over the extension of its oldest `padding` + 1 values.
    func begun(_ oldest: [Double]) -> [Double] {
        let turned = oldest.dropFirst().reversed().map { 2 * oldest[0] - $0 }
        var state = filter.steadyState.map { $0 * turned[0] }
        for value in turned { filter.step(value, &state) }
        return state
    }

    /// By how much a pass that begins one value later differs, at that value. Of the oldest `padding` + 2 values.
    func shift(_ oldest: [Double]) -> [Double] {
        var earlier = begun(Array(oldest.dropLast()))
        filter.step(oldest[0], &earlier)
        return zip(begun(Array(oldest.dropFirst())), earlier).map { $0 - $1 }
    }

    /// What so many steps over 0 leave of a state.
    func decayed(_ state: [Double], steps: Int) -> [Double] {
        var state = state
        for _ in 0..<steps { filter.step(0, &state) }
        return state
    }

    /// The last value, by the end of the forward pass and the beginning of the backward one.
    ///
    /// - Parameters:
    ///   - state: Of the forward pass, before the newest value.
    ///   - newest: The newest `padding` + 1 values.
    func last(_ state: [Double], newest: [Double]) -> Double {
        var state = state
        let turned = newest.reversed().dropFirst().map { 2 * newest[newest.count - 1] - $0 }
        let forwards = ([newest[newest.count - 1]] + turned).map { filter.step($0, &state) }
        return filter.pass(forwards.reversed())[forwards.count - 1]
    }
}
