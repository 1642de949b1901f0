/// The rules of containers, with what has been seen of the pod so far.
struct ContainerValidation {
  enum Role { case main, initial, ephemeral }

  let volumes: Set<String>
  let isHostNetwork: Bool
  private var names: Set<String> = []
  private var hostPorts: Set<String> = []

  init(volumes: Set<String>, isHostNetwork: Bool) {
    self.volumes = volumes
    self.isHostNetwork = isHostNetwork
  }

  mutating func list(_ value: JSONValue?, _ path: FieldPath, _ role: Role, _ errors: inout FieldErrors) {
    for (index, container) in (value?.arrayValue ?? []).enumerated() {
      self.container(container, path.index(index), role, &errors)
    }
  }

  private mutating func container(
    _ container: JSONValue, _ path: FieldPath, _ role: Role, _ errors: inout FieldErrors
  ) {
    if let name = errors.nonEmpty(container["name"], path.child("name")) {
      errors.check(path.child("name"), name, Names.dns1123LabelProblem(name))
      if !names.insert(name).inserted { errors.duplicate(path.child("name"), .string(name)) }
    }
    if let image = errors.nonEmpty(container["image"], path.child("image")) {
      Self.image(image, path.child("image"), &errors)
    }
    errors.oneOf(
      container["imagePullPolicy"], path.child("imagePullPolicy"), ["Always", "IfNotPresent", "Never"], isRequired: true
    )
    errors.oneOf(
      container["terminationMessagePolicy"], path.child("terminationMessagePolicy"), ["File", "FallbackToLogsOnError"],
      isRequired: true)
    ports(container["ports"], path.child("ports"), &errors)
    Self.environment(container["env"], path.child("env"), &errors)
    Self.environmentSources(container["envFrom"], path.child("envFrom"), &errors)
    mounts(container["volumeMounts"], path.child("volumeMounts"), &errors)
    Self.resources(container["resources"], path.child("resources"), &errors)
    Self.security(container["securityContext"], path.child("securityContext"), &errors)

    let isSidecar = role == .initial && container["restartPolicy"] == "Always"
    for field in ["livenessProbe", "readinessProbe", "startupProbe"] {
      guard let probe = container[field] else { continue }
      if role == .ephemeral {
        errors.forbidden(path.child(field), "cannot be set for an Ephemeral Container")
      } else if role == .initial, !isSidecar {
        errors.forbidden(path.child(field), "may not be set for init containers without restartPolicy=Always")
      } else {
        ProbeValidation.probe(probe, path.child(field), mustSucceedOnce: field != "readinessProbe", &errors)
      }
    }
    if let lifecycle = container["lifecycle"] {
      if role == .ephemeral {
        errors.forbidden(path.child("lifecycle"), "cannot be set for an Ephemeral Container")
      } else if role == .initial, !isSidecar {
        errors.forbidden(path.child("lifecycle"), "may not be set for init containers without restartPolicy=Always")
      } else {
        for hook in ["postStart", "preStop"] {
          guard let handler = lifecycle[hook] else { continue }
          ProbeValidation.handler(handler, path.child("lifecycle").child(hook), &errors)
        }
      }
    }
    if role == .initial {
      errors.oneOf(container["restartPolicy"], path.child("restartPolicy"), ["Always", "Never", "OnFailure"])
    }
  }

  static func image(_ image: String, _ path: FieldPath, _ errors: inout FieldErrors) {
    if image.first?.isWhitespace == true || image.last?.isWhitespace == true {
      errors.invalid(path, .string(image), "must not have leading or trailing whitespace")
    }
  }

