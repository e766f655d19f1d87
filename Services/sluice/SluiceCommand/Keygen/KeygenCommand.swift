import ArgumentParser

/// `sluice keygen`
struct KeygenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keygen",
        abstract: "Make the keys with which services know each other on their pipes.",
        discussion: """
            A pair for each service: DIRECTORY/SERVICE.key, which only its owner may read and which goes to that \
            service alone (pipes.curve.secret_key_file), and DIRECTORY/known/SERVICE.pub; the folder known goes to all \
            of them (pipes.curve.known_keys). All instances of a service have the same pair. Nothing is overwritten; \
            with --missing, what is there already is no error.

            For another pair beside the old one, while instances change over, take a name such as preprocessor-2024.

            EXAMPLES
              sluice keygen --all
              sluice keygen --all --directory /etc/sluice/keys
              sluice keygen --all --missing --directory /etc/sluice/keys
              sluice keygen preprocessor --directory /etc/sluice/keys --json
            """)

    @Argument(help: ArgumentHelp("Services to make a pair for.", valueName: "service"))
    var services: [String] = []

    @Flag(help: "A pair for each service that has a pipe.")
    var all = false

    @Flag(help: "Keep the pairs that are there, and make only the others.")
    var missing = false

    @Option(help: "The folder to write them to; made when it is not there.", completion: .directory)
    var directory = "keys"

    @OptionGroup var look: LookOptions

    func validate() throws {
        guard services.isEmpty == all else {
            throw ValidationError("name the services, or give --all")
        }
        for name in services where !Self.isName(name) {
            throw ValidationError("'\(name)' is no name of a service: write letters, digits, - and .")
        }
        guard Set(services).count == services.count else { throw ValidationError("a service is named twice") }
    }

    func run() async throws {
        let folder = KeyFolder(path: directory)
        let names = all ? ServiceKind.withPipes.map(\.name) : services
        let files = try missing ? folder.makeMissing(for: names) : folder.makePairs(for: names)
        try look.say(files, or: { _ in text(files, folder) })
    }

    private func text(_ files: [KeyFolder.Pair], _ folder: KeyFolder) -> String {
        let lines = files.map {
            "\($0.name.padded(to: 18)) \($0.publicKey)  \($0.secretKeyFile)" + ($0.isNew ? "" : " (as it was)")
        }
        return lines.joined(separator: "\n") + """


            Give each service its own file, and all of them the public keys, as in
              storage_writer:
                pipes: { curve: { secret_key_file: \(folder.path)/storage-writer.key, known_keys: \(folder.known) } }
            """
    }

    private static func isName(_ name: String) -> Bool {
        !name.hasPrefix(".") && !name.isEmpty
            && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-._".contains($0)) }
    }
}
