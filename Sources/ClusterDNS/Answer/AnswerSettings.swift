/// What answering needs to know besides the snapshot. A changed configuration brings another one.
struct AnswerSettings: Sendable {
  /// The cluster's zone: `cluster.local`.
  var zone: WireName
  /// Seconds that a client may keep an answer, a negative one too.
  var ttl: UInt32
  /// Whether `10-0-0-7.ns.pod.<zone>` answers with the address that it spells, where the namespace exists.
  var echoesPodNames: Bool
  /// Reverse zones that are the cluster's alone: a name that they lack does not exist, and is not asked elsewhere.
  var reverseZones: [WireName]
  /// Names with fixed addresses outside the zone.
  var statics: StaticNames?
  /// What `version.bind` and `id.server` say in class CHAOS.
  var version: String
  var identity: String

  /// The name server that SOA and NS name.
  var nameServer: WireName
  /// Where SOA says to write to.
  var mailbox: WireName

  /// `nil` where the zone leaves no room for the names below it.
  init?(
    zone: WireName, ttl: UInt32, echoesPodNames: Bool, reverseZones: [WireName], version: String, identity: String
  ) {
    guard let nameServer = zone.prepending("dns")?.prepending("ns"), let mailbox = zone.prepending("hostmaster")
    else { return nil }
    self.zone = zone
    self.ttl = ttl
    self.echoesPodNames = echoesPodNames
    self.reverseZones = reverseZones
    self.version = version
    self.identity = identity
    self.nameServer = nameServer
    self.mailbox = mailbox
  }
}
