"""The edge: HTTP, GraphQL, OAuth, callbacks. It translates and decides nothing."""
