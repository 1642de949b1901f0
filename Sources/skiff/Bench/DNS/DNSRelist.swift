import ClusterDNS
import KubeAPI
import KubeClient

/// The server's watches are told that their past is gone, so that it lists everything anew.
struct DNSRelist: Sendable {
  struct Figures: Sendable {
    /// Resident memory before, at most, and when all lists had been taken in.
    var before: Int
    var peak: Int
    var after: Int

    var ratio: Double { before > 0 ? Double(peak) / Double(before) : 0 }

    var json: JSONValue {
      [
        "rss_before_bytes": .integer(before), "rss_peak_bytes": .integer(peak), "rss_after_bytes": .integer(after),
        "peak_ratio": .number(ratio),
      ]
    }

    var text: String {
      "\(DNSReport.megabytes(before)), \(DNSReport.megabytes(peak)) MB (\(ratio.text(2)))"
    }
  }

  let stage: DNSStage
  let server: BenchAPIServer
  let session: Session

  private static let name = "relisted"
  private static let address = BenchNetworks.endpoint(BenchNetworks.endpointLimit - 1)

  func run() async throws -> Figures {
    let before = session.usage.residentBytes
    try session.forgetPeak()
    let server = try await server.restartedWithoutHistory(stage.program.scratch)
    // What is created now is answered when Services and slices both have been listed.
    _ = try await server.client.create(
      KubeAPI.Service(Self.name, in: BenchObjects.namespace) { service in
        service.spec.clusterIP = "None"
        service.spec.clusterIPs = ["None"]
      })
    let slices = BenchObjects.slices(
      Self.name, [BenchObjects.endpoint(BenchNetworks.endpointLimit - 1)], ports: [("http", BenchObjects.targetPort)])
    for slice in slices { _ = try await server.client.create(slice) }
    let watch = try AnswerWatch(from: stage.pod)
    if let query = CheckedQuery.address(
      "\(Self.name).\(BenchObjects.namespace).svc.\(DNSNames.domain)", Self.address)
    {
      _ = try watch.firstAnswer(query)
    }
    let usage = session.usage
    for slice in slices { try await server.client.delete(EndpointSlice.self, slice.key) }
    try await server.client.delete(
      KubeAPI.Service.self, ObjectKey(namespace: BenchObjects.namespace, name: Self.name))
    return Figures(before: before, peak: usage.peakBytes, after: usage.residentBytes)
  }
}
