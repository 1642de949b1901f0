import CNetlink
import Glibc

extension RouteSocket {
  /// The queueing disciplines of an interface, or of all; the kernel's own are among them.
  public func disciplines(interface: Int32? = nil) throws(NetlinkError) -> [QueueingDiscipline] {
    var message = RouteMessage(RTM_GETQDISC)
    TrafficControlHeader(interface: interface ?? 0).append(to: &message)
    let all = try dump("list", "queueing disciplines", message) { type, payload in
      Int(type) == Int(RTM_NEWQDISC) ? QueueingDiscipline(payload: payload) : nil
    }
    return all.filter { interface == nil || $0.interface == interface }
  }

  /// Adds a queueing discipline, or puts it in the place of the one that is there.
  public func replace(_ discipline: QueueingDiscipline) throws(NetlinkError) {
    let flags = NLM_F_CREATE | (discipline.kind == .ingress ? NLM_F_EXCL : NLM_F_REPLACE)
    do throws(NetlinkError) {
      try request("set", "\(discipline)", discipline.message(RTM_NEWQDISC, flags: flags))
    } catch  where discipline.kind == .ingress && error.errno == EEXIST {
      return  // it has no options that could differ
    }
  }

  /// Deletes a queueing discipline and the filters on it. `ENOENT` where there is none.
  public func delete(_ discipline: QueueingDiscipline) throws(NetlinkError) {
    try request("delete", "\(discipline)", discipline.message(RTM_DELQDISC, flags: 0))
  }

  /// The redirections of what comes in by an interface.
  public func redirections(interface: Int32) throws(NetlinkError) -> [RedirectFilter] {
    var message = RouteMessage(RTM_GETTFILTER)
    TrafficControlHeader(interface: interface, parent: QueueingDiscipline.ingressHandle).append(to: &message)
    do throws(NetlinkError) {
      return try dump("list", "filters of link number \(interface)", message) { type, payload in
        Int(type) == Int(RTM_NEWTFILTER) ? RedirectFilter(payload: payload) : nil
      }
    } catch  where [EINVAL, ENOENT, ENODEV].contains(error.errno) {
      return []  // nothing comes in by way of filters there
    }
  }

  /// Adds a redirection. The interface needs an ingress discipline.
  public func add(_ filter: RedirectFilter) throws(NetlinkError) {
    try request("add", "\(filter)", filter.message(RTM_NEWTFILTER, flags: NLM_F_CREATE | NLM_F_EXCL))
  }
}
