/// Looks through objects for what the API does not allow. Objects have been read by ``Schema/decode(_:as:)`` and have
/// their defaults, so that only values and what they have to do with each other are in question.
public enum Validation {
  /// What is wrong with a new object.
  public static func create(_ object: JSONValue, of resource: Schema.Resource) -> [FieldError] {
    var errors = FieldErrors()
    metadata(object["metadata"] ?? [:], resource, &errors)
    content(object, resource, &errors)
    return errors.list
  }

  /// What is wrong with an object that is to take the place of another.
  ///
  /// - Parameter subresource: `status` where only the status is written.
  public static func update(
    _ object: JSONValue, from old: JSONValue, of resource: Schema.Resource, subresource: String? = nil
  ) -> [FieldError] {
    var errors = FieldErrors()
    metadata(object["metadata"] ?? [:], resource, &errors)
    metadataUpdate(object["metadata"] ?? [:], old["metadata"] ?? [:], &errors)
    guard subresource == nil else { return errors.list }
    switch resource.groupResource {
    case "pods": PodValidation.update(object, from: old, &errors)
    case "services":
      content(object, resource, &errors)
      ServiceValidation.update(object, from: old, &errors)
    case "deployments.apps", "replicasets.apps":
      content(object, resource, &errors)
      errors.immutable(object[path: "spec", "selector"], old[path: "spec", "selector"], FieldPath("spec.selector"))
    case "configmaps", "secrets":
      content(object, resource, &errors)
      DataValidation.update(object, from: old, isSecret: resource.name == "secrets", &errors)
    case "endpointslices.discovery.k8s.io":
      content(object, resource, &errors)
      errors.immutable(object["addressType"], old["addressType"], FieldPath("addressType"))
    case "nodes":
      content(object, resource, &errors)
      NodeValidation.update(object, from: old, &errors)
    default: content(object, resource, &errors)
    }
    return errors.list
  }

  private static func content(_ object: JSONValue, _ resource: Schema.Resource, _ errors: inout FieldErrors) {
    switch resource.groupResource {
    case "pods": PodValidation.pod(object, &errors)
    case "services": ServiceValidation.service(object, &errors)
    case "deployments.apps": WorkloadValidation.deployment(object, &errors)
    case "replicasets.apps": WorkloadValidation.replicaSet(object, &errors)
    case "configmaps": DataValidation.configMap(object, &errors)
    case "secrets": DataValidation.secret(object, &errors)
    case "endpoints": EndpointValidation.endpoints(object, &errors)
    case "endpointslices.discovery.k8s.io": EndpointValidation.endpointSlice(object, &errors)
    case "nodes": NodeValidation.node(object, &errors)
    case "networkpolicies.networking.k8s.io": NetworkPolicyValidation.policy(object, &errors)
    case "events": event(object, &errors)
    case "leases.coordination.k8s.io": lease(object, &errors)
    case "bindings": binding(object, &errors)
    default: break
    }
  }

  /// What is wrong with a Binding of a pod to a node.
  public static func binding(_ object: JSONValue) -> [FieldError] {
    var errors = FieldErrors()
    binding(object, &errors)
    return errors.list
  }

  /// What is wrong with a Scale.
  public static func scale(_ object: JSONValue) -> [FieldError] {
    var errors = FieldErrors()
    errors.nonNegative(object[path: "spec", "replicas"], FieldPath("spec.replicas"))
    return errors.list
  }

  private static func binding(_ object: JSONValue, _ errors: inout FieldErrors) {
    let target = FieldPath("target")
    errors.oneOf(object[path: "target", "kind"], target.child("kind"), ["Node", ""])
    _ = errors.nonEmpty(object[path: "target", "name"], target.child("name"))
  }

  private static func event(_ object: JSONValue, _ errors: inout FieldErrors) {
    let namespace = object[path: "metadata", "namespace"]?.stringValue ?? ""
    let involved = object[path: "involvedObject", "namespace"]?.stringValue ?? ""
    let path = FieldPath("involvedObject.namespace")
    if involved.isEmpty {
      if namespace != "default", namespace != "kube-system" {
        errors.invalid(path, .string(involved), "does not match event.namespace")
      }
    } else if involved != namespace {
      errors.invalid(path, .string(involved), "does not match event.namespace")
    }
  }

  private static func lease(_ object: JSONValue, _ errors: inout FieldErrors) {
    let path = FieldPath("spec")
    if let seconds = object[path: "spec", "leaseDurationSeconds"]?.integerValue, seconds <= 0 {
      errors.invalid(path.child("leaseDurationSeconds"), .integer(seconds), "must be greater than 0")
    }
    errors.nonNegative(object[path: "spec", "leaseTransitions"], path.child("leaseTransitions"))
  }
}
