/** A round time of an axis in few letters: `0`, `250 ms`, `1.5 s`, `2 m`, `1:30 h`, `3 d`. */
export function brief(ms: number): string {
  if (ms === 0) return '0'
  if (ms < 1_000) return `${ms} ms`
  if (ms < 60_000) return `${trimmed(ms / 1_000)} s`
  if (ms < 3_600_000) return pair(ms / 60_000, 'm')
  if (ms < 86_400_000) return pair(ms / 3_600_000, 'h')
  return `${trimmed(ms / 86_400_000)} d`
}

function trimmed(value: number): string {
  return String(Math.round(value * 1_000) / 1_000)
}

/** Sixtieths are told as such. */
function pair(value: number, unit: string): string {
  const whole = Math.floor(value)
  const rest = Math.round((value - whole) * 60)
  return rest === 0 ? `${whole} ${unit}` : `${whole}:${String(rest).padStart(2, '0')} ${unit}`
}