  private mutating func ports(_ value: JSONValue?, _ path: FieldPath, _ errors: inout FieldErrors) {
    var portNames: Set<String> = []
    for (index, port) in (value?.arrayValue ?? []).enumerated() {
      let place = path.index(index)
      if let name = port["name"]?.stringValue, !name.isEmpty {
        let problems = Names.portNameProblems(name)
        for problem in problems { errors.invalid(place.child("name"), .string(name), problem) }
        if problems.isEmpty, !portNames.insert(name).inserted {
          errors.duplicate(place.child("name"), .string(name))
        }
      }
      let number = port["containerPort"]?.integerValue ?? 0
      if number == 0 {
        errors.required(place.child("containerPort"))
      } else {
        errors.portNumber(port["containerPort"], place.child("containerPort"))
      }
      errors.oneOf(port["protocol"], place.child("protocol"), ["SCTP", "TCP", "UDP"], isRequired: true)
      guard let hostPort = port["hostPort"]?.integerValue, hostPort != 0 else { continue }
      errors.portNumber(port["hostPort"], place.child("hostPort"))
      if isHostNetwork, hostPort != number {
        errors.invalid(
          place.child("hostPort"), .integer(hostPort), "must match `containerPort` when `hostNetwork` is true")
      }
      let key = "\(port["protocol"]?.stringValue ?? "")/\(port["hostIP"]?.stringValue ?? "")/\(hostPort)"
      if !hostPorts.insert(key).inserted { errors.duplicate(place.child("hostPort"), .string(key)) }
    }
  }

  private static func environment(_ value: JSONValue?, _ path: FieldPath, _ errors: inout FieldErrors) {
    for (index, variable) in (value?.arrayValue ?? []).enumerated() {
      let place = path.index(index)
      if let name = errors.nonEmpty(variable["name"], place.child("name")) {
        errors.check(place.child("name"), name, Names.environmentNameProblem(name))
      }
      guard let source = variable["valueFrom"] else { continue }
      let from = place.child("valueFrom")
      let members = source.objectValue ?? JSONObject()
      if variable["value"]?.stringValue?.isEmpty == false {
        errors.invalid(from, "", "may not be specified when `value` is not empty")
      }
      if members.isEmpty {
        errors.invalid(
          from, "", "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`")
      } else if members.count > 1 {
        errors.invalid(from, "", "may not have more than one field specified at a time")
      }
      for (kind, reference) in members {
        let inner = from.child(kind)
        switch kind {
        case "configMapKeyRef", "secretKeyRef":
          _ = errors.nonEmpty(reference["name"], inner.child("name"))
          if let key = errors.nonEmpty(reference["key"], inner.child("key")) {
            errors.check(inner.child("key"), key, Names.configKeyProblem(key))
          }
        case "fieldRef":
          if let field = errors.nonEmpty(reference["fieldPath"], inner.child("fieldPath")) {
            fieldReference(field, inner.child("fieldPath"), &errors)
          }
        case "resourceFieldRef": _ = errors.nonEmpty(reference["resource"], inner.child("resource"))
        default: break
        }
      }
    }
  }

  private static let fieldReferences = [
    "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP",
    "status.hostIPs", "status.podIP", "status.podIPs",
  ]

  private static func fieldReference(_ field: String, _ path: FieldPath, _ errors: inout FieldErrors) {
    if fieldReferences.contains(field) { return }
    for prefix in ["metadata.labels['", "metadata.annotations['"] where field.hasPrefix(prefix) && field.hasSuffix("']")
    {
      return
    }
    errors.notSupported(path, field, fieldReferences)
  }

  private static func environmentSources(_ value: JSONValue?, _ path: FieldPath, _ errors: inout FieldErrors) {
    for (index, source) in (value?.arrayValue ?? []).enumerated() {
      let place = path.index(index)
      if let prefix = source["prefix"]?.stringValue, !prefix.isEmpty {
        errors.check(place.child("prefix"), prefix, Names.environmentNameProblem(prefix))
      }
      let references = ["configMapRef", "secretRef"].filter { source[$0] != nil }
      if references.isEmpty {
        errors.invalid(place, "", "must specify one of: `configMapRef` or `secretRef`")
      } else if references.count > 1 {
        errors.invalid(place, "", "may not have more than one field specified at a time")
      }
      for kind in references { _ = errors.nonEmpty(source[kind]?["name"], place.child(kind).child("name")) }
    }
  }

