/// The rules of services.
enum ServiceValidation {
  static func service(_ service: JSONValue, _ errors: inout FieldErrors) {
    let path = FieldPath("spec")
    let spec = service["spec"] ?? [:]
    let type = spec["type"]?.stringValue ?? ""
    let clusterIP = spec["clusterIPs"]?.arrayValue?.first?.stringValue ?? spec["clusterIP"]?.stringValue ?? ""
    let ports = spec["ports"]?.arrayValue ?? []

    errors.oneOf(
      spec["type"], path.child("type"), ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"], isRequired: true)
    errors.oneOf(spec["sessionAffinity"], path.child("sessionAffinity"), ["ClientIP", "None"], isRequired: true)
    if ports.isEmpty, clusterIP != "None", type != "ExternalName" { errors.required(path.child("ports")) }
    Validation.labels(spec["selector"], path.child("selector"), &errors)

    switch type {
    case "LoadBalancer", "NodePort":
      if clusterIP == "None" {
        errors.invalid(path.child("clusterIPs").index(0), "None", "may not be set to 'None' for \(type) services")
      }
    case "ExternalName":
      if !clusterIP.isEmpty {
        errors.forbidden(path.child("clusterIPs"), "may not be set for ExternalName services")
      }
      let name = spec["externalName"]?.stringValue ?? ""
      if name.isEmpty {
        errors.required(path.child("externalName"))
      } else {
        let trimmed = name.hasSuffix(".") ? String(name.dropLast()) : name
        errors.check(path.child("externalName"), name, Names.dns1123SubdomainProblem(trimmed))
      }
    default: break
    }
    addresses(spec, path, &errors)
    self.ports(ports, type, path.child("ports"), &errors)
    policies(spec, type, path, &errors)
  }

  private static func addresses(_ spec: JSONValue, _ path: FieldPath, _ errors: inout FieldErrors) {
    let all = spec["clusterIPs"]?.arrayValue?.compactMap(\.stringValue) ?? []
    let first = spec["clusterIP"]?.stringValue ?? ""
    if !all.isEmpty, all[0] != first {
      errors.invalid(path.child("clusterIPs"), spec["clusterIPs"] ?? [], "first value must match `clusterIP`")
    }
    if all.count > 2 {
      errors.invalid(path.child("clusterIPs"), spec["clusterIPs"] ?? [], "may only hold up to 2 values")
    }
    for (index, address) in (all.isEmpty && !first.isEmpty ? [first] : all).enumerated() where address != "None" {
      errors.ipAddress(address, path.child("clusterIPs").index(index))
    }
    for (index, address) in (spec["externalIPs"]?.arrayValue ?? []).enumerated() {
      let place = path.child("externalIPs").index(index)
      let text = address.stringValue ?? ""
      errors.ipAddress(text, place)
      if text.hasPrefix("127.") || text == "::1" {
        errors.invalid(place, .string(text), "may not be in the loopback range (127.0.0.0/8, ::1/128)")
      }
      if text.hasPrefix("169.254.") {
        errors.invalid(place, .string(text), "may not be in the link-local range (169.254.0.0/16, fe80::/10)")
      }
    }
    errors.oneOf(
      spec["ipFamilyPolicy"], path.child("ipFamilyPolicy"), ["SingleStack", "PreferDualStack", "RequireDualStack"])
    for (index, family) in (spec["ipFamilies"]?.arrayValue ?? []).enumerated() {
      errors.oneOf(family, path.child("ipFamilies").index(index), ["IPv4", "IPv6"], isRequired: true)
    }
  }

  private static func ports(
    _ ports: [JSONValue], _ type: String, _ path: FieldPath, _ errors: inout FieldErrors
  ) {
    var names: Set<String> = []
    var used: Set<String> = []
    var nodePorts: Set<String> = []
    for (index, port) in ports.enumerated() {
      let place = path.index(index)
      let name = port["name"]?.stringValue ?? ""
      if name.isEmpty {
        if ports.count > 1 { errors.required(place.child("name")) }
      } else {
        errors.check(place.child("name"), name, Names.dns1123LabelProblem(name))
        if !names.insert(name).inserted { errors.duplicate(place.child("name"), .string(name)) }
      }
      let number = port["port"]?.integerValue ?? 0
      if let problem = Names.portNumberProblem(number) {
        errors.invalid(place.child("port"), .integer(number), problem)
      }
      errors.oneOf(port["protocol"], place.child("protocol"), ["SCTP", "TCP", "UDP"], isRequired: true)
      errors.portNumberOrName(port["targetPort"], place.child("targetPort"))
      if let application = port["appProtocol"]?.stringValue {
        errors.check(place.child("appProtocol"), application, Names.qualifiedNameProblem(application))
      }
      let transport = port["protocol"]?.stringValue ?? ""
      if !used.insert("\(transport)/\(number)").inserted {
        errors.duplicate(place, ["protocol": .string(transport), "port": .integer(number)])
      }
      guard let nodePort = port["nodePort"]?.integerValue, nodePort != 0 else { continue }
      if type == "ClusterIP" || type == "ExternalName" {
        errors.forbidden(place.child("nodePort"), "may not be used when `type` is '\(type)'")
      } else if let problem = Names.portNumberProblem(nodePort) {
        errors.invalid(place.child("nodePort"), .integer(nodePort), problem)
      }
      if !nodePorts.insert("\(transport)/\(nodePort)").inserted {
        errors.duplicate(place.child("nodePort"), .integer(nodePort))
      }
    }
  }

  private static func policies(_ spec: JSONValue, _ type: String, _ path: FieldPath, _ errors: inout FieldErrors) {
    let isExternal =
      type == "NodePort" || type == "LoadBalancer"
      || type == "ClusterIP" && spec["externalIPs"]?.arrayValue?.isEmpty == false
    if let policy = spec["externalTrafficPolicy"]?.stringValue, !policy.isEmpty {
      if isExternal {
        errors.oneOf(.string(policy), path.child("externalTrafficPolicy"), ["Cluster", "Local"])
      } else {
        errors.invalid(
          path.child("externalTrafficPolicy"), .string(policy), "may only be set for externally-accessible services")
      }
    } else if isExternal {
      errors.required(path.child("externalTrafficPolicy"))
    }
    errors.oneOf(
      spec["internalTrafficPolicy"], path.child("internalTrafficPolicy"), ["Cluster", "Local"],
      isRequired: type != "ExternalName")
    if let seconds = spec[path: "sessionAffinityConfig", "clientIP", "timeoutSeconds"]?.integerValue,
      !(1...86_400).contains(seconds)
    {
      errors.invalid(
        path.child("sessionAffinityConfig").child("clientIP").child("timeoutSeconds"), .integer(seconds),
        "must be greater than 0 and less than 86400")
    }
    if let port = spec["healthCheckNodePort"]?.integerValue, port != 0,
      type != "LoadBalancer" || spec["externalTrafficPolicy"] != "Local"
    {
      errors.invalid(
        path.child("healthCheckNodePort"), .integer(port),
        "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'")
    }
    if type != "LoadBalancer" {
      for field in ["loadBalancerClass", "allocateLoadBalancerNodePorts"] where spec[field] != nil {
        errors.forbidden(path.child(field), "may only be used when `type` is 'LoadBalancer'")
      }
    }
    errors.oneOf(
      spec["trafficDistribution"], path.child("trafficDistribution"),
      ["PreferClose", "PreferSameNode", "PreferSameZone"])
  }

  /// Addresses stay as long as the service has any.
  static func update(_ service: JSONValue, from old: JSONValue, _ errors: inout FieldErrors) {
    let isNamed = { (value: JSONValue) in value[path: "spec", "type"] == "ExternalName" }
    if isNamed(service) || isNamed(old) { return }
    let before = old[path: "spec", "clusterIPs"]?.arrayValue ?? []
    let after = service[path: "spec", "clusterIPs"]?.arrayValue ?? []
    let first = old[path: "spec", "clusterIP"]?.stringValue ?? ""
    let newFirst = service[path: "spec", "clusterIP"]?.stringValue ?? ""
    let path = FieldPath("spec.clusterIPs").index(0)
    if let kept = before.first, !after.isEmpty, after.first != kept {
      errors.invalid(path, .array(after), "may not change once set")
    } else if !first.isEmpty, newFirst != first {
      errors.invalid(path, .array(after.isEmpty ? [.string(newFirst)] : after), "may not change once set")
    }
  }
}
