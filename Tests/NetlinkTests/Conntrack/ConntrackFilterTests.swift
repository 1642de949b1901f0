import CNetlink
import Glibc
import Testing

@testable import Netlink

/// Filters that the kernel applies, on flows that are made for it.
@Suite(.namespaces) struct ConntrackFilterTests {
  private let namespace: NetworkNamespace
  private let conntrack: ConntrackSocket

  init() throws {
    namespace = try NetworkNamespace.make()
    conntrack = try namespace.conntrack()
  }

  private struct Sample: Sendable {
    var family: IPAddress.Family
    var transport: UInt8 = 17
    var client: UInt64 = 9
    var port: UInt16 = 53
    var endpoint: UInt64 = 2
    var mark: UInt32 = 0
    var zone: UInt16 = 0
  }

  private static func address(_ family: IPAddress.Family, _ net: UInt64, _ host: UInt64) -> IPAddress {
    family == .v4
      ? IPAddress(v4: 0x0a00_0000 | UInt32(net) << 8 | UInt32(host))
      : IPAddress(high: 0xfd00 << 48, low: net << 16 | host, family: .v6)
  }

  /// The service address that all flows go to.
  private static func service(_ family: IPAddress.Family) -> IPAddress { address(family, 96, 10) }
  private static func endpoint(_ family: IPAddress.Family, _ number: UInt64) -> IPAddress {
    address(family, 244, number)
  }

  /// Makes flows as a translated packet would leave them: from a client to the service, answered by an endpoint.
  private func make(_ samples: [Sample]) throws {
    for (index, sample) in samples.enumerated() {
      let source = Self.address(sample.family, 1, sample.client)
      let endpoint = Self.endpoint(sample.family, sample.endpoint)
      let transport = sample.transport == 6 ? "tcp" : "udp"
      let state = sample.transport == 6 ? ["--state", "ESTABLISHED"] : []
      try Programs.run(
        in: namespace,
        [
          "conntrack", "-I", "-s", "\(source)", "-d", "\(Self.service(sample.family))", "-r", "\(endpoint)", "-q",
          "\(source)", "-p", transport, "--sport", "\(10_000 + index)", "--dport", "\(sample.port)",
          "--reply-port-src", "8080", "--reply-port-dst", "\(10_000 + index)", "-t", "600", "-m", "\(sample.mark)",
          "-w", "\(sample.zone)",
        ] + state)
    }
  }

  private static let samples: [Sample] = IPAddress.Family.allCases.flatMap { family in
    [
      Sample(family: family), Sample(family: family, client: 8), Sample(family: family, endpoint: 3),
      Sample(family: family, port: 54), Sample(family: family, transport: 6),
      Sample(family: family, transport: 6, port: 80, endpoint: 3), Sample(family: family, mark: 0x11),
      Sample(family: family, zone: 7), Sample(family: family, client: 8, zone: 7),
    ]
  }

  private static let filters: [ConntrackFilter] = IPAddress.Family.allCases.flatMap { family in
    [
      ConntrackFilter(family), ConntrackFilter(family, transport: 17), ConntrackFilter(family, transport: 6),
      ConntrackFilter(family, transport: 132),
      ConntrackFilter(family, original: .init(source: address(family, 1, 8))),
      ConntrackFilter(family, original: .init(destination: service(family))),
      ConntrackFilter(family, transport: 17, original: .init(destination: service(family), destinationPort: 53)),
      ConntrackFilter(family, transport: 17, original: .init(sourcePort: 10_003)),
      ConntrackFilter(family, transport: 6, original: .init(destinationPort: 80)),
      ConntrackFilter(family, reply: .init(source: endpoint(family, 3))),
      ConntrackFilter(family, transport: 17, reply: .init(source: endpoint(family, 2), sourcePort: 8080)),
      ConntrackFilter(
        family, transport: 17, original: .init(destination: service(family)), reply: .init(source: endpoint(family, 3))),
      ConntrackFilter(family, mark: (0x10, 0xf0)), ConntrackFilter(family, transport: 17, mark: (0x11, 0xff)),
      ConntrackFilter(family, zone: 7), ConntrackFilter(family, zone: 0),
      ConntrackFilter(family, transport: 17, original: .init(destination: service(family)), zone: 7),
    ]
  }

