"""Who calls, and what he may do: access tokens, the directory of people, teams and roles, callers and their reach."""
