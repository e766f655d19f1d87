import Model

// What is not known is left out.
extension JSONText {
    mutating func field(_ name: String, _ text: String?) {
        guard let text else { return }
        key(name)
        string(text)
    }

    /// What is no number JSON has is not known either.
    mutating func field(_ name: String, _ number: Double?) {
        guard let number, number.isFinite else { return }
        key(name)
        self.number(number)
    }
}

extension Timestamp {
    /// Seconds since 1970 with as many decimals as there are.
    var unixSeconds: Double { Double(microseconds) / 1e6 }
}
