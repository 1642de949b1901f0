import KubeAPI
import Netlink

extension CNIRequest {
  /// What the runtime hands over beside the configuration, by the capabilities that the configuration list declares.
  struct Wishes: Sendable, Hashable {
    var addresses: [IPAddress] = []
    var ranges: [AddressRange] = []
    var hardwareAddress: HardwareAddress?
    var hostPorts: [HostPort] = []
    var bandwidth: PodBandwidth?
  }

  /// The capabilities that are declared. `cgroupPath` is taken and nothing is done with it: no rule here is about
  /// control groups.
  static let capabilities = ["portMappings", "bandwidth", "ips", "ipRanges", "mac", "dns", "cgroupPath"]

  /// - Throws: what cannot be carried out: nothing that was asked for is passed over.
  func wishes() throws(CNIError) -> Wishes {
    if let type = configuration[path: "ipam", "type"]?.stringValue, !type.isEmpty {
      throw CNIError(
        .unsupportedField, "ipam.type \"\(type)\" is not supported",
        details: "the node's daemon gives addresses itself; take \"ipam\" out of the configuration")
    }
    if let runtime = configuration["runtimeConfig"], runtime.objectValue == nil, runtime != .null {
      throw CNIError(.invalidConfiguration, "runtimeConfig is no object")
    }
    if let path = value("cgroupPath"), path.stringValue == nil { throw wrong("cgroupPath", path, "is no path") }
    return Wishes(
      addresses: try requestedAddresses(), ranges: try requestedRanges(),
      hardwareAddress: try requestedHardwareAddress(), hostPorts: try requestedHostPorts(),
      bandwidth: try requestedBandwidth())
  }

  /// A capability's argument; `null` is none.
  private func value(_ capability: String) -> JSONValue? {
    guard let value = configuration[path: "runtimeConfig", capability], value != .null else { return nil }
    return value
  }

  private func list(_ capability: String) throws(CNIError) -> [JSONValue] {
    guard let value = value(capability) else { return [] }
    guard let list = value.arrayValue else { throw wrong(capability, value, "is no list") }
    return list
  }

  private func wrong(_ field: String, _ value: JSONValue, _ reason: String) -> CNIError {
    CNIError(.invalidConfiguration, "runtimeConfig.\(field) \(reason)", details: value.text)
  }

  /// The addresses that the `ips` capability or the `IP` argument asks for.
  func requestedAddresses() throws(CNIError) -> [IPAddress] {
    var texts = try list("ips").map { $0.stringValue ?? $0.text }
    if let argument = arguments["IP"] { texts += argument.split(separator: ",").map { String($0) } }
    var addresses: [IPAddress] = []
    for text in texts {
      guard let address = IPAddress(text.split(separator: "/").first ?? "") else {
        throw CNIError(.invalidConfiguration, "runtimeConfig.ips holds '\(text)', which is no address")
      }
      if !addresses.contains(address) { addresses.append(address) }
    }
    return addresses
  }

  /// `ipRanges`: a list of lists of `{"subnet", "rangeStart", "rangeEnd"}`, one address from each list.
  func requestedRanges() throws(CNIError) -> [AddressRange] {
    var ranges: [AddressRange] = []
    for set in try list("ipRanges") {
      guard let items = set.arrayValue else { throw wrong("ipRanges", set, "is no list of lists") }
      for item in items {
        guard let prefix = item[go: "subnet"]?.stringValue.flatMap({ IPPrefix($0) }) else {
          throw wrong("ipRanges", item, "has a range without subnet")
        }
        func end(_ name: String, _ other: IPAddress) throws(CNIError) -> IPAddress {
          guard let value = item[go: name], value != .null, value.stringValue != "" else { return other }
          guard let address = value.stringValue.flatMap({ IPAddress($0) }), prefix.contains(address) else {
            throw wrong("ipRanges", item, "has a \(name) that is not in \(prefix)")
          }
          return address
        }
        guard let range = AddressRange(try end("rangeStart", prefix.address), try end("rangeEnd", prefix.last)) else {
          throw wrong("ipRanges", item, "has a rangeEnd before its rangeStart")
        }
        ranges.append(range)
      }
    }
    return ranges
  }

