/// A window of this width in one of the two colour schemes.
struct Viewport: Hashable, Sendable, CustomStringConvertible {
    enum Scheme: String, Sendable, CaseIterable {
        case light
        case dark
    }

    var width: Int
    var scheme: Scheme

    var isPhone: Bool { width < 500 }
    var description: String { "\(width) px, \(scheme.rawValue)" }

    static let all = [1_280, 390].flatMap { width in Scheme.allCases.map { Viewport(width: width, scheme: $0) } }
}

extension WebDriver {
    func show(as viewport: Viewport) async throws {
        let feature = ["name": "prefers-color-scheme", "value": viewport.scheme.rawValue]
        try await devTools("Emulation.setEmulatedMedia", ["features": [feature]])
        try await devTools(
            "Emulation.setDeviceMetricsOverride",
            [
                "width": viewport.width, "height": viewport.isPhone ? 844 : 900, "deviceScaleFactor": 1,
                "mobile": viewport.isPhone,
            ])
    }

    /// Whether all of the page is within the window's width.
    func fits(_ viewport: Viewport) async throws -> Bool {
        let width = try await run("return Math.max(document.documentElement.scrollWidth, innerWidth)")
        return (width as? Int).map { $0 <= viewport.width } ?? false
    }
}
