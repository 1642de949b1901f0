/// The rules of probes and lifecycle hooks.
enum ProbeValidation {
  static func probe(_ probe: JSONValue, _ path: FieldPath, mustSucceedOnce: Bool, _ errors: inout FieldErrors) {
    handler(probe, path, &errors)
    for field in ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"] {
      errors.nonNegative(probe[field], path.child(field))
    }
    if mustSucceedOnce, let threshold = probe["successThreshold"]?.integerValue, threshold != 1 {
      errors.invalid(path.child("successThreshold"), .integer(threshold), "must be 1")
    }
    if let seconds = probe["terminationGracePeriodSeconds"]?.integerValue {
      let place = path.child("terminationGracePeriodSeconds")
      if !mustSucceedOnce {
        errors.invalid(place, .integer(seconds), "must not be set for readinessProbes")
      } else if seconds <= 0 {
        errors.invalid(place, .integer(seconds), "must be greater than 0")
      }
    }
  }

  static func handler(_ handler: JSONValue, _ path: FieldPath, _ errors: inout FieldErrors) {
    let kinds = ["exec", "httpGet", "tcpSocket", "grpc", "sleep"].filter { handler[$0] != nil }
    if kinds.isEmpty { errors.required(path, "must specify a handler type") }
    for (position, kind) in kinds.enumerated() {
      let place = path.child(kind)
      if position > 0 {
        errors.forbidden(place, "may not specify more than 1 handler type")
        continue
      }
      let action = handler[kind] ?? [:]
      switch kind {
      case "exec":
        if action["command"]?.arrayValue?.isEmpty ?? true { errors.required(place.child("command")) }
      case "httpGet":
        _ = errors.nonEmpty(action["path"], place.child("path"))
        errors.portNumberOrName(action["port"], place.child("port"))
        errors.oneOf(action["scheme"], place.child("scheme"), ["HTTP", "HTTPS"])
        for (index, header) in (action["httpHeaders"]?.arrayValue ?? []).enumerated() {
          _ = errors.nonEmpty(header["name"], place.child("httpHeaders").index(index).child("name"))
        }
      case "tcpSocket": errors.portNumberOrName(action["port"], place.child("port"))
      case "grpc": errors.portNumber(action["port"], place.child("port"))
      default: errors.nonNegative(action["seconds"], place.child("seconds"))
      }
    }
  }
}
