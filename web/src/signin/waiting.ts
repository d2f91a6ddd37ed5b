/** Seconds to wait, in words. Pure. */
export function waitText(seconds: number): string {
  if (seconds <= 0) return 'You may try again now.'
  const minutes = Math.floor(seconds / 60)
  const rest = seconds % 60
  const text = minutes > 0 ? `${minutes}:${String(rest).padStart(2, '0')} min` : `${rest} s`
  return `Again in ${text}`
}
