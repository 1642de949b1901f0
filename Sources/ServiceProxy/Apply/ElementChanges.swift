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
    let family = key.family
    let bytes = ElementCodec.frontend(key)
    func names(_ address: Ruleset.SetName, _ node: Ruleset.SetName) -> Ruleset.SetName {
      key.isNodePort ? node : address
    }
    func actions(_ name: Ruleset.SetName, _ old: FrontendAction?, _ new: FrontendAction?) {
      change(bytes, name, family, old.map { ElementCodec.action($0, key) }, new.map { ElementCodec.action($0, key) })
    }
    actions(names(.dispatch, .nodePorts), old?.action, new?.action)
    actions(names(.wide, .nodePortWide), old?.wide, new?.wide)
    actions(names(.local, .nodePortLocal), old?.near, new?.near)
    if !key.isNodePort { actions(.allowed, old?.allowed, new?.allowed) }
    func sticky(_ frontend: Frontend?) -> NFData? {
      frontend.flatMap { $0.stickySeconds > 0 ? ElementCodec.sticky($0.stickySeconds, key) : nil }
    }
    change(bytes, names(.sticky, .nodePortSticky), family, sticky(old), sticky(new))
    member(
      bytes, names(.masquerade, .nodePortMasquerade), family, old?.masquerade == .always, new?.masquerade == .always)
    member(
      bytes, names(.masqueradeOwn, .nodePortMasqueradeOwn), family, old?.masquerade == .own, new?.masquerade == .own)
    let endpoints = names(.endpoints, .nodePortEndpoints)
    buckets(key, endpoints, 0, old?.endpoints ?? [], new?.endpoints ?? [])
    buckets(key, endpoints, OnDemandChain.localBank, old?.localEndpoints ?? [], new?.localEndpoints ?? [])
    ranges(bytes, family, old?.sourceRanges ?? [], new?.sourceRanges ?? [])
  }

  private mutating func change(
    _ key: [UInt8], _ name: Ruleset.SetName, _ family: IPAddress.Family, _ old: NFData?, _ new: NFData?
  ) {
    guard old != new else { return }
    if let old { delete(NFElement(key, data: old), name, family) }
    if let new { add(NFElement(key, data: new), name, family) }
  }

  private mutating func member(
    _ key: [UInt8], _ name: Ruleset.SetName, _ family: IPAddress.Family, _ old: Bool, _ new: Bool
  ) {
    guard old != new else { return }
    if new { add(NFElement(key), name, family) } else { delete(NFElement(key), name, family) }
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
