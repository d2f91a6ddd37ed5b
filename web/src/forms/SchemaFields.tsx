/** The fields of an object, as its schema has them: those that few people need are folded, unless something is in them. */
import { ChevronRight } from 'lucide-react'
import { useMemo, useState } from 'react'

import type { Json } from '../api/types'
import { pruned } from './conditions'
import type { Give } from './controls/types'
import { FieldView } from './FieldView'
import { isRequired, isShown, layoutOf, type ObjectLayout, type Part } from './layout'
import type { Field, Schema } from './model'
import { OneOfFields } from './OneOfFields'
import { below, isUnder, problemsUnder } from './paths'
import { isObject, withKey } from './place'
import { useSurroundings } from './surroundings'

type Fields = { [key: string]: Json }

interface Props {
  schema: Schema
  value: Fields
  path: string
  onChange: Give
  secret?: boolean
}

export function SchemaFields({ schema, value, path, onChange, secret = false }: Props) {
  const { problems, focus } = useSurroundings()
  const layout = useMemo(() => layoutOf(schema, secret), [schema, secret])
  const [open, setOpen] = useState(false)
  const give = (name: string, next: Json | undefined, at: string) => {
    const given = withKey(value, name, next)
    onChange(isObject(given) ? pruned(layout.rules, name, given) : given, at)
  }
  const parts = (list: readonly Part[]) =>
    list.map((part) => <PartView key={nameOf(part)} {...{ part, layout, value, path, give, onChange }} />)
  const wanted = layout.more.flatMap(namesOf).some((name) => {
    const at = below(path, name)
    const focused = focus !== null && isUnder(focus, at)
    return focused || problemsUnder(problems, at).length > 0
  })
  const more = layout.more.filter((part) => namesOf(part).some((name) => isShown(layout, name, value)))
  const given = more.flatMap(namesOf).filter((name) => value[name] !== undefined).length
  const unfolded = open || wanted
  return (
    <div className="space-y-3">
      {parts(layout.parts)}
      {more.length > 0 && (
        <div className="space-y-3">
          <button
            type="button"
            aria-expanded={unfolded}
            onClick={() => setOpen(!unfolded)}
            className="flex items-center gap-1 rounded text-xs font-medium text-ink-soft hover:text-ink"
          >
            <ChevronRight size={13} aria-hidden className={unfolded ? 'rotate-90' : ''} />
            More
            <span className="font-normal text-ink-faint">{given > 0 ? `${given} set` : more.length}</span>
          </button>
          {unfolded && parts(more)}
        </div>
      )}
    </div>
  )
}

function namesOf(part: Part): string[] {
  return 'field' in part ? [part.field.name] : part.fields.map(({ name }) => name)
}

function nameOf(part: Part): string {
  return namesOf(part)[0] ?? ''
}

interface PartProps {
  part: Part
  layout: ObjectLayout
  value: Fields
  path: string
  give: (name: string, next: Json | undefined, at: string) => void
  onChange: Give
}

function PartView({ part, layout, value, path, give, onChange }: PartProps) {
  const { problems } = useSurroundings()
  const view = (field: Field) => {
    const at = below(path, field.name)
    if (!isShown(layout, field.name, value) && problemsUnder(problems, at).length === 0) return null
    return (
      <FieldView
        key={field.name}
        field={field}
        required={isRequired(layout, field, value)}
        value={value[field.name]}
        path={at}
        siblings={value}
        onChange={(next, deep) => give(field.name, next, deep)}
      />
    )
  }
  if ('field' in part) return view(part.field)
  return <OneOfFields {...part} value={value} path={path} onChange={onChange} view={view} />
}
