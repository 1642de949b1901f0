/// The rules of endpoints and endpoint slices.
enum EndpointValidation {
  static func endpoints(_ object: JSONValue, _ errors: inout FieldErrors) {
    for (index, subset) in (object["subsets"]?.arrayValue ?? []).enumerated() {
      let path = FieldPath("subsets").index(index)
      let ready = subset["addresses"]?.arrayValue ?? []
      let unready = subset["notReadyAddresses"]?.arrayValue ?? []
      if ready.isEmpty, unready.isEmpty { errors.required(path, "must specify `addresses` or `notReadyAddresses`") }
      for (position, address) in ready.enumerated() {
        self.address(address, path.child("addresses").index(position), &errors)
      }
      for (position, address) in unready.enumerated() {
        self.address(address, path.child("notReadyAddresses").index(position), &errors)
      }
      let ports = subset["ports"]?.arrayValue ?? []
      for (position, port) in ports.enumerated() {
        let place = path.child("ports").index(position)
        let name = port["name"]?.stringValue ?? ""
        if name.isEmpty {
          if ports.count > 1 { errors.required(place.child("name")) }
        } else {
          errors.check(place.child("name"), name, Names.dns1123LabelProblem(name))
        }
        errors.portNumber(port["port"], place.child("port"))
        errors.oneOf(port["protocol"], place.child("protocol"), ["SCTP", "TCP", "UDP"], isRequired: true)
      }
    }
  }

  private static func address(_ address: JSONValue, _ path: FieldPath, _ errors: inout FieldErrors) {
    let ip = address["ip"]?.stringValue ?? ""
    errors.ipAddress(ip, path.child("ip"))
    outside(ip, path.child("ip"), &errors)
    if let name = address["hostname"]?.stringValue, !name.isEmpty {
      errors.check(path.child("hostname"), name, Names.dns1123LabelProblem(name))
    }
    if let name = address["nodeName"]?.stringValue {
      errors.check(path.child("nodeName"), name, Names.dns1123SubdomainProblem(name))
    }
  }

  /// Traffic to an endpoint must not end on the node itself.
  private static func outside(_ ip: String, _ path: FieldPath, _ errors: inout FieldErrors) {
    let lower = ip.lowercased()
    if ip == "0.0.0.0" || ip == "::" { errors.invalid(path, .string(ip), "may not be unspecified (0.0.0.0 or ::)") }
    if ip.hasPrefix("127.") || ip == "::1" {
      errors.invalid(path, .string(ip), "may not be in the loopback range (127.0.0.0/8, ::1/128)")
    }
    if ip.hasPrefix("169.254.") || lower.hasPrefix("fe80:") {
      errors.invalid(path, .string(ip), "may not be in the link-local range (169.254.0.0/16, fe80::/10)")
    }
    if ip.hasPrefix("224.0.0.") || lower.hasPrefix("ff02:") {
      errors.invalid(path, .string(ip), "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)")
    }
  }

  static func endpointSlice(_ slice: JSONValue, _ errors: inout FieldErrors) {
    let type = slice["addressType"]?.stringValue ?? ""
    errors.oneOf(slice["addressType"], FieldPath("addressType"), ["FQDN", "IPv4", "IPv6"], isRequired: true)
    let endpoints = slice["endpoints"]?.arrayValue ?? []
    if endpoints.count > 1000 { errors.tooMany(FieldPath("endpoints"), endpoints.count, maximum: 1000) }
    for (index, endpoint) in endpoints.enumerated() {
      let path = FieldPath("endpoints").index(index)
      let addresses = endpoint["addresses"]?.arrayValue ?? []
      if addresses.isEmpty { errors.required(path.child("addresses"), "must contain at least 1 address") }
      if addresses.count > 100 { errors.tooMany(path.child("addresses"), addresses.count, maximum: 100) }
      for (position, address) in addresses.enumerated() {
        let place = path.child("addresses").index(position)
        let text = address.stringValue ?? ""
        switch type {
        case "IPv4", "IPv6":
          if IPFamily(address: text)?.rawValue != type {
            errors.invalid(place, .string(text), "must be a valid \(type) address")
          } else {
            outside(text, place, &errors)
          }
        case "FQDN": errors.check(place, text, Names.dns1123SubdomainProblem(text))
        default: break
        }
      }
      if let name = endpoint["hostname"]?.stringValue {
        errors.check(path.child("hostname"), name, Names.dns1123LabelProblem(name))
      }
      if let name = endpoint["nodeName"]?.stringValue {
        errors.check(path.child("nodeName"), name, Names.dns1123SubdomainProblem(name))
      }
    }
    let ports = slice["ports"]?.arrayValue ?? []
    if ports.count > 20_000 { errors.tooMany(FieldPath("ports"), ports.count, maximum: 20_000) }
    var names: Set<String> = []
    for (index, port) in ports.enumerated() {
      let path = FieldPath("ports").index(index)
      let name = port["name"]?.stringValue ?? ""
      if !names.insert(name).inserted { errors.duplicate(path.child("name"), .string(name)) }
      if !name.isEmpty { errors.check(path.child("name"), name, Names.dns1123LabelProblem(name)) }
      errors.oneOf(port["protocol"], path.child("protocol"), ["SCTP", "TCP", "UDP"], isRequired: true)
      if port["port"] != nil { errors.portNumber(port["port"], path.child("port")) }
    }
  }
}
