internal import Glibc

/// How the owner of a spool gets it back from whoever delivers it meanwhile: a file beside it.
public enum SpoolWish {
    /// Tells whoever has it open to let it go.
    public static func express(for path: String) {
        let descriptor = open(file(path), O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        if descriptor >= 0 { close(descriptor) }
    }

    /// The owner has it, or has given up.
    public static func withdraw(for path: String) { unlink(file(path)) }

    public static func isExpressed(for path: String) -> Bool { access(file(path), F_OK) == 0 }

    private static func file(_ path: String) -> String { "\(path).wanted" }
}
