/// The certificates of a cluster's parts, with the names by which the API server knows them.
extension CertificateAuthority {
  /// Someone who may do everything.
  /// - Throws: ``PKIError``.
  public func administrator(named name: String = "kubernetes-admin") throws(PKIError) -> CertificatePair {
    try issue(commonName: name, organizations: ["system:masters"], usage: .client)
  }

  /// A node: a client of the API server, and the server of its kubelet.
  ///
  /// - Parameter addresses: where the API server reaches the kubelet.
  /// - Throws: ``PKIError``.
  public func node(_ name: String, addresses: [String]) throws(PKIError) -> CertificatePair {
    try issue(
      commonName: "system:node:\(name)", organizations: ["system:nodes"], names: [name] + addresses, usage: .both)
  }

  /// The API server, under all names by which clients reach it.
  ///
  /// - Parameters:
  ///   - addresses: of the server itself: the advertised address, `localhost`, ….
  ///   - serviceAddress: the cluster address of the `kubernetes` service.
  /// - Throws: ``PKIError``.
  public func apiServer(
    addresses: [String], serviceAddress: String?, clusterDomain: String
  ) throws(PKIError) -> CertificatePair {
    let service = "kubernetes.default.svc"
    var names = [
      "kubernetes", "kubernetes.default", service, "\(service).\(clusterDomain)", "localhost", "127.0.0.1", "::1",
    ]
    for name in addresses + [serviceAddress].compactMap(\.self) where !names.contains(name) { names.append(name) }
    return try issue(commonName: "kube-apiserver", names: names, usage: .server)
  }

  /// The API server as a client of kubelets.
  /// - Throws: ``PKIError``.
  public func kubeletClient() throws(PKIError) -> CertificatePair {
    try issue(commonName: "kube-apiserver-kubelet-client", organizations: ["system:masters"], usage: .client)
  }
}
