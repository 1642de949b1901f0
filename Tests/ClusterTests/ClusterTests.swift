import Testing

/// Tests with real clusters run one after the other: two cores and the budgets of time leave no room for two.
@Suite(.serialized) enum ClusterTests {}
