import Control

/// The authority and the kubeconfigs of a local cluster: the administrator's, and one for each node.
struct ClusterCertificates {
  let layout: ClusterLayout
  let record: ClusterRecord

  func ensure() throws {
    let folder = CertificateFolder(path: layout.certificates)
    let authority = try folder.authority()
    let context = layout.name == "default" ? "skiff" : "skiff-\(layout.name)"
    try folder.ensureKubeconfig(layout.kubeconfig, server: record.server, context: context, user: "admin", authority) {
      try authority.issue(commonName: "kubernetes-admin", organizations: ["system:masters"], usage: .client)
    }
    for number in 1...record.nodes { try ensure(layout.node(number), authority, context) }
  }

  private func ensure(_ node: NodeLayout, _ authority: CertificateAuthority, _ context: String) throws {
    func issue() throws -> CertificatePair {
      try authority.issue(
        commonName: "system:node:\(node.name)", organizations: ["system:nodes"],
        names: [node.name, "\(record.network.node(node.number))"], usage: .both)
    }
    let folder = CertificateFolder(path: node.certificates)
    try folder.ensure("kubelet", issue: issue)
    try Files.write(Array(authority.certificatePEM.utf8), to: folder.authorityCertificate)
    try folder.ensureKubeconfig(
      node.kubeconfig, server: record.server, context: context, user: node.name, authority, issue: issue)
  }
}
