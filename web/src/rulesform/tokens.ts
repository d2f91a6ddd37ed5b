/** The tokens of an expression, as far as a condition needs them: where operators stand, and what is inside brackets or quotes. */
export interface Token {
  text: string
  from: number
  to: number
  /** How many brackets are open around it; a bracket has the depth of what it stands in. */
  depth: number
}

const TOKEN =
  /\s+|(?:[rRbB]{0,2})(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|[A-Za-z_]\w*|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?[uU]?|&&|\|\||[=!<>]=|[-+*/%!<>?:.,()[\]{}]/y

/** Null when it can't be read: an unknown character, an open quote, brackets that don't match, a comment. */
export function tokensOf(source: string): Token[] | null {
  const tokens: Token[] = []
  const open: string[] = []
  let at = 0
  while (at < source.length) {
    TOKEN.lastIndex = at
    const text = TOKEN.exec(source)?.[0]
    if (text === undefined || source.startsWith('//', at)) return null
    const from = at
    at += text.length
    if (text.trim() === '') continue
    if (CLOSING[text] !== undefined && open.pop() !== CLOSING[text]) return null
    tokens.push({ text, from, to: at, depth: open.length })
    if ('([{'.includes(text)) open.push(text)
  }
  return open.length === 0 ? tokens : null
}

const CLOSING: Record<string, string | undefined> = { ')': '(', ']': '[', '}': '{' }

export function isWord(token: Token | undefined): boolean {
  return token !== undefined && /^[A-Za-z_]/.test(token.text) && !/["']$/.test(token.text)
}
