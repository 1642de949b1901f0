public import KubeAPI

/// What the cluster says, in the proxy's terms. Each change names the Services that it touches.
public struct ProxyState: Sendable {
  public private(set) var services: [ObjectKey: ServiceDefinition] = [:]
  public private(set) var slices: [ObjectKey: EndpointSliceDefinition] = [:]
  /// The slices of each Service, also of Services that are not there yet.
  private var slicesByService: [ObjectKey: [ObjectKey]] = [:]
  /// The zone of this node; hints are followed by it.
  public private(set) var zone: String?

  public init(zone: String? = nil) { self.zone = zone }

  /// The slices of a Service, in the order of their names, so that a plan does not depend on that of events.
  public func slices(of service: ObjectKey) -> [EndpointSliceDefinition] {
    (slicesByService[service] ?? []).compactMap { slices[$0] }
  }

  /// - Returns: whether anything is to be planned anew.
  @discardableResult
  public mutating func setService(_ key: ObjectKey, _ definition: ServiceDefinition?) -> Bool {
    guard services[key] != definition else { return false }
    services[key] = definition
    return true
  }

  /// - Returns: the Services to be planned anew.
  @discardableResult
  public mutating func setSlice(_ key: ObjectKey, _ definition: EndpointSliceDefinition?) -> Set<ObjectKey> {
    let old = slices[key]
    guard old != definition else { return [] }
    var touched: Set<ObjectKey> = []
    if let old, old.service != definition?.service {
      slicesByService[old.service]?.removeAll { $0 == key }
      if slicesByService[old.service]?.isEmpty == true { slicesByService[old.service] = nil }
      touched.insert(old.service)
    }
    slices[key] = definition
    if let definition {
      touched.insert(definition.service)
      if old?.service != definition.service {
        var keys = slicesByService[definition.service] ?? []
        let place = keys.firstIndex { $0 > key } ?? keys.endIndex
        keys.insert(key, at: place)
        slicesByService[definition.service] = keys
      }
    }
    return touched
  }

  /// - Returns: the Services to be planned anew.
  public mutating func replaceServices(_ all: [ObjectKey: ServiceDefinition]) -> Set<ObjectKey> {
    var touched: Set<ObjectKey> = []
    for key in services.keys where all[key] == nil { touched.insert(key) }
    for (key, definition) in all where services[key] != definition { touched.insert(key) }
    services = all
    return touched
  }

  /// - Returns: the Services to be planned anew.
  public mutating func replaceSlices(_ all: [ObjectKey: EndpointSliceDefinition]) -> Set<ObjectKey> {
    var touched: Set<ObjectKey> = []
    for key in slices.keys where all[key] == nil { touched.formUnion(setSlice(key, nil)) }
    for (key, definition) in all { touched.formUnion(setSlice(key, definition)) }
    return touched
  }

  /// - Returns: the Services to be planned anew: those whose endpoints name zones.
  public mutating func setZone(_ zone: String?) -> Set<ObjectKey> {
    guard zone != self.zone else { return [] }
    self.zone = zone
    return Set(
      slices.values.lazy.filter { $0.endpoints.contains { !$0.hintedZones.isEmpty } }.map(\.service))
  }
}
