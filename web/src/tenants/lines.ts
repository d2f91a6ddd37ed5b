/** What stands one a line (or between commas), trimmed, each once, in its order. Pure. */
export function linesIn(text: string): string[] {
  const parts = text.split(/[\n,]/).map((line) => line.trim())
  return [...new Set(parts.filter(Boolean))]
}
