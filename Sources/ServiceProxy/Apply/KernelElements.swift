import Netlink

/// What the kernel's maps hold for frontends. To read it takes long, and needs nothing but the kernel: so it is done while
/// the API server is being asked.
struct KernelElements: Sendable {
  /// The ruleset's when the reading began. While it stays, what was read holds.
  let generation: UInt32
  private(set) var applied = Applied()
  /// Elements that no Service could have made, or that contradict each other; they are to go.
  private(set) var strange = ElementChanges()

  /// - Throws: the kernel's error; `ENOENT` where a set is missing. No table is no error, and gives nothing.
  init(_ connection: any NFTablesConnection) throws(NetlinkError) {
    generation = try connection.generation()
    guard try connection.tables().contains(where: { $0.name == Ruleset.table }) else { return }
    try readFrontends(connection)
  }

  /// Buckets as read, which need not come in order.
  private struct Buckets {
    var first: [UInt32: EndpointTarget] = [:]
    var local: [UInt32: EndpointTarget] = [:]
  }

  private mutating func readFrontends(_ connection: any NFTablesConnection) throws(NetlinkError) {
    for family in IPAddress.Family.allCases {
      for isNodePort in [false, true] {
        var found: [FrontendKey: Frontend] = [:]
        func eachElement(
          _ address: Ruleset.SetName, _ node: Ruleset.SetName, _ strange: inout ElementChanges,
          _ body: (FrontendKey, ArraySlice<UInt8>, NFElement) -> Bool
        ) throws(NetlinkError) {
          let name = isNodePort ? node : address
          for element in try connection.elements(of: name.name(family), in: Ruleset.table) {
            if let (key, rest) = ElementCodec.frontend(element.key, isNodePort: isNodePort, family),
              body(key, rest, element)
            {
              continue
            }
            strange.delete(element, name, family)
          }
        }
        try eachElement(.frontends, .nodePorts, &strange) { key, _, element in
          guard case .value(let bytes) = element.data, let words = FrontendWords(bytes),
            let frontend = words.frontend(key)
          else { return false }
          found[key] = frontend
          return true
        }
        if !isNodePort {
          try eachElement(.sourceRanges, .sourceRanges, &strange) { key, rest, element in
            guard found[key]?.sourceRanges != nil, let range = Self.range(rest, element, family) else { return false }
            found[key]?.sourceRanges?.append(range)
            return true
          }
        }
        var buckets: [FrontendKey: Buckets] = [:]
        try eachElement(.endpoints, .nodePortEndpoints, &strange) { key, rest, element in
          guard found[key] != nil, let bucket = NFWord.native(rest),
            let target = ElementCodec.target(element.data, family)
          else { return false }
          if bucket >= OnDemandChain.localBank {
            buckets[key, default: Buckets()].local[bucket - OnDemandChain.localBank] = target
          } else {
            buckets[key, default: Buckets()].first[bucket] = target
          }
          return true
        }
        for (key, var frontend) in found {
          let name = isNodePort ? Ruleset.SetName.nodePortEndpoints : .endpoints
          frontend.endpoints = takeList(key, name, 0, buckets[key]?.first ?? [:])
          frontend.localEndpoints = takeList(key, name, OnDemandChain.localBank, buckets[key]?.local ?? [:])
          frontend.sourceRanges?.sort { $0.address < $1.address }
          applied.set(key, frontend)
        }
      }
      applied.clusterIPs.formUnion(
        try connection.elements(of: Ruleset.SetName.clusterIPs.name(family), in: Ruleset.table).compactMap {
          IPAddress(bytes: $0.key)
        })
      for element in try connection.elements(of: Ruleset.SetName.hairpin.name(family), in: Ruleset.table) {
        let half = element.key.count / 2
        if element.key[..<half] == element.key[half...], let address = IPAddress(bytes: element.key[..<half]) {
          applied.hairpins.insert(address)
        } else {
          strange.delete(element, .hairpin, family)
        }
      }
    }
  }

  /// The buckets from zero on without a gap; others are strange.
  private mutating func takeList(
    _ key: FrontendKey, _ name: Ruleset.SetName, _ bank: UInt32, _ buckets: [UInt32: EndpointTarget]
  ) -> [EndpointTarget] {
    var list: [EndpointTarget] = []
    list.reserveCapacity(buckets.count)
    while let target = buckets[UInt32(list.count)] { list.append(target) }
    if list.count < buckets.count {
      for (bucket, target) in buckets where bucket >= UInt32(list.count) {
        strange.delete(
          NFElement(ElementCodec.bucket(key, bank + bucket), data: .value(ElementCodec.target(target))), name,
          key.family)
      }
    }
    return list
  }

  private static func range(_ rest: ArraySlice<UInt8>, _ element: NFElement, _ family: IPAddress.Family) -> IPPrefix? {
    guard let first = IPAddress(bytes: rest) else { return nil }
    guard let end = element.keyEnd, let last = IPAddress(bytes: end.suffix(family.byteCount)) else {
      return IPPrefix(first, length: family.bitCount)
    }
    for length in stride(from: family.bitCount, through: 0, by: -1) {
      let range = IPPrefix(first, length: length)
      if range.address == first, range.last == last { return range }
    }
    return nil
  }
}
