/** Event types as one types them into a field. Pure. */

/** `order.*, job.dead` → its parts, each once; commas, spaces and line ends part them. */
export function typesIn(text: string): string[] {
  return [...new Set(text.split(/[\s,;]+/).filter(Boolean))]
}

/** What names a subscription to a reader. */
export function nameOf({ title, url }: { title: string; url: string }): string {
  if (title) return title
  try {
    return new URL(url).host
  } catch {
    return url
  }
}
