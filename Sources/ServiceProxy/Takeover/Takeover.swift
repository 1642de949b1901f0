import Logging
import Netlink

/// What is done about kube-proxy's rules once this proxy's are complete, so that no connection meets neither.
struct Takeover: Sendable {
  let connection: any NFTablesConnection
  let namespace: NetworkNamespace?
  let removes: Bool
  let metrics: ProxyMetrics
  let logger: Logger

  func run() {
    do {
      let tables = try KubeProxyRules.found(connection)
      if removes {
        for table in try KubeProxyRules.remove(connection) {
          logger.notice("removed a table of kube-proxy", metadata: ["table": "\(table)"])
        }
      } else if !tables.isEmpty {
        logger.warning(
          "rules of kube-proxy are still there, and both translate: end kube-proxy and start with --cleanup-kube-proxy",
          metadata: ["tables": "\(tables.map(\.description).joined(separator: ", "))"])
      }
      let chains = try namespace.inside { () throws(NetlinkError) in try KubeProxyRules.iptablesChains(connection) }
      if !chains.isEmpty {
        logger.warning(
          "kube-proxy may have left iptables chains: they are not touched; `kube-proxy --cleanup` removes them",
          metadata: ["where": "\(chains.joined(separator: ", "))"])
      }
    } catch {
      metrics.cleanupFailed()
      logger.error("cannot look after the rules of kube-proxy", metadata: ["error": "\(error)"])
    }
  }
}
