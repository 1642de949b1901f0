import Glibc
import Logging

/// Brings images from OCI and docker archives (`*.tar`, `*.oci`, `*.tar.gz`) in folders into the runtime: those that are
/// there at the start, and each that appears or changes later.
actor ImageImporter {
  private let containerd: Containerd
  private let client: RuntimeClient
  private let directories: [String]
  private let recordPath: String
  private let logger: Logger
  /// Path to size, time of change and image names of what has been imported; kept in a file, so that a restart imports
  /// nothing anew.
  private var imported: [String: String] = [:]
  private var names: [String: [String]] = [:]
  private var scanning: Task<Void, Never>?
  /// The names of images that came out of archives since the start.
  private var held: Set<String> = []

  init(containerd: Containerd, client: RuntimeClient, directories: [String], logger: Logger) {
    self.containerd = containerd
    self.client = client
    self.directories = directories
    self.recordPath = containerd.configuration.root + "/imported-images"
    self.logger = logger
    for line in (Files.text(recordPath) ?? "").split(separator: "\n") {
      let parts = line.split(separator: "\t").map { String($0) }
      guard parts.count >= 2 else { continue }
      imported[parts[1]] = parts[0]
      names[parts[1]] = Array(parts.dropFirst(2))
      held.formUnion(parts.dropFirst(2))
    }
  }

  /// Imports the pause image, made from the executable at `path`.
  func importPause(executable path: String) async throws {
    guard Files.exists(path) else {
      throw KubeletError("no pause executable at \(path): build the product skiff-pause, or name it by its flag")
    }
    if try await client.imageStatus(PauseImage.name) != nil { return }
    let archive = containerd.configuration.root + "/pause.tar"
    try Files.replace(archive, with: PauseImage.archive(executable: try Files.read(path, limit: 256 << 20)))
    defer { unlink(archive) }
    try await importArchive(archive)
    try await waitForImage(PauseImage.name)
  }

  /// containerd tells its CRI plugin of an import by an event.
  private func waitForImage(_ name: String) async throws {
    let deadline = ContinuousClock.now + .seconds(10)
    while try await client.imageStatus(name) == nil {
      guard ContinuousClock.now < deadline else {
        throw KubeletError("imported \(name), but the runtime does not list it")
      }
      try await Task.sleep(for: .milliseconds(5))
    }
  }

  /// Looks once for archives that are new. Callers at the same time share one look.
  func scan() async {
    if let scanning { return await scanning.value }
    let task = Task { await self.scanOnce() }
    scanning = task
    await task.value
    scanning = nil
  }

  private func scanOnce() async {
    for directory in directories {
      for name in Files.names(in: directory) where Self.isArchive(name) {
        let path = directory + "/" + name
        guard let status = FileStatus(path), status.isRegular else { continue }
        let mark = status.mark
        guard imported[path] != mark else { continue }
        do {
          let found = try await importArchive(path)
          for name in found { try await waitForImage(name) }
          held.formUnion(found)
          names[path] = found
          logger.info("imported images", metadata: ["file": "\(path)", "images": "\(found)"])
        } catch {
          // The mark is kept, so that a broken file is complained of once, until it changes.
          logger.error("cannot import images", metadata: ["file": "\(path)", "error": "\(error)"])
        }
        imported[path] = mark
        let lines = imported.sorted { $0.key < $1.key }.map { path, mark in
          ([mark, path] + (names[path] ?? [])).joined(separator: "\t") + "\n"
        }.joined()
        try? Files.replace(recordPath, with: Array(lines.utf8))
      }
    }
  }

  /// Whether the image came out of an archive.
  func holds(_ name: String) -> Bool { held.contains(name) }

  static func isArchive(_ name: String) -> Bool {
    !name.hasPrefix(".") && [".tar", ".oci", ".tar.gz", ".tgz"].contains { name.hasSuffix($0) }
  }

  /// The names under which pods find the images.
  @discardableResult
  private func importArchive(_ path: String) async throws -> [String] {
    let output = try await containerd.ctr([
      "images", "import", "--snapshotter", containerd.configuration.snapshotter.rawValue, path,
    ])
    guard output.status == 0 else { throw KubeletError("ctr images import \(path): \(output.text.trimmed)") }
    let stem = Self.stem(of: path)
    var names: [String] = []
    for name in Self.importedNames(output.text) {
      let wanted = Self.wantedName(name, stem: stem)
      names.append(wanted)
      guard wanted != name else { continue }
      let tagged = try await containerd.ctr(["images", "tag", "--force", name, wanted])
      guard tagged.status == 0 else { throw KubeletError("ctr images tag \(name) \(wanted): \(tagged.text.trimmed)") }
      _ = try await containerd.ctr(["images", "rm", name])
    }
    guard !names.isEmpty else { throw KubeletError("\(path) names no image") }
    return names
  }

  /// The lines `unpacking NAME (sha256:…)...done`.
  static func importedNames(_ output: String) -> [String] {
    output.split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ")
      guard words.count >= 3, words[0] == "unpacking", words[2].hasPrefix("(") else { return nil }
      return String(words[1])
    }
  }

  /// An archive may name its image in full, in short, or by a tag alone; then the file's name is the image's.
  static func wantedName(_ name: String, stem: String) -> String {
    if name.hasPrefix("import-"), !name.contains("/"), let colon = name.firstIndex(of: ":") {
      return ImageReference.canonical(stem + name[colon...])
    }
    return ImageReference.canonical(name)
  }

  static func stem(of path: String) -> String {
    var name = String(path.split(separator: "/").last ?? "")
    for suffix in [".gz", ".tgz", ".tar", ".oci"] where name.hasSuffix(suffix) { name.removeLast(suffix.count) }
    return name
  }
}
