import ArgumentParser

/// What `skiff node` and `skiff network` take about network policies.
struct PolicyOptions: ParsableArguments {
  @Flag(
    inversion: .prefixedNo,
    help: "Enforce NetworkPolicies and ClusterNetworkPolicies; without it the table of policies is removed.")
  var networkPolicy = true
}
