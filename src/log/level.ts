/** How much the log tells, from everything to failures alone. */
export const LEVELS = ['debug', 'info', 'warn', 'error'] as const
export type Level = (typeof LEVELS)[number]

/** For a person, or one JSON object a line for a program. */
export const FORMATS = ['text', 'json'] as const
export type LogFormat = (typeof FORMATS)[number]
