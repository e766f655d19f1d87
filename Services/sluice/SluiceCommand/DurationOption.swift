import ArgumentParser

/// A duration as people write it: `250ms`, `30s`, `10m`, `2h`, `1h30m`.
struct DurationOption: ExpressibleByArgument, Sendable {
    let value: Duration

    init(_ value: Duration) {
        self.value = value
    }

    private static let units: [(suffix: String, seconds: Double)] = [
        ("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("d", 86_400),
    ]

    init(seconds: Double) {
        value = .seconds(seconds)
    }

    init?(argument: String) {
        var total = 0.0
        var rest = argument[...]
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isNumber || $0 == "." }
            rest = rest.dropFirst(digits.count)
            let suffix = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(suffix.count)
            guard let number = Double(digits), let unit = Self.units.first(where: { $0.suffix == suffix }) else {
                return nil
            }
            total += number * unit.seconds
        }
        // Three thousand years: nothing that is meant, and further ends of time overflow.
        guard total < 1e11 else { return nil }
        value = .seconds(total)
    }
}
