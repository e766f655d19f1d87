import FoundationEssentials

/// Finds an installed program where Debian puts it, or on the PATH.
struct ServerProgram {
    let name: String
    let package: String
    /// Folders to look in before those of PATH; the first that has the program wins.
    var folders: [String] = ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"]

    /// - Throws: ``LocalServerError`` naming the package to install.
    func path() throws -> String {
        let searchPath = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let candidates = folders + searchPath.split(separator: ":").map(String.init)
        for folder in candidates where FileManager.default.isExecutableFile(atPath: "\(folder)/\(name)") {
            return "\(folder)/\(name)"
        }
        throw LocalServerError(server: name, reason: .missingProgram(package: package))
    }

    static let mosquitto = ServerProgram(name: "mosquitto", package: "mosquitto")
    static let redis = ServerProgram(name: "redis-server", package: "redis-server")

    /// Debian installs each major version in a folder of its own, off the PATH.
    static func postgreSQL(_ name: String) -> ServerProgram {
        let root = "/usr/lib/postgresql"
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        let newestFirst = versions.compactMap { Int($0) }.sorted(by: >)
        return ServerProgram(
            name: name, package: "postgresql", folders: newestFirst.map { "\(root)/\($0)/bin" } + ["/usr/local/bin"])
    }
}
