import Foundation

/// A folder that is removed when the test is over.
struct TemporaryFolder: Sendable {
  let path: String

  static func with<Result>(_ body: (TemporaryFolder) throws -> Result) throws -> Result {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    return try body(folder)
  }

  static func with<Result>(_ body: (TemporaryFolder) async throws -> Result) async throws -> Result {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    return try await body(folder)
  }

  private init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("skiff-dns-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  /// Writes a file whole, under another name first. Returns its path.
  func write(_ name: String, _ text: String) -> String {
    _ = FileManager.default.createFile(atPath: "\(path)/.new", contents: Data(text.utf8))
    rename("\(path)/.new", "\(path)/\(name)")
    return "\(path)/\(name)"
  }

  private func remove() { try? FileManager.default.removeItem(atPath: path) }
}
