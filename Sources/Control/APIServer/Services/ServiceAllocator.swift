import KubeAPI
import Synchronization

/// Gives services their cluster addresses and node ports, and keeps two services from having the same.
///
/// What is taken is known from the services themselves: the pools are filled from the store when the server starts.
final class ServiceAllocator: Sendable {
  /// What one write of a service has taken, and what it gives back when it succeeds.
  struct Allocation: Sendable {
    fileprivate(set) var taken = Holdings()
    fileprivate(set) var freed = Holdings()
  }

  /// Addresses by their place in the block, and node ports.
  struct Holdings: Sendable, Equatable {
    var addresses: Set<Int> = []
    var ports: Set<Int> = []
  }

  private struct Pools {
    var addresses: NumberPool
    var ports: NumberPool
  }

  struct InvalidRange: Error, CustomStringConvertible {
    var cidr: String
    var description: String {
      "\"\(cidr)\" is not a block of IPv4 addresses for services: give one like 10.96.0.0/16, from /8 to /30"
    }
  }

  let block: IPv4Block
  let nodePorts: ClosedRange<Int>
  private let pools: Mutex<Pools>

  init(serviceCIDR: String, nodePorts: ClosedRange<Int>) throws(InvalidRange) {
    guard let block = IPv4Block(serviceCIDR), (8...30).contains(block.prefix) else {
      throw InvalidRange(cidr: serviceCIDR)
    }
    self.block = block
    self.nodePorts = nodePorts
    pools = Mutex(Self.emptyPools(block, nodePorts))
  }

  private static func emptyPools(_ block: IPv4Block, _ nodePorts: ClosedRange<Int>) -> Pools {
    var pools = Pools(addresses: NumberPool(count: block.size), ports: NumberPool(count: nodePorts.count))
    // The network's own address and the broadcast address are nobody's.
    _ = pools.addresses.take(0)
    _ = pools.addresses.take(block.size - 1)
    return pools
  }

  func load(_ services: [JSONValue]) {
    pools.withLock { pools in
      pools = Self.emptyPools(block, nodePorts)
      for service in services {
        let held = holdings(service)
        for address in held.addresses { _ = pools.addresses.take(address) }
        for port in held.ports { _ = pools.ports.take(port - nodePorts.lowerBound) }
      }
    }
  }

  /// What a service has of the pools.
  func holdings(_ service: JSONValue) -> Holdings {
    var holdings = Holdings()
    let spec = ServiceSpec(json: service["spec"] ?? [:])
    if spec.type != "ExternalName" {
      for text in Set(spec.clusterIPs + [spec.clusterIP ?? ""]) {
        if let address = IPv4Block.address(text), let offset = block.offset(address) {
          holdings.addresses.insert(offset)
        }
      }
    }
    for port in spec.ports {
      if let number = port.nodePort.map(Int.init), nodePorts.contains(number) { holdings.ports.insert(number) }
    }
    return holdings
  }

  func release(_ allocation: Allocation?) {
    if let allocation { giveBack(allocation.taken) }
  }

  func commit(_ allocation: Allocation?) {
    if let allocation { giveBack(allocation.freed) }
  }

  func removed(_ service: JSONValue) { giveBack(holdings(service)) }

  private func giveBack(_ holdings: Holdings) {
    pools.withLock { pools in
      for address in holdings.addresses { pools.addresses.giveBack(address) }
      for port in holdings.ports { pools.ports.giveBack(port - nodePorts.lowerBound) }
    }
  }

  // MARK: Allocating

  /// Completes a service's addresses and ports and takes what it adds to those it has.
  /// - Throws: 422 with the field where an address or port is taken, out of range, or used up.
  func allocate(
    _ service: inout JSONValue, replacing old: JSONValue?, isDryRun: Bool
  ) throws(StatusError) -> Allocation {
    let name = service[path: "metadata", "name"]?.stringValue ?? ""
    var spec = ServiceSpec(json: service["spec"] ?? [:])
    if let old { ServiceFields.carryOver(from: ServiceSpec(json: old["spec"] ?? [:]), to: &spec) }
    let held = old.map(holdings) ?? Holdings()
    var allocation = Allocation()
    do throws(StatusError) {
      try allocateAddress(&spec, held, &allocation, name)
      try allocatePorts(&spec, held, &allocation, name)
    } catch {
      release(allocation)
      throw error
    }
    service["spec"] = spec.json
    let now = holdings(service)
    allocation.freed.addresses = held.addresses.subtracting(now.addresses)
    allocation.freed.ports = held.ports.subtracting(now.ports)
    return allocation
  }

