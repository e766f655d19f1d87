public import ArgumentParser
public import HTTPEndpoints
import Settings

/// How instances are asked that answer by https.
struct TLSOptions: ParsableArguments {
    @Option(
        name: .customLong("ca-file"),
        help: "Who signs the certificates of https:// instances; those whom the system knows by default.",
        completion: .file())
    var authorityFile: String?

    /// - Throws: `ValidationError` when the file holds no certificate.
    func client(token: Secret? = nil) throws -> OperatorClient {
        do {
            return try OperatorClient(token: token, trusting: authorityFile)
        } catch {
            throw ValidationError("\(error).")
        }
    }
}

extension HTTPAddress: ExpressibleByArgument {
    public init?(argument: String) {
        self.init(url: argument)
    }
}
