/**
 * The editor's state in one place: the session, the looks, the problems and the run, bound into the tools that its parts
 * share.
 */
import { useQuery } from '@tanstack/react-query'
import { useCallback, useEffect, useMemo, useReducer, useState } from 'react'

import { lastRunQuery } from '../api/lastRun'
import { Problem } from '../api/http'
import type { Kinds } from '../graph/edit/kinds'
import { plural } from '../ui/format'
import { useToast } from '../ui/Toasts'
import type { EditorState, Kind } from './contract'
import { firstLooks, keepLooks, type Looks } from './looks'
import { useSave } from './save/useSave'
import { changed, entering, isDirty, present, type Session, type Step } from './session'
import { useTested } from './testing/useTested'
import type { Tools } from './tools'
import { useNarrow } from './useNarrow'
import { useProblems } from './useProblems'

const step = (session: Session, act: Step) => act(session)

export function useEditor(start: Session, list: readonly Kind[], onMoved: (name: string) => void): Tools {
  const [session, act] = useReducer(step, start)
  const [looks, look] = useLooks()
  const narrow = useNarrow()
  const [tested, onRun] = useTested()
  const kinds: Kinds = useMemo(() => new Map(list.map((kind) => [kind.type, kind])), [list])
  const { problems, judged, checking } = useProblems(present(session))
  const last = useQuery({ ...lastRunQuery(session.saved?.name ?? ''), enabled: session.saved !== null })
  const goTo = useGoTo(act, look, narrow)
  const toast = useToast()
  const saving = useSave({
    session,
    act,
    onMoved,
    onRefused: (problem) => {
      const count = plural(problem.errors.length, 'problem')
      toast.failed(new Problem(422, 'Not saved', `Not saved: ${count} to mend first.`))
      look({ drawer: 'problems' })
    },
  })
  const run = tested ?? last.data ?? null
  const editor: EditorState = useMemo(
    () => ({
      definition: present(session),
      change: (next, label, merge) => act(changed(next, label, merge)),
      saved: session.saved?.name ?? null,
      dirty: isDirty(session),
      kinds,
      problems,
      path: session.path,
      selected: session.selected,
      goTo,
      run,
    }),
    [session, kinds, problems, goTo, run],
  )
  return { session, act, kinds, editor, looks, look, narrow, checking, judged, tested, onRun, saving }
}

function useLooks(): [Looks, (next: Partial<Looks>) => void] {
  const [looks, setLooks] = useState(() => firstLooks(window.innerWidth))
  const look = useCallback((next: Partial<Looks>) => setLooks((now) => ({ ...now, ...next })), [])
  const { palette, minimap, beside } = looks
  useEffect(() => keepLooks({ palette, minimap, beside }), [palette, minimap, beside])
  return [looks, look]
}

/** Where a problem lies in no node, its field tells the tab. The focus is set anew each time, also for the same field. */
function useGoTo(act: (step: Step) => void, look: (next: Partial<Looks>) => void, narrow: boolean) {
  return useCallback(
    (nodePath: readonly string[], field?: string) => {
      const id = nodePath.at(-1)
      const sheet = narrow ? 'inspector' : null
      if (id === undefined) {
        look({ tab: field?.startsWith('triggers') ? 'triggers' : 'settings', sheet })
        return
      }
      act(entering(nodePath.slice(0, -1), [id]))
      look({ tab: 'node', sheet, focus: undefined, centre: { id } })
      if (field) requestAnimationFrame(() => look({ focus: field }))
    },
    [act, look, narrow],
  )
}
