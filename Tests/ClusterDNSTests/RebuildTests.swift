import KubeAPI
import KubeClient
import Netlink
import Testing

@testable import ClusterDNS

/// A zone that has followed many changes is the zone that is made from what there is in the end.
@Suite struct RebuildTests {
  /// The objects of a small cluster that changes at random.
  private struct Cluster {
    var services: [ObjectKey: ServiceFacts] = [:]
    var slices: [ObjectKey: SliceFacts] = [:]
    var namespaces: [ObjectKey: Bool] = [:]
    var pods: [ObjectKey: [IPAddress]] = [:]
    var random: SplitMix

    init(seed: UInt64) { random = SplitMix(seed: seed) }

    mutating func number(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &random) }
    mutating func namespace() -> String { "ns-\(number(3))" }
    /// Few addresses, so that several names share one.
    mutating func address() -> IPAddress {
      number(4) == 0
        ? IPAddress(number: 0xfd00 << 112 | UInt128(number(8)), family: .v6) : IPAddress(10, 0, 0, UInt8(number(12)))
    }
    mutating func ports() -> [PortFacts] {
      (0..<number(3)).map { _ in
        PortFacts(
          name: ["", "http", "dns"][number(3)], protocol: ["tcp", "udp"][number(2)], number: UInt16(80 + number(3)))
      }
    }

    mutating func service() -> ServiceFacts {
      switch number(4) {
      case 0: ServiceFacts(kind: .headless, ports: ports())
      case 1:
        ServiceFacts(kind: .alias(["www.example.com", "s-1.ns-0.svc.cluster.local", "a..b"][number(3)]), ports: [])
      default: ServiceFacts(kind: .addressed((0...number(2)).map { _ in address() }), ports: ports())
      }
    }

    mutating func slice() -> SliceFacts {
      SliceFacts(
        service: "s-\(number(5))",
        endpoints: (0..<number(4)).map { _ in
          SliceFacts.Endpoint(address: address(), hostname: number(2) == 0 ? "host-\(number(3))" : nil)
        }, ports: ports())
    }

    /// One change, made here and told to the zone.
    mutating func change(_ zone: ClusterZone) async {
      let isDeletion = number(3) == 0
      switch number(8) {
      case 0...2:
        let key = ObjectKey(namespace: namespace(), name: "s-\(number(5))")
        services[key] = isDeletion ? nil : service()
        await zone.handle(services: services[key].map { .changed(key, $0) } ?? .deleted(key))
      case 3...5:
        let key = ObjectKey(namespace: namespace(), name: "slice-\(number(6))")
        slices[key] = isDeletion ? nil : slice()
        await zone.handle(slices: slices[key].map { .changed(key, $0) } ?? .deleted(key))
      case 6:
        let key = ObjectKey(name: namespace())
        namespaces[key] = isDeletion ? nil : true
        await zone.handle(namespaces: namespaces[key].map { .changed(key, $0) } ?? .deleted(key))
      default:
        let key = ObjectKey(namespace: namespace(), name: "pod-\(number(6))")
        pods[key] = isDeletion ? nil : [address()]
        await zone.handle(pods: pods[key].map { .changed(key, $0) } ?? .deleted(key))
      }
    }

    /// A list in pages of three objects; the one of its first page is begun twice.
    static func pages<Facts>(_ objects: [ObjectKey: Facts]) -> [InformerPage<Facts>] {
      let objects = objects.map { (key: $0.key, element: $0.value) }
      var pages = stride(from: 0, through: objects.count, by: 3).map { start in
        InformerPage(isFirst: start == 0, isLast: start + 3 > objects.count, Array(objects[start...].prefix(3)))
      }
      if pages.count > 1 { pages.insert(pages[0], at: 0) }
      return pages
    }

    /// All at once, as a list after a broken watch brings it.
    func tell(_ zone: ClusterZone) async {
      for page in Self.pages(services) { await zone.handle(services: .page(page)) }
      for page in Self.pages(slices) { await zone.handle(slices: .page(page)) }
      await zone.handle(namespaces: .replaced(namespaces))
      await zone.handle(pods: .replaced(pods))
    }
  }

  /// Every name with what it holds. Several services' pointers stand in the order in which they came.
  private static func contents(_ zone: borrowing TestZone) -> [WireName: [[UInt8]]] {
    let snapshot = zone.reader.enter()
    defer { zone.reader.leave() }
    var contents: [WireName: [[UInt8]]] = [:]
    for index in 0..<Snapshot.shards {
      snapshot.shard(index).forEach { _, entry in
        let name = WireName(unchecked: Array(UnsafeRawBufferPointer(start: entry.name, count: entry.nameLength)))
        let pointers = entry.pointerNames.map(\.bytes).sorted { $0.lexicographicallyPrecedes($1) }
        contents[name] =
          pointers.isEmpty
          ? [Array(UnsafeRawBufferPointer(start: entry.base, count: entry.size))] : pointers
      }
    }
    return contents
  }

  @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8] as [UInt64])
  func changesLeadWhereAListLeads(seed: UInt64) async throws {
    var cluster = Cluster(seed: seed)
    let changed = try TestZone(.verified)
    await cluster.tell(changed.zone)
    for round in 1...400 {
      await cluster.change(changed.zone)
      // Now and then the watch breaks, and a list tells what happened meanwhile.
      if round % 90 == 0 {
        for _ in 0..<20 { await cluster.change(try TestZone(.verified).zone) }
        await cluster.tell(changed.zone)
      }
      guard round % 40 == 0 else { continue }
      let made = try TestZone(.verified)
      await cluster.tell(made.zone)
      let (left, right) = (Self.contents(changed), Self.contents(made))
      for name in Set(left.keys).union(right.keys) where left[name] != right[name] {
        Issue.record("round \(round): \(name) differs: \(left[name] as Any) and \(right[name] as Any)")
      }
      #expect(left.count > 10)
      let (one, other) = (await changed.zone.size, await made.zone.size)
      #expect(one.names == other.names && one.names == left.count)
    }
  }
}
