/** Reads a text as JSON, or says in one line why it isn't, with line and column where the browser tells. */
export type Read = { ok: true; value: unknown } | { ok: false; message: string }

export function readJson(text: string): Read {
  if (text.trim() === '') return { ok: false, message: 'The input is empty; write {} for none.' }
  try {
    return { ok: true, value: JSON.parse(text) as unknown }
  } catch (error) {
    const message = error instanceof Error ? error.message : 'not JSON'
    return { ok: false, message: `Not JSON yet: ${placed(text, message)}` }
  }
}

/** Browsers tell a position, a line, both or neither; a lone position is turned into line and column. */
function placed(text: string, message: string): string {
  const position = /at position (\d+)/.exec(message)?.[1]
  if (position === undefined || message.includes('line')) return message
  const lines = text.slice(0, Number(position)).split('\n')
  return message.replace(
    /at position \d+/,
    `at line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1}`,
  )
}