  /// The Ethernet address that the `mac` capability or the `MAC` argument asks for.
  func requestedHardwareAddress() throws(CNIError) -> HardwareAddress? {
    guard let text = value("mac")?.stringValue ?? arguments["MAC"] else { return nil }
    guard let address = HardwareAddress(text), address.value >> 40 & 1 == 0, address.value != 0 else {
      throw CNIError(.invalidConfiguration, "runtimeConfig.mac '\(text)' is no unicast Ethernet address")
    }
    return address
  }

  /// `portMappings`: `{"hostPort", "containerPort", "protocol", "hostIP"}`. A hostPort of 0 is none.
  func requestedHostPorts() throws(CNIError) -> [HostPort] {
    var ports: [HostPort] = []
    for item in try list("portMappings") {
      func number(_ name: String) throws(CNIError) -> UInt16 {
        guard let port = item[go: name]?.integerValue.flatMap({ UInt16(exactly: $0) }) else {
          throw wrong("portMappings", item, "has a \(name) that is no port")
        }
        return port
      }
      let port = try number("hostPort")
      guard port > 0 else { continue }
      let target = try number("containerPort")
      guard target > 0 else { throw wrong("portMappings", item, "has a containerPort of 0") }
      let name = item[go: "protocol"]?.stringValue ?? "tcp"
      guard let transport = HostPort.transport(name) else {
        throw CNIError(
          .unsupportedField, "runtimeConfig.portMappings.protocol \"\(name)\" is not supported",
          details: "tcp, udp and sctp are")
      }
      var address: IPAddress?
      if let text = item[go: "hostIP"]?.stringValue, !text.isEmpty {
        guard let parsed = IPAddress(text) else {
          throw wrong("portMappings", item, "has a hostIP that is no address")
        }
        address = parsed
      }
      let mapping = HostPort(transport, port, to: target, at: address)
      if ports.contains(mapping) { continue }
      if let other = ports.first(where: { $0.conflicts(with: mapping) }) {
        throw CNIError(.invalidConfiguration, "runtimeConfig.portMappings has both \(other) and \(mapping)")
      }
      ports.append(mapping)
    }
    return ports
  }

  /// `bandwidth`: `{"ingressRate", "ingressBurst", "egressRate", "egressBurst"}` in bits a second and bits. A rate of 0 is
  /// no limit.
  func requestedBandwidth() throws(CNIError) -> PodBandwidth? {
    guard let value = value("bandwidth") else { return nil }
    guard value.objectValue != nil else { throw wrong("bandwidth", value, "is no object") }
    func number(_ name: String) throws(CNIError) -> UInt64? {
      guard let field = value[go: name], field != .null else { return nil }
      guard let number = field.integerValue, number >= 0 else {
        throw wrong("bandwidth", value, "has a \(name) that is no number of bits")
      }
      return UInt64(number)
    }
    func limit(_ direction: String) throws(CNIError) -> PodBandwidth.Limit? {
      let burst = try number("\(direction)Burst")
      guard let rate = try number("\(direction)Rate"), rate > 0 else {
        if let burst, burst > 0 { throw wrong("bandwidth", value, "has a \(direction)Burst but no \(direction)Rate") }
        return nil
      }
      return PodBandwidth.Limit(rate: rate, burst: burst)
    }
    let bandwidth = PodBandwidth(ingress: try limit("ingress"), egress: try limit("egress"))
    return bandwidth.ingress == nil && bandwidth.egress == nil ? nil : bandwidth
  }

  /// What the result says of DNS: the `dns` capability's where it is given, else the configuration's.
  var dns: JSONValue? {
    guard let given = value("dns"), given.objectValue != nil else { return configuration["dns"] }
    var result: JSONValue = [:]
    for (source, name) in [("servers", "nameservers"), ("searches", "search"), ("options", "options")] {
      if let list = given[go: source]?.arrayValue, !list.isEmpty { result[name] = .array(list) }
    }
    return result
  }
}

extension JSONValue {
  /// A member of an object as Go's decoder finds it: by its name, or else by one that differs in capitals only.
  ///
  /// containerd writes `HostPort` and `IngressRate` where the conventions say `hostPort` and `ingressRate`.
  fileprivate subscript(go name: String) -> JSONValue? {
    if let exact = self[name] { return exact }
    let wanted = name.lowercased()
    return objectValue?.keys.first { $0.lowercased() == wanted }.flatMap { self[$0] }
  }
}
