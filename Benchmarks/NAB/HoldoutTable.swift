import Detectors
import Foundation
import NABScoring

/// The lines that `nab-benchmark holdout` prints.
enum HoldoutTable {
    static func printTitles(splits: Int, seed: UInt64) {
        print("tailsum, standard profile: \(splits) random half splits (seed \(seed)), each both ways")
        for axis in TailSumGrid.search.axes {
            print("  \(axis.name): \(axis.values.map { String(format: "%g", $0) }.joined(separator: ", "))")
        }
        print("          chosen on          held out")
        print("split  default  chosen   default  chosen    gain  chosen parameters")
    }

    static func printTrial(_ name: String, _ trial: Holdout.Trial) {
        let figures = [
            (trial.byDefault.chosenOn, 9), (trial.chosen.chosenOn, 8), (trial.byDefault.heldOut, 10),
            (trial.chosen.heldOut, 8), (trial.gain, 8),
        ]
        let choice = TailSumGrid.search.difference(of: trial.choice, from: TailSum.Configuration())
        let cells = figures.map { String(format: "%\($1).2f", $0) }.joined()
        print(
            "\(name.padding(toLength: 5, withPad: " ", startingAt: 0))\(cells)  \(choice.isEmpty ? "the defaults" : choice)"
        )
    }

    static func printSummary(_ trials: [Holdout.Trial], tried: Int) {
        print("")
        printSpread("held out, defaults", trials.map(\.byDefault.heldOut))
        printSpread("held out, chosen", trials.map(\.chosen.heldOut))
        let gain = printSpread("gain", trials.map(\.gain))
        let isWorthIt = gain.mean > gain.deviation
        print("\(tried) points tried; the gain is \(isWorthIt ? "" : "not ")more than its spread")
    }

    @discardableResult
    private static func printSpread(_ name: String, _ figures: [Double]) -> Spread {
        let spread = Spread(figures)
        let title = name.padding(toLength: 20, withPad: " ", startingAt: 0)
        print(title + String(format: "%7.2f ± %.2f", spread.mean, spread.deviation))
        return spread
    }
}
