import Foundation

/// The pictures in `docs/images`, made anew where `SLUICE_SCREENSHOTS` names a folder.
struct Screenshots {
    /// Whether somebody wants them.
    var areWanted: Bool { folder != nil }

    private let folder = ProcessInfo.processInfo.environment["SLUICE_SCREENSHOTS"]
    /// Of what is below this, a picture would only be larger.
    private static let tallest = 1_700.0

    func take(_ name: String, of driver: WebDriver, as viewport: Viewport) async throws {
        guard let folder else { return }
        let metrics = try await driver.devTools("Page.getLayoutMetrics")
        let size = metrics["cssContentSize"] as? [String: Any]
        let height = min((size?["height"] as? NSNumber)?.doubleValue ?? 900, Self.tallest)
        let clip: [String: Any] = ["x": 0, "y": 0, "width": viewport.width, "height": height, "scale": 1]
        let answer = try await driver.devTools(
            "Page.captureScreenshot", ["format": "png", "captureBeyondViewport": true, "clip": clip])
        guard let text = answer["data"] as? String, let data = Data(base64Encoded: text) else { return }
        let path = "\(folder)/dashboard-\(name)-\(viewport.width)-\(viewport.scheme.rawValue).png"
        try data.write(to: URL(fileURLWithPath: path))
    }
}
