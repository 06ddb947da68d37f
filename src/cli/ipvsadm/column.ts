/** Columns of listings, to the blank as ipvsadm prints them. */

export const left = (value: string | number, width: number): string => String(value).padEnd(width)

export const right = (value: string | number, width: number): string => String(value).padStart(width)

const SCALE: readonly (readonly [below: number, divisor: number, unit: string])[] = [
  [1e9, 1e3, 'K'],
  [1e11, 1e6, 'M'],
  [1e14, 1e9, 'G'],
  [Number.POSITIVE_INFINITY, 1e12, 'T'],
]

/** Nine wide: whole below 100 million, then in thousands, millions ...; exact numbers grow past their column. */
export function large(value: number, exact: boolean): string {
  const digits = String(value)
  if (exact) return right(digits, digits.length <= 8 ? 9 : digits.length + 1)
  if (value < 1e8) return right(digits, 9)
  const [, divisor, unit] = SCALE.find(([below]) => value < below)!
  return right(Math.floor(value / divisor), 8) + unit
}
