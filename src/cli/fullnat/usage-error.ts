/** What is wrong with the words, for a person. */
export class UsageError extends Error {}
