/// What an address is to rules: the set of peer terms that mean it. Addresses that the same terms mean share it.
///
/// A *group* is what an address has in common with many others: the terms that mean its whole namespace, and those that mean
/// a crowd of addresses. An *identity* is all of it. What a profile says of an identity is written only where it differs
/// from what it says of the group, so that a rule about a tenth of all pods costs an element and not one a pod.
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
  /// Those by which an identity is more than its group; of a group all. A profile that names none of them says of an
  /// identity what it says of the group.
  let own: [PeerTerms.ID]
  /// Addresses, and identities of a group.
  var uses = 0

  /// - Parameter group: the identity's; nil for a group, or where it has none.
  init(number: UInt32, key: Key, group: PolicyPeer?) {
    self.number = number
    self.key = key
    terms = Set(key.terms)
    own = key.terms.filter { group?.terms.contains($0) != true }
  }
}
