/** When a node runs, how often it is tried, how long it may take, and what undoes it. */
import { useMemo } from 'react'

import type { Json, NodeDefinition } from '../api/types'
import type { Kind } from '../editor/contract'
import { FieldView } from './FieldView'
import { JoinField } from './JoinField'
import type { Field } from './model'
import { behaviourOf } from './nodeSchema'
import { below, messagesUnder } from './paths'
import { isObject, type Place } from './place'
import { SchemaFields } from './SchemaFields'
import { SurroundingsContext, useSurroundings } from './surroundings'

const WHEN: Field = {
  name: 'when',
  label: 'Only when',
  hint: 'An expression, without braces. When it is false, the node is skipped.',
  required: false,
  secret: false,
  credential: false,
  default: undefined,
  example: 'input.amount > 100',
  control: { kind: 'expression', condition: true, each: null, only: null, event: false, item: false },
}

interface Props {
  place: Place
  kind: Kind | undefined
  onChange: (key: string, value: Json | undefined, at: string) => void
  replace: (node: NodeDefinition, at: string) => void
}

export function Behaviour({ place, kind, onChange, replace }: Props) {
  const surroundings = useSurroundings()
  const { node, path, graph } = place
  const schema = useMemo(() => behaviourOf(kind, node, graph), [kind, node, graph])
  const fixed = useMemo(() => ({ ...surroundings, fixed: true }), [surroundings])
  const joins = graph.edges.filter(({ to }) => to === node.id).length > 1 || node.join !== undefined
  return (
    <>
      <FieldView
        field={WHEN}
        value={node.when}
        path={below(path, 'when')}
        siblings={{}}
        onChange={(next, at) => onChange('when', next, at)}
      />
      {joins && (
        <JoinField
          value={node.join}
          path={below(path, 'join')}
          messages={messagesUnder(surroundings.problems, below(path, 'join'))}
          onChange={(join) => onChange('join', join, below(path, 'join'))}
        />
      )}
      <SurroundingsContext value={fixed}>
        <SchemaFields
          schema={schema}
          value={fieldsOf(node)}
          path={path}
          onChange={(next, at) => isObject(next) && replace(next as unknown as NodeDefinition, at)}
        />
      </SurroundingsContext>
    </>
  )
}

function fieldsOf(node: NodeDefinition): { [key: string]: Json } {
  return node as unknown as { [key: string]: Json }
}
