/// A plugin failed: itself, not a reading.
public struct PluginError: Error, Hashable, CustomStringConvertible {
    /// Its name in the configuration.
    public var plugin: String
    public var what: String
    public var isRetriable: Bool

    public init(plugin: String, what: String, isRetriable: Bool) {
        self.plugin = plugin
        self.what = what
        self.isRetriable = isRetriable
    }

    /// What the plugin of this name threw.
    public init(_ error: any Error, of plugin: String) {
        let own = error as? PluginError
        self.init(
            plugin: plugin, what: own?.what ?? String(describing: error), isRetriable: own?.isRetriable ?? false)
    }

    public var description: String { "plugin \(plugin): \(what)" }

    /// Runs a plugin's code and puts its name on whatever it throws.
    public static func naming<Result>(_ plugin: String, _ body: () throws -> Result) throws(PluginError) -> Result {
        do {
            return try body()
        } catch {
            throw PluginError(error, of: plugin)
        }
    }
}
