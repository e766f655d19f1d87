internal import FoundationEssentials
public import Plugins

/// A model file: JSON that `tools/export_isolation_forest.py` of the anomaly detector writes from a scikit-learn
/// `IsolationForest`. Whoever wrote it may be wrong or hostile: nothing in it traps, and errors say what is wrong
/// where.
extension IsolationForest {
    /// Bytes of the largest file that is read; the most nodes take about half.
    private static let largestFile = 128 << 20

    /// Reads a model file.
    ///
    /// - Throws: ``PluginError`` that names the file and what is wrong with it.
    public init(modelFile path: String) throws(PluginError) {
        let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
        guard let size else { throw .model(path, "there is no such file") }
        guard size <= Self.largestFile else { throw .model(path, "is larger than \(Self.largestFile) bytes") }
        guard let bytes = FileManager.default.contents(atPath: path) else { throw .model(path, "cannot be read") }
        try self.init(model: Array(bytes), file: path)
    }

    /// Reads what a model file holds.
    ///
    /// - Parameters:
    ///   - bytes: the file's, JSON.
    ///   - file: what errors call it.
    /// - Throws: ``PluginError`` that names the file and what is wrong with it.
    public init(model bytes: [UInt8], file: String) throws(PluginError) {
        let decoded: ForestFile
        do {
            decoded = try JSONDecoder().decode(ForestFile.self, from: Data(bytes))
        } catch {
            throw .model(file, (error as? DecodingError)?.sentence ?? "cannot be read: \(error)")
        }
        do {
            try self.init(decoded)
        } catch {
            throw .model(file, error.what)
        }
    }
}

/// The file as it is.
struct ForestFile: Decodable {
    /// Parallel arrays, a node each. Node 0 is the root.
    struct Tree: Decodable {
        /// Of a leaf, whatever it may be.
        var feature: [Int]
        /// What is at most this goes left. Of a leaf, whatever it may be.
        var threshold: [Double]
        /// −1 for a leaf.
        var left: [Int]
        /// −1 for a leaf.
        var right: [Int]
        /// Points that reached the node.
        var samples: [Int]
    }

    var version: Int
    var feature_names: [String]
    var max_samples: Int
    var offset: Double
    var trees: [Tree]
}

/// What is wrong with a model.
struct ForestFlaw: Error {
    var what: String

    init(_ what: String) {
        self.what = what
    }
}

extension PluginError {
    fileprivate static func model(_ file: String, _ what: String) -> PluginError {
        PluginError(plugin: "isolation-forest", what: "model file \(file): \(what)", isRetriable: false)
    }
}

extension DecodingError {
    fileprivate var sentence: String {
        switch self {
        case .keyNotFound(let key, let context): "\(place(context))has no \(key.stringValue)"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            "\(place(context))is not what it should be: \(context.debugDescription)"
        case .dataCorrupted(let context): "\(place(context))is not JSON: \(context.debugDescription)"
        @unknown default: "cannot be read: \(self)"
        }
    }

    private func place(_ context: Context) -> String {
        let path = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue)" }.joined()
        return path.isEmpty ? "" : "\(path.dropFirst(path.hasPrefix(".") ? 1 : 0)) "
    }
}
