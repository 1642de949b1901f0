import Foundation
import Testing

@testable import Control

/// Not a test of its own: serves for someone who wants to look with kubectl. Set SKIFF_CONTROL_SERVE to a directory;
/// it ends when the file `stop` is put there, or after an hour.
@Suite struct ServeForHand {
  static let directory = ProcessInfo.processInfo.environment["SKIFF_CONTROL_SERVE"]

  @Test(.enabled(if: directory != nil, "only on demand: SKIFF_CONTROL_SERVE is not set"))
  func serve() async throws {
    let directory = try #require(Self.directory)
    try await LiveControlPlane.with(in: directory) { live in
      let stopped = try await eventually(within: .seconds(3_600)) {
        FileManager.default.fileExists(atPath: live.directory + "/stop")
      }
      #expect(stopped)
    }
  }
}
