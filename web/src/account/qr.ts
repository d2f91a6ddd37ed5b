/** A text as a QR code: the path of its dark modules, one unit each. Pure. */
import { encode } from 'uqr'

export interface QrPath {
  /** Modules along a side, with the quiet border. */
  size: number
  d: string
}

const QUIET = 4

export function qrPath(text: string): QrPath {
  const { size, data } = encode(text, { ecc: 'M', border: QUIET })
  return {
    size,
    d: data.flatMap((row, y) => runsOf(row).map(([x, width]) => `M${x} ${y}h${width}v1h-${width}z`)).join(''),
  }
}

/** Where dark modules begin in a row, and how many follow one another. */
function runsOf(row: readonly boolean[]): [number, number][] {
  const runs: [number, number][] = []
  for (const [x, dark] of row.entries()) {
    const last = runs.at(-1)
    if (!dark) continue
    if (last && last[0] + last[1] === x) last[1] += 1
    else runs.push([x, 1])
  }
  return runs
}
