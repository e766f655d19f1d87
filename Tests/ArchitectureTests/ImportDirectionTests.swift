import Foundation
import Testing

/// The layout's law, read off the import lines: C library ← its one wrapper ← shared modules ← service ← executable.
struct ImportDirectionTests {
    private let source = SourceTree()

    @Test func `the source tree is found`() {
        #expect(source.files(under: "Shared").count > 20)
        #expect(source.files(under: "Services").count > 6)
    }

    @Test func `each C library is imported by one Swift module alone`() {
        var importers: [String: Set<String>] = [:]
        for file in source.files(under: "Shared") + source.files(under: "Services") {
            for module in file.imports where source.cLibraries.contains(module) {
                importers[module, default: []].insert(file.module)
            }
        }
        for (library, modules) in importers where library != "CLinux" {
            #expect(modules.count == 1, "\(library) is imported by \(modules.sorted())")
        }
    }

    @Test(arguments: ["AsyncHTTPClient", "Crypto", "Hummingbird", "SwiftProtobuf"])
    func `each wrapped package is imported by one module alone`(package: String) {
        let files = source.files(under: "Shared") + source.files(under: "Services")
        let modules = Set(files.filter { $0.imports.contains(package) }.map(\.module))
        #expect(modules.count == 1, "\(package) is imported by \(modules.sorted())")
    }

    /// Both ways in which we ask by HTTP, our own pages and other people's.
    @Test func `TLS of HTTP is in two modules`() {
        let modules = Set(source.files(under: "Shared").filter { $0.imports.contains("NIOSSL") }.map(\.module))
        #expect(modules == ["HTTPEndpoints", "Webhooks"])
        #expect(!source.files(under: "Services").contains { $0.imports.contains("NIOSSL") })
    }

    @Test(arguments: ["Foundation", "FoundationInternationalization", "FoundationNetworking", "FoundationXML"])
    func `nothing that is shipped imports what brings ICU along`(module: String) {
        // What is generated asks for FoundationEssentials first.
        let files = (source.files(under: "Shared") + source.files(under: "Services")).filter {
            $0.module != "TestServers" && !$0.path.contains("/Generated/")
        }
        for file in files {
            #expect(!file.imports.contains(module), "\(file.path) imports \(module): FoundationEssentials, or Platform")
        }
    }

    @Test func `no shared module imports a service`() {
        for file in source.files(under: "Shared") {
            let services = file.imports.filter(source.serviceLibraries.contains)
            #expect(services.isEmpty, "\(file.path) imports \(services)")
        }
    }

    @Test func `no service imports another service`() {
        for file in source.files(under: "Services") where !file.path.contains("Services/sluice/") {
            let others = file.imports.filter { source.serviceLibraries.contains($0) && $0 != file.siblingLibrary }
            #expect(others.isEmpty, "\(file.path) imports \(others)")
        }
    }

    @Test func `an executable is thin`() {
        for file in source.files(under: "Services") where file.path.contains("/Main/") {
            #expect(file.lineCount <= 60, "\(file.path) has \(file.lineCount) lines")
        }
    }
}

struct SourceTree {
    let root: URL

    init(thisFile: String = #filePath) {
        root = URL(fileURLWithPath: thisFile).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
    }

    var cLibraries: Set<String> { Set(names(in: "Shared/CLibraries")) }

    /// The folders beside `Main` in each service.
    var serviceLibraries: Set<String> {
        Set(names(in: "Services").flatMap { names(in: "Services/\($0)") }.filter { $0 != "Main" && !$0.contains(".") })
    }

    func files(under folder: String) -> [SourceFile] {
        let base = root.appendingPathComponent(folder)
        guard let walk = FileManager.default.enumerator(at: base, includingPropertiesForKeys: nil) else { return [] }
        return walk.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }.compactMap {
            SourceFile(url: $0, root: root)
        }
    }

    private func names(in folder: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: root.appendingPathComponent(folder).path)) ?? []
    }
}

struct SourceFile {
    let path: String
    let imports: [String]
    let lineCount: Int

    init?(url: URL, root: URL) {
        guard let text = try? String(contentsOf: url, encoding: .utf8) else { return nil }
        path = String(url.path.dropFirst(root.path.count + 1))
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        lineCount = lines.count
        imports = lines.compactMap { line in
            let words = line.split(separator: " ")
            guard let position = words.firstIndex(of: "import"), position <= 2, position + 1 < words.count,
                words[..<position].allSatisfy({ ["public", "internal", "package", "@testable"].contains($0) })
            else { return nil }
            return String(words[position + 1])
        }
    }

    private var folders: [String] { path.split(separator: "/").map(String.init) }

    /// `Shared/<Module>/…` or `Services/<service>/<Library or Main>/…`.
    var module: String {
        folders[0] == "Services" ? folders[1] + "/" + folders[2] : folders[1]
    }

    /// The library that this service's own files may import.
    var siblingLibrary: String? {
        folders.count > 1
            ? SourceTree().serviceLibraries.first { $0.lowercased() == folders[1].replacing("-", with: "") } : nil
    }
}