  private func all() throws -> [ConntrackFlow] {
    try conntrack.flows(ConntrackFilter(.v4)) + conntrack.flows(ConntrackFilter(.v6))
  }

  @Test func flowsAreReadAsTheyWereMade() throws {
    try make(Self.samples)
    let flows = try all()
    #expect(flows.count == Self.samples.count)
    for (index, sample) in Self.samples.enumerated() {
      let flow = try #require(flows.first { $0.original.sourcePort == UInt16(10_000 + index) })
      let source = Self.address(sample.family, 1, sample.client)
      #expect(
        flow.original
          == ConntrackTuple(
            source: source, destination: Self.service(sample.family), transport: sample.transport,
            sourcePort: UInt16(10_000 + index), destinationPort: sample.port))
      #expect(
        flow.reply
          == ConntrackTuple(
            source: Self.endpoint(sample.family, sample.endpoint), destination: source, transport: sample.transport,
            sourcePort: 8080, destinationPort: UInt16(10_000 + index)))
      #expect((flow.mark, flow.zone) == (sample.mark, sample.zone))
      #expect(flow.id != 0 && flow.timeout > 0)
    }
  }

  /// What the kernel lists is what the same filter says of each flow.
  @Test func theKernelListsWhatTheFilterMeans() throws {
    try make(Self.samples)
    let flows = try all()
    for filter in Self.filters {
      let wanted = Set(flows.filter(filter.matches).map(\.original))
      #expect(Set(try conntrack.flows(filter).map(\.original)) == wanted)
    }
    // The filters tell flows apart.
    #expect(Set(Self.filters.map { filter in Set(flows.filter(filter.matches).map(\.original)) }).count > 20)
  }

  /// The table of a busy node is gigabytes: what is not meant must not come over the socket.
  @Test func nothingElseIsSent() throws {
    try make(Self.samples)
    let socket = try namespace.run { () throws(NetlinkError) in try NetfilterSocket() }
    for family in IPAddress.Family.allCases {
      let filter = ConntrackFilter(
        family, transport: 17, original: .init(destination: Self.service(family), destinationPort: 54))
      var messages = 0
      try socket.dump(
        "flows", UInt16(NFNL_SUBSYS_CTNETLINK) << 8 | UInt16(IPCTNL_MSG_CT_GET.rawValue),
        family: UInt8(family == .v4 ? AF_INET : AF_INET6), attributes: { filter.encode(into: &$0) }
      ) { _ in messages += 1 }
      #expect(messages == 1)
    }
  }

  /// What the kernel deletes is what the filter says, and nothing beside it.
  @Test(arguments: Self.filters.indices) func theKernelDeletesWhatTheFilterMeans(_ index: Int) throws {
    let filter = Self.filters[index]
    try make(Self.samples)
    let flows = try all()
    try conntrack.deleteAll(filter)
    let left = Set(try all().map(\.original))
    #expect(left == Set(flows.filter { !filter.matches($0) }.map(\.original)), "\(filter)")
  }

  @Test func oneFlowIsDeletedAndNoneThatTookItsPlace() throws {
    try make([Sample(family: .v4), Sample(family: .v6), Sample(family: .v4, zone: 7)])
    let flows = try all()
    let zoned = try #require(flows.first { $0.zone == 7 })
    try conntrack.delete(zoned)
    #expect(try all().allSatisfy { $0.zone == 0 })
    // It is gone: no error.
    try conntrack.delete(zoned)
    let plain = try #require(flows.first { $0.original.source.isIPv4 && $0.zone == 0 })
    var successor = plain
    successor.id &+= 1
    try conntrack.delete(successor)
    #expect(try all().count == 2)
    try conntrack.delete(plain)
    #expect(try all().map(\.original.source.family) == [.v6])
  }

  @Test func aFilterThatNamesPortsWithoutTransportIsRefused() throws {
    let error = try #require(throws: NetlinkError.self) {
      try conntrack.deleteAll(ConntrackFilter(.v4, original: .init(destinationPort: 53)))
    }
    #expect(error.errno == EINVAL)
  }
}
