/// The rules of pods and pod templates.
enum PodValidation {
  static func pod(_ pod: JSONValue, _ errors: inout FieldErrors) {
    specification(pod["spec"] ?? [:], FieldPath("spec"), &errors)
  }

  static func template(_ template: JSONValue, _ path: FieldPath, _ errors: inout FieldErrors) {
    Validation.labels(template[path: "metadata", "labels"], path.child("metadata").child("labels"), &errors)
    Validation.annotations(
      template[path: "metadata", "annotations"], path.child("metadata").child("annotations"), &errors)
    specification(template["spec"] ?? [:], path.child("spec"), &errors)
    if template[path: "spec", "ephemeralContainers"]?.arrayValue?.isEmpty == false {
      errors.forbidden(
        path.child("spec").child("ephemeralContainers"), "ephemeral containers not allowed in pod template")
    }
  }

  private static func specification(_ spec: JSONValue, _ path: FieldPath, _ errors: inout FieldErrors) {
    let volumes = VolumeValidation.volumes(spec["volumes"], path.child("volumes"), &errors)
    var containers = ContainerValidation(volumes: volumes, isHostNetwork: spec["hostNetwork"]?.boolValue == true)
    if spec["containers"]?.arrayValue?.isEmpty ?? true { errors.required(path.child("containers")) }
    containers.list(spec["containers"], path.child("containers"), .main, &errors)
    containers.list(spec["initContainers"], path.child("initContainers"), .initial, &errors)
    containers.list(spec["ephemeralContainers"], path.child("ephemeralContainers"), .ephemeral, &errors)

    errors.oneOf(
      spec["restartPolicy"], path.child("restartPolicy"), ["Always", "OnFailure", "Never"], isRequired: true)
    errors.oneOf(
      spec["dnsPolicy"], path.child("dnsPolicy"), ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"],
      isRequired: true)
    dns(spec, path, &errors)
    Validation.labels(spec["nodeSelector"], path.child("nodeSelector"), &errors)
    errors.nonNegative(spec["terminationGracePeriodSeconds"], path.child("terminationGracePeriodSeconds"))
    if let seconds = spec["activeDeadlineSeconds"]?.integerValue, !(1...Int64(Int32.max)).contains(seconds) {
      errors.invalid(
        path.child("activeDeadlineSeconds"), .integer(seconds), "must be between 1 and 2147483647, inclusive")
    }
    for field in ["serviceAccountName", "nodeName", "runtimeClassName", "priorityClassName"] {
      guard let name = spec[field]?.stringValue, !name.isEmpty else { continue }
      errors.check(path.child(field), name, Names.dns1123SubdomainProblem(name))
    }
    for field in ["hostname", "subdomain"] {
      guard let name = spec[field]?.stringValue, !name.isEmpty else { continue }
      errors.check(path.child(field), name, Names.dns1123LabelProblem(name))
    }
    tolerations(spec["tolerations"], path.child("tolerations"), &errors)
    for (index, alias) in (spec["hostAliases"]?.arrayValue ?? []).enumerated() {
      let place = path.child("hostAliases").index(index)
      errors.ipAddress(alias["ip"]?.stringValue ?? "", place.child("ip"))
      for (position, name) in (alias["hostnames"]?.arrayValue ?? []).enumerated() {
        let text = name.stringValue ?? ""
        errors.check(place.child("hostnames").index(position), text, Names.dns1123SubdomainProblem(text))
      }
    }
    for (index, gate) in (spec["readinessGates"]?.arrayValue ?? []).enumerated() {
      let type = gate["conditionType"]?.stringValue ?? ""
      errors.check(
        path.child("readinessGates").index(index).child("conditionType"), type, Names.qualifiedNameProblem(type))
    }
    SchedulingValidation.affinity(spec["affinity"], path.child("affinity"), &errors)
    SchedulingValidation.spread(
      spec["topologySpreadConstraints"], path.child("topologySpreadConstraints"), &errors)
    if spec["shareProcessNamespace"]?.boolValue == true, spec["hostPID"]?.boolValue == true {
      errors.invalid(
        path.child("shareProcessNamespace"), true, "ShareProcessNamespace and HostPID cannot both be enabled")
    }
    for field in ["runAsUser", "runAsGroup", "fsGroup"] {
      guard let id = spec[path: "securityContext", field]?.integerValue else { continue }
      ContainerValidation.identifier(id, path.child("securityContext").child(field), &errors)
    }
  }

