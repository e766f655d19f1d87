import ArgumentParser
import FoundationEssentials
import Spool

/// `sluice spool`
struct SpoolCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "spool", abstract: "Look into what mqtt-ingest has acknowledged and not yet handed on.",
        discussion: """
            Reads beside a running mqtt-ingest, and changes nothing.

            EXAMPLES
              sluice spool ls
              sluice spool verify
              sluice spool dump --limit 10
              sluice spool export --output rest.csv
            """,
        subcommands: [ListSpools.self, VerifySpools.self, DumpSpools.self, ExportSpools.self])
}

/// Which spools are meant.
struct SpoolOptions: ParsableArguments {
    @OptionGroup var data: DataDirectoryOption

    @Argument(help: "Spool files; those of the data directory by default.")
    var files: [String] = []

    /// - Throws: when the folder cannot be listed.
    func paths() throws -> [String] {
        if !files.isEmpty { return files }
        return try names { $0.hasSuffix(".sqlite") }
    }

    /// Damaged spools that were replaced by what could be read of them. They are kept until somebody removes them.
    func quarantined() throws -> [String] {
        guard files.isEmpty else { return [] }
        return try names { $0.contains(".sqlite.quarantine-") && !$0.hasSuffix("-wal") && !$0.hasSuffix("-shm") }
    }

    private func names(where isWanted: (String) -> Bool) throws -> [String] {
        let folder = data.directory.spools
        return try FileManager.default.contentsOfDirectory(atPath: folder).filter(isWanted).sorted()
            .map { "\(folder)/\($0)" }
    }
}
