/**
 * Which lines two texts share: the shortest way from one to the other (Myers), after their common beginning and end.
 *
 * Beyond `FARTHEST` differing lines the way is no longer looked for: the middle is then one removal and one addition.
 */
export type LineOp = 'same' | 'removed' | 'added'

export interface DiffLine {
  op: LineOp
  text: string
  /** Numbers in the two texts, from 1. */
  before: number | null
  after: number | null
}

const FARTHEST = 1_000

export function diffLines(before: string, after: string): DiffLine[] {
  const [a, b] = [split(before), split(after)]
  let start = 0
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1
  let end = 0
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end += 1
  const ops = [
    ...Array<LineOp>(start).fill('same'),
    ...way(a.slice(start, a.length - end), b.slice(start, b.length - end)),
    ...Array<LineOp>(end).fill('same'),
  ]
  return numbered(ops, a, b)
}

function split(text: string): string[] {
  const lines = text.split('\n')
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines
}

function numbered(ops: readonly LineOp[], a: readonly string[], b: readonly string[]): DiffLine[] {
  let [old, now] = [0, 0]
  return ops.map((op) => {
    const before = op === 'added' ? null : (old += 1)
    const after = op === 'removed' ? null : (now += 1)
    return { op, text: (after === null ? a[old - 1] : b[now - 1]) ?? '', before, after }
  })
}

/** The furthest place on each diagonal, step by step; then back along them. */
function way(a: readonly string[], b: readonly string[]): LineOp[] {
  const trail: Map<number, number>[] = []
  let reached = new Map<number, number>([[1, 0]])
  for (let steps = 0; steps <= Math.min(a.length + b.length, FARTHEST); steps += 1) {
    trail.push(new Map(reached))
    const next = new Map(reached)
    for (let diagonal = -steps; diagonal <= steps; diagonal += 2) {
      let x = goesDown(next, diagonal, steps) ? at(next, diagonal + 1) : at(next, diagonal - 1) + 1
      while (x < a.length && x - diagonal < b.length && a[x] === b[x - diagonal]) x += 1
      next.set(diagonal, x)
      if (x >= a.length && x - diagonal >= b.length) return back(trail, a.length, b.length)
    }
    reached = next
  }
  return [...Array<LineOp>(a.length).fill('removed'), ...Array<LineOp>(b.length).fill('added')]
}

const at = (reached: ReadonlyMap<number, number>, diagonal: number) => reached.get(diagonal) ?? -1

function goesDown(reached: ReadonlyMap<number, number>, diagonal: number, steps: number): boolean {
  if (diagonal === -steps) return true
  return diagonal !== steps && at(reached, diagonal - 1) < at(reached, diagonal + 1)
}

function back(trail: readonly Map<number, number>[], x: number, y: number): LineOp[] {
  const ops: LineOp[] = []
  for (let steps = trail.length - 1; steps >= 0; steps -= 1) {
    const reached = trail[steps] ?? new Map<number, number>()
    const diagonal = x - y
    const down = goesDown(reached, diagonal, steps)
    const from = down ? diagonal + 1 : diagonal - 1
    const [fromX, fromY] = [at(reached, from), at(reached, from) - from]
    while (x > fromX && y > fromY && x > 0 && y > 0) {
      ops.push('same')
      x -= 1
      y -= 1
    }
    if (steps > 0) ops.push(down ? 'added' : 'removed')
    ;[x, y] = [fromX, fromY]
  }
  return ops.reverse()
}

/** Runs of lines around what differs; a gap is how many equal lines are left out. */
export type Hunk = { gap: number } | { lines: DiffLine[] }

export function hunksOf(lines: readonly DiffLine[], context: number): Hunk[] {
  const shown = new Set<number>()
  lines.forEach(({ op }, index) => {
    if (op === 'same') return
    for (let near = index - context; near <= index + context; near += 1) shown.add(near)
  })
  const hunks: Hunk[] = []
  lines.forEach((line, index) => {
    const last = hunks.at(-1)
    if (shown.has(index)) {
      if (last && 'lines' in last) last.lines.push(line)
      else hunks.push({ lines: [line] })
    } else if (last && 'gap' in last) last.gap += 1
    else hunks.push({ gap: 1 })
  })
  return hunks
}
