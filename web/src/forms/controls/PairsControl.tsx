/** Values by a name that one chooses: headers, arguments. A name is taken over when its field is left. */
import { useState } from 'react'

import type { Json } from '../../api/types'
import { TextInput } from '../../ui/inputs'
import { FieldView } from '../FieldView'
import { Told } from '../Frame'
import { fieldOf, type Schema } from '../model'
import { renamed } from '../lists'
import { below } from '../paths'
import { isObject, withKey } from '../place'
import { AddRow, Tool } from './RowTools'
import type { ControlProps } from './types'
import { useNewRow } from './useNewRow'
import { X } from 'lucide-react'

type Pairs = { [key: string]: Json }

/** The name above its value: expressions are long, and inspectors narrow. */
const ROW = 'flex flex-wrap items-start gap-1 border-l-2 border-line pl-2'

export function PairsControl({ field, value, path, onChange, of }: ControlProps & { of: Schema }) {
  const pairs: Pairs = isObject(value) ? value : {}
  const names = Object.keys(pairs)
  const [drafts, setDrafts] = useState(0)
  const { list, added } = useNewRow()
  const give = (next: Pairs, at = path) =>
    onChange(Object.keys(next).length === 0 && !field.required ? undefined : next, at)
  const inner = (name: string) => ({
    ...fieldOf(name, of, true, field.secret),
    label: name || 'Value',
    hint: '',
  })
  return (
    <div ref={list} className="space-y-1.5">
      {names.map((name, index) => (
        <div key={index} data-row={index} className={ROW}>
          <NameInput
            label={`Name ${index + 1} of ${field.label}`}
            name={name}
            taken={names}
            onRename={(next) => give(renamed(pairs, name, next))}
          />
          <div className="order-2 flex min-w-0 basis-full">
            <FieldView
              bare
              field={inner(name)}
              value={pairs[name]}
              path={below(path, name)}
              siblings={{}}
              onChange={(next, at) => give(withKey(pairs, name, next ?? ''), at)}
            />
          </div>
          <span className="order-1 flex h-8 items-center">
            <Tool Icon={X} label={`Remove ${name}`} onClick={() => give(withKey(pairs, name, undefined))} />
          </span>
        </div>
      ))}
      {Array.from({ length: drafts }, (_draft, index) => (
        <div key={`draft-${index}`} data-row={names.length + index} className={ROW}>
          <NameInput
            label={`Name ${names.length + index + 1} of ${field.label}`}
            name=""
            taken={names}
            onRename={(next) => {
              setDrafts(drafts - 1)
              give({ ...pairs, [next]: '' })
            }}
          />
          <span className="min-w-0 flex-1 truncate py-1.5 text-xs text-ink-faint">Name it first</span>
          <span className="flex h-8 items-center">
            <Tool Icon={X} label="Remove the new row" onClick={() => setDrafts(drafts - 1)} />
          </span>
        </div>
      ))}
      <AddRow
        label={names.length === 0 ? `Add to ${field.label}` : 'Add another'}
        onClick={() => {
          setDrafts(drafts + 1)
          added(names.length + drafts)
        }}
      />
    </div>
  )
}

interface NameProps {
  label: string
  name: string
  taken: readonly string[]
  onRename: (name: string) => void
}

export function NameInput({ label, name, taken, onRename }: NameProps) {
  const [typed, type] = useState<string | null>(null)
  const shown = typed ?? name
  const twice = typed !== null && typed !== name && taken.includes(typed)
  const commit = () => {
    if (typed !== null && typed !== name && typed !== '' && !twice) onRename(typed)
    type(null)
  }
  return (
    <div className="min-w-20 flex-1">
      <TextInput
        aria-label={label}
        aria-invalid={twice || undefined}
        value={shown}
        placeholder="name"
        spellCheck={false}
        autoComplete="off"
        className="font-mono text-xs"
        onChange={(event) => type(event.target.value)}
        onBlur={commit}
        onKeyDown={(event) => event.key === 'Enter' && commit()}
      />
      {twice && <Told messages={['There is one of this name.']} />}
    </div>
  )
}
