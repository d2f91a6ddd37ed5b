/**
 * Where the `{{ … }}` of a template stand.
 *
 * An expression ends at the `}}` that closes it, not at one inside quotes or at the end of nested maps; one without an end
 * goes on to the end of the text, as it does while it is typed.
 */
export interface Slot {
  /** At the first brace. */
  from: number
  /** After the last brace. */
  to: number
  /** The expression between the braces. */
  inner: { from: number; to: number }
  closed: boolean
}

export function slotsOf(text: string): Slot[] {
  const slots: Slot[] = []
  let at = text.indexOf('{{')
  while (at >= 0) {
    const end = closingOf(text, at + 2)
    const inner = end ?? text.length
    slots.push({
      from: at,
      to: end === null ? text.length : end + 2,
      inner: { from: at + 2, to: inner },
      closed: end !== null,
    })
    if (end === null) break
    at = text.indexOf('{{', end + 2)
  }
  return slots
}

/** The expression's slot in which the cursor stands. */
export function slotAt(text: string, at: number): Slot | null {
  return slotsOf(text).find(({ inner }) => at >= inner.from && at <= inner.to) ?? null
}

function closingOf(text: string, start: number): number | null {
  let depth = 0
  let at = start
  while (at < text.length) {
    const char = text.charAt(at)
    if (char === '"' || char === "'") {
      at = endOfText(text, at)
      continue
    }
    if (char === '{') depth += 1
    if (char === '}') {
      if (depth === 0 && text.startsWith('}}', at)) return at
      depth = Math.max(0, depth - 1)
    }
    at += 1
  }
  return null
}

/** After the quoted text that begins at `start`; one without an end is no text. */
function endOfText(text: string, start: number): number {
  const quote = text.charAt(start)
  for (let at = start + 1; at < text.length; at += 1) {
    if (text.charAt(at) === '\\') at += 1
    else if (text.charAt(at) === quote) return at + 1
  }
  return start + 1
}
