public import Netlink

/// What an operator may choose about the DNS server: the contents of its configuration file, whether written in YAML
/// or read from a Corefile. Every member has a default; the module's README shows them all.
public struct DNSConfiguration: Sendable, Hashable {
  /// The cluster's zone.
  public var zone = "cluster.local"
  /// Seconds that clients may keep an answer about the cluster.
  public var ttl: UInt32 = 5
  public var podNames = PodNames.insecure
  /// Whether an endpoint without a host name is named after its pod.
  public var namesEndpointsByPod = false
  /// Whether the server completes a pod's search path itself, and answers the first question with the name found.
  public var completesSearchPath = false
  /// Ranges whose reverse names are the cluster's alone: one that is not known does not exist, and is asked nowhere.
  public var reverseRanges: [IPPrefix] = []
  /// Where the server is asked: the ClusterIP of the service `kube-dns`, and a link-local address that is the same on
  /// every node.
  public var listen = [ListenAddress(IPAddress(10, 96, 0, 10)), ListenAddress(IPAddress(169, 254, 20, 10))]
  /// How often the zone is compared with the API server's lists; zero for never.
  public var consistencyCheck = Duration.seconds(3600)
  /// Threads a listen address; `nil` for one a core.
  public var threads: Int?

  /// Who is asked for names outside the cluster; `nil` for the name servers in `resolvConf`.
  public var upstreams: UpstreamGroup?
  public var resolvConf = "/etc/resolv.conf"
  /// Zones that have upstreams of their own. The longest that a name is within is taken.
  public var stubDomains: [StubDomain] = []
  /// Names with fixed addresses, outside the cluster's zone.
  public var hosts: [StaticHost] = []
  /// A file in the form of hosts(5), read beside `hosts`.
  public var hostsFile: String?
  /// Seconds that clients may keep the address of a static name.
  public var hostsTTL: UInt32 = 60
  /// Names that are asked for under another name.
  public var rewrites: [NameRewrite] = []

  public var cache = CacheSettings()
  public var forwarding = ForwardingSettings()
  public var streams = StreamSettings()
  public var queryLog = QueryLog.off

  public init() {}
}

/// A zone whose names are asked of servers of its own.
public struct StubDomain: Sendable, Hashable {
  public var zone: WireName
  /// `nil` where the zone is not to be asked anywhere: its names are refused.
  public var upstreams: UpstreamGroup?

  public init(zone: WireName, upstreams: UpstreamGroup?) {
    self.zone = zone
    self.upstreams = upstreams
  }
}

/// A question for `from` is asked as one for `to`, and answered as if nothing had happened.
public struct NameRewrite: Sendable, Hashable {
  public var from: WireName
  public var to: WireName
  /// Whether names below `from` are meant too: their first labels are kept.
  public var isSuffix: Bool

  public init(from: WireName, to: WireName, isSuffix: Bool) {
    self.from = from
    self.to = to
    self.isSuffix = isSuffix
  }
}

/// How long answers of upstreams are kept, and how many.
public struct CacheSettings: Sendable, Hashable {
  /// Bytes of all answers together; 0 for no cache.
  public var size = 8 << 20
  /// Seconds, for answers with records and for those without.
  public var minimumTTL: UInt32 = 0
  public var maximumTTL: UInt32 = 3600
  public var minimumNegativeTTL: UInt32 = 0
  public var maximumNegativeTTL: UInt32 = 300
  /// How often an answer must have been asked for to be fetched anew before it ends; 0 for never.
  public var prefetchHits = 2
  /// The share of its time, at the end, in which it is fetched anew.
  public var prefetchPercent = 10
  /// Seconds that an answer is kept after its time for when no upstream answers (RFC 8767); 0 for not at all.
  public var staleFor: UInt32 = 3600
  /// How long a client waits for a fresh answer before it gets the stale one.
  public var staleAfter = Duration.milliseconds(1800)
  /// The TTL of a stale answer, in seconds.
  public var staleTTL: UInt32 = 30

  public init() {}
}

/// How upstreams are asked.
public struct ForwardingSettings: Sendable, Hashable {
  /// How long a client waits for an answer at most; then it gets SERVFAIL.
  public var timeout = Duration.seconds(4)
  /// How many queries a question costs at most, over all its upstreams.
  public var attempts = 5
  /// How many questions may be under way.
  public var questions = 4096
  /// How many clients may wait, over all questions.
  public var clients = 16_384
  /// Whether the case of a question's letters is drawn at random, so that an answer cannot be guessed (0x20).
  public var randomizesCase = true
  /// How often a failed upstream is probed.
  public var probeInterval = Duration.milliseconds(500)

  public init() {}
}

/// The limits of TCP.
public struct StreamSettings: Sendable, Hashable {
  /// Connections at a time. One more closes the quietest of the client that has the most.
  public var connections = 1000
  /// How long a connection may be quiet.
  public var idle = Duration.seconds(10)
  /// Queries of one connection that wait for an upstream; more are read when some are answered.
  public var pending = 64
  /// Bytes of answers that clients have not taken yet, over all connections.
  public var memory = 16 << 20

  public init() {}
}

/// Which queries are logged.
public enum QueryLog: String, Sendable, Hashable, CaseIterable {
  case off
  /// Those that end with SERVFAIL, FORMERR, NOTIMP or REFUSED.
  case errors
  /// Those, and names that do not exist.
  case denied
  case all
}
