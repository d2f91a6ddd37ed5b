/** The server's sentence on a job, made ready to be shown: without the state that stands beside it, commands marked. Pure. */
export interface Part {
  text: string
  code: boolean
}

/** `DEAD: all 3 attempts failed.` → `All 3 attempts failed.`; what stands between backticks is code. */
export function sentenceOf(why: string, state: string): Part[] {
  const bare = why.startsWith(`${state}: `) ? why.slice(state.length + 2) : why
  const text = bare.charAt(0).toUpperCase() + bare.slice(1)
  const pieces = text.split('`')
  // An odd number of backticks is no pair: then they are text like any other.
  if (pieces.length % 2 === 0) return [{ text, code: false }]
  return pieces
    .map((piece, index) => ({ text: piece, code: index % 2 === 1 }))
    .filter((part) => part.text !== '')
}
