import KubeAPI

/// What a request to delete does to an object.
///
/// An object goes at once unless it has finalizers, is a pod that a kubelet must still stop, or is a namespace that is
/// not empty yet. Then it is marked, and goes when the last of these is done.
enum Deletion {
  enum Step: Equatable {
    /// It is marked already, and the request adds nothing.
    case nothing
    case mark(JSONValue)
    case remove(last: JSONValue)
  }

  static func step(_ object: JSONValue, _ resource: Schema.Resource, _ options: DeleteOptions, now: Time) -> Step {
    var metadata = ObjectMeta(json: object["metadata"] ?? [:])
    let finalizers = finalizers(metadata.finalizers, options)
    let grace = gracePeriod(object, resource, options)
    let holdsContent =
      resource.groupResource == "namespaces" && !(object[path: "spec", "finalizers"]?.arrayValue ?? []).isEmpty
    let isMarked = metadata.deletionTimestamp != nil
    if finalizers.isEmpty, grace == 0, !holdsContent { return .remove(last: object) }
    if isMarked {
      let before = metadata.deletionGracePeriodSeconds ?? 0
      let isShorter = grace < before
      if !isShorter, finalizers == metadata.finalizers { return .nothing }
      if isShorter, let since = metadata.deletionTimestamp {
        metadata.deletionTimestamp = Time(seconds: since.seconds - before + grace)
        metadata.deletionGracePeriodSeconds = grace
      }
    } else {
      metadata.deletionTimestamp = Time(seconds: now.seconds + grace)
      metadata.deletionGracePeriodSeconds = grace
      if let generation = metadata.generation, generation > 0 { metadata.generation = generation + 1 }
    }
    metadata.finalizers = finalizers
    var marked = object
    marked["metadata"] = metadata.json
    if resource.groupResource == "namespaces" {
      var status = marked["status"] ?? [:]
      status["phase"] = "Terminating"
      marked["status"] = status
    }
    return .mark(marked)
  }

  /// Foreground and orphan deletion are finalizers that the garbage collector takes off.
  private static func finalizers(_ present: [String], _ options: DeleteOptions) -> [String] {
    let collector = ["foregroundDeletion", "orphan"]
    let wanted: String?
    switch (options.propagationPolicy, options.orphanDependents) {
    case ("Foreground"?, _): wanted = "foregroundDeletion"
    case ("Orphan"?, _): wanted = "orphan"
    case ("Background"?, _): wanted = nil
    case (nil, true?): wanted = "orphan"
    case (nil, false?): wanted = nil
    default: return present
    }
    var finalizers = present.filter { !collector.contains($0) || $0 == wanted }
    if let wanted, !finalizers.contains(wanted) { finalizers.append(wanted) }
    return finalizers
  }

  /// Seconds that a pod gets to end; 0 for all else.
  private static func gracePeriod(_ object: JSONValue, _ resource: Schema.Resource, _ options: DeleteOptions) -> Int64 {
    guard resource.groupResource == "pods" else { return 0 }
    let pod = Pod(json: object)
    // What no kubelet runs needs no time to stop.
    if (pod.spec.nodeName ?? "").isEmpty || pod.status.phase == "Succeeded" || pod.status.phase == "Failed" { return 0 }
    return options.gracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds ?? 30
  }
}
