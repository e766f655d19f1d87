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

    public var description: String { "plugin \(plugin): \(what)" }

    /// Runs a plugin's code and puts its name on whatever it throws.
    public static func naming<Result>(_ plugin: String, _ body: () throws -> Result) throws(PluginError) -> Result {
        do {
            return try body()
        } catch let error as PluginError {
            throw error
        } catch {
            throw PluginError(plugin: plugin, what: String(describing: error), isRetriable: false)
        }
    }
}
