enum NetAgentPlaceholder {}