  private func mounts(_ value: JSONValue?, _ path: FieldPath, _ errors: inout FieldErrors) {
    var paths: Set<String> = []
    for (index, mount) in (value?.arrayValue ?? []).enumerated() {
      let place = path.index(index)
      if let name = errors.nonEmpty(mount["name"], place.child("name")), !volumes.contains(name) {
        errors.notFound(place.child("name"), name)
      }
      if let target = errors.nonEmpty(mount["mountPath"], place.child("mountPath")),
        !paths.insert(target).inserted
      {
        errors.invalid(place.child("mountPath"), .string(target), "must be unique")
      }
      for field in ["subPath", "subPathExpr"] {
        guard let sub = mount[field]?.stringValue, !sub.isEmpty else { continue }
        VolumeValidation.localPath(sub, place.child(field), &errors)
      }
      if mount["subPath"]?.stringValue?.isEmpty == false, mount["subPathExpr"]?.stringValue?.isEmpty == false {
        errors.invalid(
          place.child("subPathExpr"), mount["subPathExpr"] ?? "", "subPathExpr and subPath are mutually exclusive")
      }
      errors.oneOf(
        mount["mountPropagation"], place.child("mountPropagation"), ["Bidirectional", "HostToContainer", "None"])
    }
  }

  static func resources(_ value: JSONValue?, _ path: FieldPath, _ errors: inout FieldErrors) {
    let limits = value?["limits"]?.objectValue ?? JSONObject()
    for list in ["limits", "requests"] {
      for (name, text) in value?[list]?.objectValue ?? JSONObject() {
        let place = path.child(list).key(name)
        errors.check(place, name, Names.qualifiedNameProblem(name))
        let isStandard = ["cpu", "memory", "ephemeral-storage"].contains(name)
        if !name.contains("/"), !isStandard, !name.hasPrefix("hugepages-") {
          errors.invalid(place, .string(name), "must be a standard resource type or fully qualified")
          errors.invalid(place, .string(name), "must be a standard resource for containers")
        }
        guard let amount = Quantity(jsonValue: text)?.amount else { continue }
        if amount.nanos < 0 { errors.invalid(place, text, "must be greater than or equal to 0") }
        if !isStandard, amount.nanos % 1_000_000_000 != 0 { errors.invalid(place, text, "must be an integer") }
        guard list == "requests", let limit = limits[name].flatMap({ Quantity(jsonValue: $0)?.amount }) else {
          continue
        }
        if amount > limit {
          errors.invalid(
            path.child("requests"), text, "must be less than or equal to \(name) limit of \(limit)")
        } else if !isStandard, amount != limit {
          errors.invalid(path.child("requests"), text, "must be equal to \(name) limit of \(limit)")
        }
      }
    }
  }

  private static func security(_ value: JSONValue?, _ path: FieldPath, _ errors: inout FieldErrors) {
    for field in ["runAsUser", "runAsGroup"] {
      if let id = value?[field]?.integerValue { identifier(id, path.child(field), &errors) }
    }
    if value?["allowPrivilegeEscalation"] == false {
      if value?["privileged"] == true {
        errors.invalid(path, value ?? [:], "cannot set `allowPrivilegeEscalation` to false and `privileged` to true")
      }
      let added = value?[path: "capabilities", "add"]?.arrayValue ?? []
      if added.contains("CAP_SYS_ADMIN") {
        errors.invalid(
          path, value ?? [:], "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN")
      }
    }
  }

  static func identifier(_ id: Int64, _ path: FieldPath, _ errors: inout FieldErrors) {
    if !(0...Int64(Int32.max)).contains(id) {
      errors.invalid(path, .integer(id), "must be between 0 and 2147483647, inclusive")
    }
  }
}
