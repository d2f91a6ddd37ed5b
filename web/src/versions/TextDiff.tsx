/** Two definitions as YAML, line by line: what was removed and added, with the lines around it. Loaded when it is shown. */
import { useMemo, useState } from 'react'

import type { Definition, Json } from '../api/types'
import { writeYaml } from '../editor/yaml/write'
import { Button } from '../ui/Button'
import { plural } from '../ui/format'
import { diffLines, hunksOf, type DiffLine } from './lines'

const CONTEXT = 3

const LOOK = {
  same: { sign: ' ', tone: undefined, word: '' },
  added: { sign: '+', tone: 'success', word: 'added: ' },
  removed: { sign: '−', tone: 'failure', word: 'removed: ' },
} as const

export function TextDiff({ before, after }: { before: Definition; after: Definition }) {
  const [whole, showWhole] = useState(false)
  const lines = useMemo(
    () => diffLines(writeYaml(before as unknown as Json), writeYaml(after as unknown as Json)),
    [before, after],
  )
  const hunks = useMemo(() => hunksOf(lines, whole ? Infinity : CONTEXT), [lines, whole])
  if (lines.every(({ op }) => op === 'same')) {
    return <p className="px-4 py-4 text-ink-soft">The two versions are the same.</p>
  }
  return (
    <div className="overflow-x-auto">
      <table aria-label="Changed lines" className="w-full border-collapse font-mono text-xs leading-[18px]">
        <tbody>
          {hunks.map((hunk, index) =>
            'gap' in hunk ? (
              <Gap key={index} count={hunk.gap} onShow={() => showWhole(true)} />
            ) : (
              hunk.lines.map((line) => <Line key={`${line.before}:${line.after}`} line={line} />)
            ),
          )}
        </tbody>
      </table>
    </div>
  )
}

function Gap({ count, onShow }: { count: number; onShow: () => void }) {
  return (
    <tr className="bg-raised">
      <td colSpan={3} className="px-2 font-sans">
        <Button look="quiet" className="h-7 text-xs" onClick={onShow}>
          Show {plural(count, 'line')} that stayed
        </Button>
      </td>
    </tr>
  )
}

function Line({ line }: { line: DiffLine }) {
  const { sign, tone, word } = LOOK[line.op]
  return (
    <tr data-tone={tone} className={tone && 'bg-tone-soft'}>
      <LineNumber value={line.before} />
      <LineNumber value={line.after} />
      <td className="px-3 whitespace-pre">
        <span aria-hidden className={tone ? 'mr-2 font-medium text-tone select-none' : 'mr-2 select-none'}>
          {sign}
        </span>
        <span className="sr-only">{word}</span>
        {line.text}
      </td>
    </tr>
  )
}

function LineNumber({ value }: { value: number | null }) {
  return <td className="w-10 px-2 text-right text-ink-faint tabular-nums select-none">{value}</td>
}
