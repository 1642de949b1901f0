import Glibc
import KubeAPI
import Netlink

extension PolicyEngine {
  /// What an address lease means to policies.
  private static func lease(_ lease: AddressLease) -> PolicyPlanner.Lease {
    let parts = lease.pod.split(separator: "/", maxSplits: 1)
    let pod = parts.count == 2 ? ObjectKey(namespace: String(parts[0]), name: String(parts[1])) : nil
    return PolicyPlanner.Lease(pod: pod, addresses: lease.addresses)
  }

  /// Takes note of pods that are there already.
  func take(_ leases: some Sequence<AddressLease>) {
    for lease in leases { post(.lease(lease.attachment, Self.lease(lease))) }
  }

  /// Returns when the kernel decides about the pod's addresses as its policies want, which is before the pod has a link.
  ///
  /// A pod that nobody named is none of Kubernetes': no policy selects it, and nothing is waited for.
  /// - Parameter uid: the pod's; empty where it was not said. A pod of the same name that was before has another.
  /// - Throws: with ``CNIError/Code/tryAgainLater`` where the pod or its policies are not known in time.
  func admit(_ lease: AddressLease, uid: String) throws(CNIError) {
    let mine = Self.lease(lease)
    post(.lease(lease.attachment, mine))
    let deadline = ContinuousClock.now + Self.patience
    while true {
      let isApplied = process()
      guard let pod = mine.pod else { return }
      if isApplied, knows(pod, uid) { return }
      guard ContinuousClock.now < deadline else { break }
      usleep(2000)
    }
    release(lease.attachment)
    throw CNIError(
      .tryAgainLater, "the policies of pod \(lease.pod) are not in place",
      details: problem ?? "the API server has not told of the pod or its namespace yet")
  }

  private func knows(_ key: ObjectKey, _ uid: String) -> Bool {
    inspect { planner in
      guard let pod = planner.pods[key], planner.namespaces[key.namespace] != nil else { return false }
      return uid.isEmpty || pod.uid.isEmpty || pod.uid == uid
    }
  }

  /// The addresses are not the attachment's any more.
  func release(_ attachment: CNIRequest.Attachment) { post(.lease(attachment, nil)) }
}
