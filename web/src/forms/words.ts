/** Names as people read them. */

/** `max_turns` → `Max turns`. */
export function pretty(name: string): string {
  const words = name.replaceAll(/[_-]+/g, ' ').trim()
  return words.charAt(0).toUpperCase() + words.slice(1)
}
