extension Schema {
  /// The messages of `networking.v1`, in the format that the README of this module describes.
  static let networkingV1 = #"""
    package networking.v1

    message IPBlock
      cidr 1 string required
      except 2 [string] list=atomic

    message NetworkPolicy
      metadata 1 meta.ObjectMeta
      spec 2 NetworkPolicySpec

    message NetworkPolicyEgressRule
      ports 1 [NetworkPolicyPort] list=atomic
      to 2 [NetworkPolicyPeer] list=atomic

    message NetworkPolicyIngressRule
      ports 1 [NetworkPolicyPort] list=atomic
      from 2 [NetworkPolicyPeer] list=atomic

    message NetworkPolicyList
      metadata 1 meta.ListMeta
      items 2 [NetworkPolicy] required

    message NetworkPolicyPeer
      podSelector 1 meta.LabelSelector
      namespaceSelector 2 meta.LabelSelector
      ipBlock 3 IPBlock

    message NetworkPolicyPort
      protocol 1 string default="TCP"
      port 2 IntOrString
      endPort 3 int32

    message NetworkPolicySpec
      podSelector 1 meta.LabelSelector
      ingress 2 [NetworkPolicyIngressRule] list=atomic
      egress 3 [NetworkPolicyEgressRule] list=atomic
      policyTypes 4 [string] list=atomic
    """#
}