  private func invalid(_ name: String, _ cause: StatusError.Cause) -> StatusError {
    .invalid(ResourceName(group: "", resource: "services", kind: "Service"), name, [cause])
  }

  private func allocateAddress(
    _ spec: inout ServiceSpec, _ held: Holdings, _ allocation: inout Allocation, _ name: String
  ) throws(StatusError) {
    if spec.type == "ExternalName" { return }
    if (spec.clusterIP ?? "").isEmpty, let first = spec.clusterIPs.first { spec.clusterIP = first }
    let given = spec.clusterIP ?? ""
    if given == "None" {
      ServiceFields.setFamilies(&spec)
      spec.clusterIPs = ["None"]
      return
    }
    if spec.ipFamilies.contains("IPv6") || spec.ipFamilyPolicy == "RequireDualStack" {
      throw invalid(
        name,
        .invalid(
          "spec.ipFamilies[0]", "\"\(spec.ipFamilies.first ?? "IPv6")\"",
          "not configured on this cluster: services have IPv4 addresses"))
    }
    ServiceFields.setFamilies(&spec)
    if given.isEmpty {
      guard let offset = takeAddress() else {
        throw invalid(
          name, .invalid("spec.clusterIPs", "null", "failed to allocate a serviceIP: range is full"))
      }
      allocation.taken.addresses.insert(offset)
      spec.clusterIP = block.text(at: offset)
    } else {
      func refuse(_ why: String) -> StatusError {
        invalid(
          name,
          .invalid("spec.clusterIPs", "[\"\(given)\"]", "failed to allocate IP \(given): \(why)"))
      }
      guard let address = IPv4Block.address(given) else {
        throw invalid(
          name, .invalid("spec.clusterIPs[0]", "\"\(given)\"", "must be a valid IP address, (e.g. 10.9.8.7)"))
      }
      guard let offset = block.offset(address), offset != 0, offset != block.size - 1 else {
        throw refuse("the provided network does not match the current range: the valid range is \(block)")
      }
      if !held.addresses.contains(offset) {
        guard pools.withLock({ $0.addresses.take(offset) }) else { throw refuse("provided IP is already allocated") }
        allocation.taken.addresses.insert(offset)
      }
    }
    spec.clusterIPs = [spec.clusterIP ?? ""]
  }

  /// The lower part of the range is left for services that ask for a certain address, until the upper one is full.
  private func takeAddress() -> Int? {
    let lower = min(max(16, block.size / 16), 256, block.size / 2)
    return pools.withLock { pools in
      pools.addresses.takeAny(in: lower..<block.size) ?? pools.addresses.takeAny(in: 0..<lower)
    }
  }

  private func allocatePorts(
    _ spec: inout ServiceSpec, _ held: Holdings, _ allocation: inout Allocation, _ name: String
  ) throws(StatusError) {
    let type = spec.type ?? "ClusterIP"
    let wantsPorts = type == "NodePort" || (type == "LoadBalancer" && spec.allocateLoadBalancerNodePorts ?? true)
    var ports = spec.ports
    for index in ports.indices {
      if let number = ports[index].nodePort.map(Int.init), number != 0 {
        if type != "NodePort" && type != "LoadBalancer" { continue }
        guard nodePorts.contains(number) else {
          throw invalid(
            name,
            .invalid(
              "spec.ports[\(index)].nodePort", "\(number)",
              "provided port is not in the valid range. The range of valid ports is "
                + "\(nodePorts.lowerBound)-\(nodePorts.upperBound)"))
        }
        if held.ports.contains(number) || allocation.taken.ports.contains(number) { continue }
        guard pools.withLock({ $0.ports.take(number - nodePorts.lowerBound) }) else {
          throw invalid(
            name,
            .invalid("spec.ports[\(index)].nodePort", "\(number)", "provided port is already allocated"))
        }
        allocation.taken.ports.insert(number)
      } else if wantsPorts {
        guard let offset = takePort() else {
          throw invalid(
            name,
            .invalid("spec.ports[\(index)].nodePort", "0", "failed to allocate a nodePort: range is full"))
        }
        allocation.taken.ports.insert(offset + nodePorts.lowerBound)
        ports[index].nodePort = Int32(offset + nodePorts.lowerBound)
      }
    }
    spec.ports = ports
  }

