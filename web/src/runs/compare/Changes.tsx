/** In what two values differ: a line for each place, what A has and what B has. */
import { useMemo } from 'react'

import type { Json } from '../../api/types'
import { jsonDiff, type Difference } from '../../graph/jsonDiff'

const MOST = 200
const LONG = 2_000

interface Props {
  name: string
  a: Json | undefined
  b: Json | undefined
}

export function Changes({ name, a, b }: Props) {
  const { items, more } = useMemo(() => jsonDiff(a, b, MOST), [a, b])
  return (
    <section>
      <h3 className="mb-1 text-xs font-medium text-ink-soft">{name}</h3>
      {items.length === 0 ? (
        <p className="text-xs text-ink-faint">The same in both.</p>
      ) : (
        <ul className="max-h-96 overflow-auto rounded-md border border-line bg-page font-mono text-xs leading-5">
          {items.map((item) => (
            <Change key={item.path} item={item} />
          ))}
        </ul>
      )}
      {more && <p className="mt-1 text-xs text-ink-faint">Only the first {MOST} differences are shown.</p>}
    </section>
  )
}

function Change({ item }: { item: Difference }) {
  return (
    <li className="border-b border-line px-2.5 py-1.5 last:border-b-0">
      <p className="break-all text-ink-soft">{item.path || '(the whole value)'}</p>
      <Side run="A" sign="−" tone="failure" value={item.before} />
      <Side run="B" sign="+" tone="success" value={item.after} />
    </li>
  )
}

interface SideProps {
  run: string
  sign: string
  tone: string
  value: Json | undefined
}

function Side({ run, sign, tone, value }: SideProps) {
  if (value === undefined) return null
  const text = JSON.stringify(value, null, 1)
  return (
    <p data-tone={tone} className="rounded-sm bg-tone-soft px-1 break-words whitespace-pre-wrap text-tone">
      <span aria-hidden>{sign} </span>
      <span className="sr-only">{run}: </span>
      {text.length > LONG ? `${text.slice(0, LONG)}…` : text}
    </p>
  )
}
