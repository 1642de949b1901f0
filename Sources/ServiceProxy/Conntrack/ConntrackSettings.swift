/// How many connections the kernel tracks, and for how long. The values are kube-proxy's.
public struct ConntrackSettings: Sendable, Hashable {
  /// Connections for each processor; 0 leaves the limit as it is.
  public var maxPerCore = 32_768
  /// Not fewer than these, however few processors there are.
  public var min = 131_072
  /// For how long an idle TCP connection is kept; zero leaves the kernel's time, here and below.
  public var tcpEstablished = Duration.seconds(86_400)
  /// How long one is kept that the other side has closed.
  public var tcpCloseWait = Duration.seconds(3_600)
  /// Lets TCP packets pass whose sequence numbers are out of the window.
  public var isTCPLiberal = false
  /// For UDP of which only one side has sent.
  public var udp = Duration.zero
  /// For UDP of which both have.
  public var udpStream = Duration.zero

  public init() {}

  /// More are not asked for, however many processors there are: each takes some 300 bytes.
  static let ceiling = 1_048_576

  /// The limit for a machine; nil where it is to be left as it is.
  func limit(processors: Int) -> Int? {
    guard maxPerCore > 0 else { return nil }
    let scaled = maxPerCore.multipliedReportingOverflow(by: processors)
    if scaled.overflow || scaled.partialValue > Self.ceiling { return Self.ceiling }
    return Swift.max(scaled.partialValue, min)
  }

  /// Names below `net/netfilter`, and what is to be written there.
  var values: [(name: String, value: Int64)] {
    let times = [
      ("nf_conntrack_tcp_timeout_established", tcpEstablished), ("nf_conntrack_tcp_timeout_close_wait", tcpCloseWait),
      ("nf_conntrack_udp_timeout", udp), ("nf_conntrack_udp_timeout_stream", udpStream),
    ]
    var values = times.compactMap { name, time in
      time >= .seconds(1) ? (name: name, value: time.components.seconds) : nil
    }
    if isTCPLiberal { values.append((name: "nf_conntrack_tcp_be_liberal", value: 1)) }
    return values
  }
}
