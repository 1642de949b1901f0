import Foundation
import KubeAPI
import Testing

/// The views in `Sources/KubeAPI/Views` are what the schema says. With `SKIFF_GENERATE=1` in the environment they are
/// written instead.
@Suite struct ViewSourceTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Sources/KubeAPI/Views")

  @Test func viewsFollowTheSchema() throws {
    let sources = ViewSources(schema: .builtin).all()
    let writes = ProcessInfo.processInfo.environment["SKIFF_GENERATE"] == "1"
    var found: Set<String> = []
    for package in try FileManager.default.contentsOfDirectory(atPath: Self.folder.path) {
      for file in try FileManager.default.contentsOfDirectory(atPath: Self.folder.appending(path: package).path) {
        found.insert("\(package)/\(file)")
      }
    }
    for (path, source) in sources {
      let file = Self.folder.appending(path: path)
      if writes {
        try FileManager.default.createDirectory(
          at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(source.utf8).write(to: file)
      } else {
        #expect(try String(contentsOf: file, encoding: .utf8) == source, "\(path)")
      }
    }
    for path in found.subtracting(sources.keys) {
      if writes {
        try FileManager.default.removeItem(at: Self.folder.appending(path: path))
      } else {
        Issue.record("\(path) is of no message")
      }
    }
  }
}
