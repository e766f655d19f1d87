internal import Glibc

extension TailSum {
    /// The constants of the definition in `docs/detectors.md` that a search may vary. They are nobody's settings: `make
    /// nab-holdout` shows what choosing others on some data is worth on other data.
    package struct Tuning: Hashable, Sendable {
        /// r, at which a series is forgotten.
        package var rate = 0.003
        /// At which f follows the readings.
        package var fastRate = 0.03
        /// Of the time of day, the hour of the week and the range in C; that of the level is 1, and 0 is off.
        package var day = 1.0
        package var week = 1.0
        package var range = 6.0
        /// Of T in F.
        package var secondStage = 0.2
        /// Readings in which M is halved.
        package var habitHalfLife = 2_000.0 { didSet { habitDecay = exp2(-1 / habitHalfLife) } }
        /// What each alert spent adds to the evidence that the next needs.
        package var budget = 0.2
        /// Readings between two alerts,…
        package var lock = 120.0
        /// …unless one is so many times as strong.
        package var escalation = 2.5
        private(set) var habitDecay = exp2(-1.0 / 2_000)

        package init() {}
    }
}
