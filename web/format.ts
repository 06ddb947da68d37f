/** Numbers and times as the page shows them. */
const STEPS = ['', 'k', 'M', 'G', 'T']

/** Three digits: 999, 1.23 k, 45.6 M. */
export function short(value: number): string {
  let step = 0
  while (value >= 999.5 && step < STEPS.length - 1) {
    value /= 1000
    step++
  }
  const digits = step === 0 ? 0 : value < 9.995 ? 2 : value < 99.95 ? 1 : 0
  return step === 0 ? value.toFixed(0) : `${value.toFixed(digits)} ${STEPS[step]}`
}

/** Of bytes a second. */
export const bits = (bytes: number): string => {
  const text = short(bytes * 8)
  return text.includes(' ') ? `${text}bit/s` : `${text} bit/s`
}

export const whole = (value: number): string => value.toLocaleString('en').replaceAll(',', '\u202f')

export function duration(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ]
  const first = parts.findIndex(([count]) => count > 0)
  const shown = first < 0 ? parts.slice(-1) : parts.slice(first, first + 2)
  return shown.map(([count, unit]) => `${count} ${unit}`).join(' ')
}

/** 14:03:22, with the day where it is not today. */
export function clock(iso: string): string {
  const date = new Date(iso)
  const two = (value: number) => String(value).padStart(2, '0')
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')
  const isToday = date.toDateString() === new Date().toDateString()
  return isToday ? time : `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${time}`
}