  private static func dns(_ spec: JSONValue, _ path: FieldPath, _ errors: inout FieldErrors) {
    let config = spec["dnsConfig"]
    let servers = config?["nameservers"]?.arrayValue ?? []
    let place = path.child("dnsConfig")
    if spec["dnsPolicy"] == "None" {
      if config == nil {
        errors.required(place, "must provide `dnsConfig` when `dnsPolicy` is None")
      } else if servers.isEmpty {
        errors.required(place.child("nameservers"), "must provide at least one DNS nameserver when `dnsPolicy` is None")
      }
    }
    if servers.count > 3 {
      errors.invalid(place.child("nameservers"), .array(servers), "must not have more than 3 nameservers")
    }
    for (index, server) in servers.enumerated() {
      errors.ipAddress(server.stringValue ?? "", place.child("nameservers").index(index))
    }
    for (index, option) in (config?["options"]?.arrayValue ?? []).enumerated()
    where (option["name"]?.stringValue ?? "").isEmpty {
      errors.required(place.child("options").index(index), "must not be empty")
    }
  }

  private static func tolerations(_ value: JSONValue?, _ path: FieldPath, _ errors: inout FieldErrors) {
    for (index, toleration) in (value?.arrayValue ?? []).enumerated() {
      let place = path.index(index)
      let key = toleration["key"]?.stringValue ?? ""
      let comparison = toleration["operator"]?.stringValue ?? ""
      if !key.isEmpty {
        errors.check(place.child("key"), key, Names.qualifiedNameProblem(key))
      } else if comparison != "Exists" {
        errors.invalid(
          place.child("operator"), .string(comparison),
          "operator must be Exists when `key` is empty, which means \"match all values and all keys\"")
      }
      let content = toleration["value"]?.stringValue ?? ""
      switch comparison {
      case "", "Equal": errors.check(place.child("operator"), content, Names.labelValueProblem(content))
      case "Exists":
        if !content.isEmpty {
          errors.invalid(place.child("operator"), .string(content), "value must be empty when `operator` is 'Exists'")
        }
      default: errors.notSupported(place.child("operator"), comparison, ["Equal", "Exists"])
      }
      let effect = toleration["effect"]?.stringValue ?? ""
      if toleration["tolerationSeconds"] != nil, effect != "NoExecute" {
        errors.invalid(
          place.child("effect"), .string(effect), "effect must be 'NoExecute' when `tolerationSeconds` is set")
      }
      errors.oneOf(toleration["effect"], place.child("effect"), ["NoSchedule", "PreferNoSchedule", "NoExecute"])
    }
  }

  /// Of a pod's specification little can change: images, deadlines, further tolerations.
  static func update(_ pod: JSONValue, from old: JSONValue, _ errors: inout FieldErrors) {
    let path = FieldPath("spec")
    var new = pod["spec"] ?? [:]
    let before = old["spec"] ?? [:]
    for list in ["containers", "initContainers"] {
      guard var containers = new[list]?.arrayValue, let others = before[list]?.arrayValue else { continue }
      guard containers.count == others.count else {
        errors.forbidden(path.child(list), "pod updates may not add or remove containers")
        return
      }
      for index in containers.indices {
        let place = path.child(list).index(index).child("image")
        if let image = errors.nonEmpty(containers[index]["image"], place) {
          ContainerValidation.image(image, place, &errors)
        }
        containers[index]["image"] = others[index]["image"]
      }
      new[list] = .array(containers)
    }
    let place = path.child("activeDeadlineSeconds")
    if let seconds = new["activeDeadlineSeconds"]?.integerValue {
      if seconds <= 0 {
        errors.invalid(place, .integer(seconds), "must be between 1 and 2147483647, inclusive")
      } else if let earlier = before["activeDeadlineSeconds"]?.integerValue, seconds > earlier {
        errors.invalid(place, .integer(seconds), "must be less than or equal to previous value")
      }
    } else if before["activeDeadlineSeconds"] != nil {
      errors.invalid(place, .null, "must not update from a positive integer to nil value")
    }
    new["activeDeadlineSeconds"] = before["activeDeadlineSeconds"]
    let kept = before["tolerations"]?.arrayValue ?? []
    let wanted = new["tolerations"]?.arrayValue ?? []
    if wanted.starts(with: kept) || kept.allSatisfy(wanted.contains) {
      new["tolerations"] = before["tolerations"]
      tolerations(pod[path: "spec", "tolerations"], path.child("tolerations"), &errors)
    }
    if before["terminationGracePeriodSeconds"]?.integerValue ?? 0 < 0 {
      new["terminationGracePeriodSeconds"] = before["terminationGracePeriodSeconds"]
    }
    if before["schedulingGates"]?.arrayValue?.isEmpty == false {
      // A pod that waits at gates may have some removed, and be narrowed to fewer nodes.
      new["schedulingGates"] = before["schedulingGates"]
      new["nodeSelector"] = before["nodeSelector"]
      new["affinity"] = before["affinity"]
    }
    if new != before {
      errors.forbidden(
        path,
        "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
          + "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
          + "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)")
    }
  }
}
