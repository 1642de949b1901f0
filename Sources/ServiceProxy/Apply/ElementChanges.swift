import Netlink

/// Elements to delete and to add, by set: what one transaction does to the maps.
struct ElementChanges {
  struct Target: Hashable {
    var name: Ruleset.SetName
    var family: IPAddress.Family
  }

  private(set) var deleted: [Target: [NFElement]] = [:]
  private(set) var added: [Target: [NFElement]] = [:]
  private(set) var count = 0

  var isEmpty: Bool { count == 0 }

  mutating func delete(_ element: NFElement, _ name: Ruleset.SetName, _ family: IPAddress.Family) {
    deleted[Target(name: name, family: family), default: []].append(element)
    count += 1
  }

  mutating func add(_ element: NFElement, _ name: Ruleset.SetName, _ family: IPAddress.Family) {
    added[Target(name: name, family: family), default: []].append(element)
    count += 1
  }

  /// Deletions first: a changed element is deleted and added under the same key.
  func append(to batch: inout NFBatch) {
    for (target, elements) in deleted {
      batch.append(.deleteElements(elements, Ruleset.table, set: target.name.name(target.family)))
    }
    for (target, elements) in added {
      batch.append(.addElements(elements, Ruleset.table, set: target.name.name(target.family)))
    }
  }

  // MARK: Frontends

  /// What has to change for a frontend to become another one; nil is one that is not there.
  mutating func replace(_ key: FrontendKey, _ old: Frontend?, _ new: Frontend?) {
    guard old != new else { return }
    let bytes = ElementCodec.frontend(key)
    let words = (old.map { FrontendWords($0, key) }, new.map { FrontendWords($0, key) })
    if words.0 != words.1 {
      let name: Ruleset.SetName = key.isNodePort ? .nodePorts : .frontends
      if let words = words.0 { delete(NFElement(bytes, data: .value(words.bytes)), name, key.family) }
      if let words = words.1 { add(NFElement(bytes, data: .value(words.bytes)), name, key.family) }
    }
    let endpoints: Ruleset.SetName = key.isNodePort ? .nodePortEndpoints : .endpoints
    buckets(key, endpoints, 0, old?.endpoints ?? [], new?.endpoints ?? [])
    buckets(key, endpoints, OnDemandChain.localBank, old?.localEndpoints ?? [], new?.localEndpoints ?? [])
    ranges(bytes, key.family, old?.sourceRanges ?? [], new?.sourceRanges ?? [])
  }

  private mutating func buckets(
    _ key: FrontendKey, _ name: Ruleset.SetName, _ bank: UInt32, _ old: [EndpointTarget], _ new: [EndpointTarget]
  ) {
    for index in 0..<max(old.count, new.count) {
      let before = index < old.count ? old[index] : nil
      let after = index < new.count ? new[index] : nil
      guard before != after else { continue }
      let bytes = ElementCodec.bucket(key, bank + UInt32(index))
      if let before { delete(NFElement(bytes, data: .value(ElementCodec.target(before))), name, key.family) }
      if let after { add(NFElement(bytes, data: .value(ElementCodec.target(after))), name, key.family) }
    }
  }

  private mutating func ranges(
    _ key: [UInt8], _ family: IPAddress.Family, _ old: [IPPrefix], _ new: [IPPrefix]
  ) {
    guard old != new else { return }
    func element(_ range: IPPrefix) -> NFElement {
      NFElement(key + range.address.bytes, to: key + range.last.bytes)
    }
    for range in old where !new.contains(range) { delete(element(range), .sourceRanges, family) }
    for range in new where !old.contains(range) { add(element(range), .sourceRanges, family) }
  }
}
