/**
 * Frames of a server-sent event stream, read from its text piece by piece.
 *
 * Beside `EventSource`, because that hands over only types whose names are known before, and people's own events have any
 * name. A piece may end anywhere, also within a line break; a frame is given when its empty line has come.
 */
export interface Frame {
  id: string | null
  event: string
  data: string
}

export class FrameReader {
  #rest = ''

  /** The frames that this piece completes. One without data (a comment, an id alone) is given too, with empty data. */
  read(piece: string): Frame[] {
    const lines = (this.#rest + piece).replaceAll('\r\n', '\n').split('\n\n')
    this.#rest = lines.pop() ?? ''
    return lines.map(frameOf)
  }
}

function frameOf(block: string): Frame {
  const frame: Frame = { id: null, event: 'message', data: '' }
  const data: string[] = []
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':')
    if (colon <= 0) continue
    const value = line.slice(colon + 1).replace(/^ /, '')
    const field = line.slice(0, colon)
    if (field === 'data') data.push(value)
    else if (field === 'event') frame.event = value
    else if (field === 'id') frame.id = value
  }
  frame.data = data.join('\n')
  return frame
}
