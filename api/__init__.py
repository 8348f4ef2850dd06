"""The edge of the house: HTTP, GraphQL, OAuth, callbacks. It translates and decides nothing."""
