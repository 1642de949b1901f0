/// What an address is to rules: the set of peer terms that mean it. Addresses that the same terms mean share it.
///
/// A *group* is what follows from the pod's namespace alone; an *identity* adds what follows from the pod's labels,
/// its ports and its address. What a profile says of an identity is written only where it differs from what it says of the
/// group, so that a rule about a whole namespace costs one element and not one a pod.
struct PolicyPeer: Sendable {
  struct Key: Sendable, Hashable {
    /// The number of the identity's group, which may be 0; nil for a group.
    var group: UInt32?
    /// In order; all of them, those of the group included.
    var terms: [PeerTerms.ID]
    /// The pod's ports whose names rules for egress use, in order.
    var ports: [NamedPort]
  }

  let number: UInt32
  let key: Key
  let terms: Set<PeerTerms.ID>
  /// Addresses, and identities of a group.
  var uses = 0

  init(number: UInt32, key: Key) {
    self.number = number
    self.key = key
    terms = Set(key.terms)
  }
}
