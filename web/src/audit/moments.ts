/** Between the API's times (UTC) and those of a `datetime-local` field (the reader's own, to the minute). */
export function toLocal(at: string): string {
  const time = new Date(at)
  if (Number.isNaN(time.getTime())) return ''
  const two = (value: number) => String(value).padStart(2, '0')
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`
  return `${day}T${two(time.getHours())}:${two(time.getMinutes())}`
}

export function fromLocal(text: string): string | undefined {
  const time = new Date(text)
  return text === '' || Number.isNaN(time.getTime()) ? undefined : time.toISOString().replace('.000Z', 'Z')
}
