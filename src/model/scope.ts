/** What a token of the API lets its owner do: look, or change things as well. */
export const SCOPES = ['read', 'write'] as const
export type Scope = (typeof SCOPES)[number]
