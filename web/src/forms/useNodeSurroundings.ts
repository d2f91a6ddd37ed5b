/** What the form of a node stands in: the names of its place, and the last run's data or an example of an input. */
import { useCallback, useMemo } from 'react'

import type { Trial } from '../api/expressions'
import type { Json } from '../api/types'
import type { EditorState } from '../editor/contract'
import { namesAt, type Extra } from '../expressions/scope'
import { graphAt } from '../graph/edit/document'
import { exampleInput } from '../graph/exampleInput'
import { isObject, placeOf, type Place } from './place'
import type { Surroundings } from './surroundings'
import { useSampleWith } from './useSample'

/** `nodePath` empty: the workflow as a whole, where its graph ends. */
export function useNodeSurroundings(
  editor: EditorState,
  nodePath: readonly string[],
  focus: string | null,
): { place: Place | null; surroundings: Surroundings } {
  const { definition, problems, run, goTo } = editor
  const place = useMemo(() => placeOf(definition, nodePath), [definition, nodePath])
  const trial = useTrial(editor, nodePath.at(-1))
  const item = useSampleWith(place?.outer?.node.params?.['items'], trial)
  const names = useCallback(
    (extra: Extra) => namesAt(definition, place, run, item === undefined ? extra : { item, ...extra }),
    [definition, place, run, item],
  )
  const surroundings = useMemo(() => {
    const inside = place ? graphAt(definition, nodePath).nodes : []
    const [first] = inside
    const enter = first ? () => goTo([...nodePath, first.id]) : null
    return { problems, focus, names, trial: withItem(trial, item), body: { nodes: inside.length, enter } }
  }, [problems, focus, names, trial, item, definition, nodePath, place, goTo])
  return { place, surroundings }
}

function withItem(trial: Trial, item: Json | undefined): Trial {
  return item === undefined ? trial : { ...trial, scope: { ...trial.scope, item, index: 0 } }
}

function useTrial({ definition, run, saved }: EditorState, node: string | undefined): Trial {
  const { input, vars } = definition
  return useMemo(() => {
    const example = run ? {} : exampleInput(input)
    // An input that nothing is known of is none to try expressions on.
    const known = isObject(example) && Object.keys(example).length > 0
    return {
      ...(saved !== null && { workflow: saved }),
      ...(run && { run: run.id }),
      ...(node !== undefined && { node }),
      scope: { vars: vars ?? {}, ...(known && { input: example }) },
    }
  }, [saved, run, node, vars, input])
}