  private func takePort() -> Int? {
    let lower = min(86, nodePorts.count / 2)
    return pools.withLock { pools in
      pools.ports.takeAny(in: lower..<nodePorts.count) ?? pools.ports.takeAny(in: 0..<lower)
    }
  }

  /// How many addresses and ports are in use.
  var usage: (addresses: Int, ports: Int) { pools.withLock { ($0.addresses.used - 2, $0.ports.used) } }
}

/// What a service's fields mean for each other.
enum ServiceFields {
  /// A client that does not repeat what was allocated keeps it.
  static func carryOver(from old: ServiceSpec, to new: inout ServiceSpec) {
    let hasAddress = new.type != "ExternalName"
    let hadAddress = old.type != "ExternalName"
    if hasAddress, hadAddress {
      if (new.clusterIP ?? "").isEmpty, new.clusterIPs.isEmpty { new.clusterIP = old.clusterIP }
      if new.clusterIP == old.clusterIP, new.clusterIPs.isEmpty { new.clusterIPs = old.clusterIPs }
      if new.ipFamilies.isEmpty { new.ipFamilies = old.ipFamilies }
      if new.ipFamilyPolicy == nil { new.ipFamilyPolicy = old.ipFamilyPolicy }
    } else if !hasAddress, hadAddress {
      // What was allocated is given back, not kept as a wish.
      if new.clusterIP == old.clusterIP { new.clusterIP = nil }
      if new.clusterIPs == old.clusterIPs { new.clusterIPs = [] }
      new.ipFamilies = []
      new.ipFamilyPolicy = nil
    }
    let hasPorts = new.type == "NodePort" || new.type == "LoadBalancer"
    let hadPorts = old.type == "NodePort" || old.type == "LoadBalancer"
    var ports = new.ports
    var free = Set(old.ports.compactMap(\.nodePort)).subtracting(ports.compactMap(\.nodePort))
    for index in ports.indices {
      let same = old.ports.first {
        $0.port == ports[index].port && ($0.`protocol` ?? "TCP") == (ports[index].`protocol` ?? "TCP")
      }
      guard let number = same?.nodePort, number != 0 else { continue }
      if hasPorts, hadPorts, (ports[index].nodePort ?? 0) == 0, free.remove(number) != nil {
        ports[index].nodePort = number
      } else if !hasPorts, hadPorts, ports[index].nodePort == number {
        ports[index].nodePort = nil
      }
    }
    if ports != new.ports { new.ports = ports }
    dropForeignFields(of: old, from: &new)
  }

  /// Fields that only the former type had go with it, unless the client has changed them: then they are an error.
  private static func dropForeignFields(of old: ServiceSpec, from new: inout ServiceSpec) {
    if new.type == old.type { return }
    if new.type != "LoadBalancer" {
      for name in ["allocateLoadBalancerNodePorts", "loadBalancerClass"] where new.json[name] == old.json[name] {
        new.json[name] = nil
      }
      if new.type != "NodePort" {
        for name in ["externalTrafficPolicy", "healthCheckNodePort"] where new.json[name] == old.json[name] {
          new.json[name] = nil
        }
      }
    }
    if new.type == "ExternalName", new.internalTrafficPolicy == old.internalTrafficPolicy {
      new.internalTrafficPolicy = nil
    }
  }

  static func setFamilies(_ spec: inout ServiceSpec) {
    spec.ipFamilies = ["IPv4"]
    spec.ipFamilyPolicy = spec.ipFamilyPolicy == "PreferDualStack" ? "PreferDualStack" : "SingleStack"
  }
}
