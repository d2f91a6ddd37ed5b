/** The editor of a saved workflow, and that of one that isn't saved yet: blank, from a sample, or handed over. */
import { useQuery, type UseQueryResult } from '@tanstack/react-query'
import { useParams, useSearch } from '@tanstack/react-router'
import { useMemo, useState } from 'react'

import { readWorkflow } from '../api/definitions'
import { kindsQuery } from '../api/kinds'
import { pathTo } from '../graph/edit/document'
import { Page, Panel } from '../ui/Page'
import { ErrorState } from '../ui/states'
import { BLANK, copyOfSample } from './blank'
import type { Kind } from './contract'
import { Editor } from './Editor'
import { Loading } from './frame/Loading'
import { handedOver } from './handover'
import { samplesQuery } from '../api/samples'
import { entering, fresh, open, present, type Session } from './session'
import { useSitting } from './useSitting'

/** Both addresses: a session goes on under the name that its save gives it, and another address begins another one. */
export function EditorPage() {
  const { name } = useParams({ strict: false })
  const { node, sample } = useSearch({ strict: false })
  const { sitting, moved } = useSitting(name === undefined ? `new ${sample ?? ''}` : placeOf(name))
  return name === undefined ? (
    <Sitting key={sitting} first={{ sample }} onMoved={(to) => moved(placeOf(to))} />
  ) : (
    <Sitting key={sitting} first={{ name, node }} onMoved={(to) => moved(placeOf(to))} />
  )
}

const placeOf = (name: string) => `saved ${name}`

interface Begun {
  name?: string
  node?: string | undefined
  sample?: string | undefined
}

interface SittingProps {
  first: Begun
  onMoved: (name: string) => void
}

/** From the opening of an editor until it is left: only the address that it began with counts. */
function Sitting({ first, onMoved }: SittingProps) {
  const [{ name, node, sample }] = useState(first)
  return name === undefined ? (
    <NewWorkflow sample={sample} onMoved={onMoved} />
  ) : (
    <SavedWorkflow name={name} node={node} onMoved={onMoved} />
  )
}

interface SavedProps {
  name: string
  node: string | undefined
  onMoved: (name: string) => void
}

function SavedWorkflow({ name, node, onMoved }: SavedProps) {
  const kinds = useQuery(kindsQuery())
  // Read anew at each opening, and then left alone: the session is what counts from there on.
  const workflow = useQuery({
    queryKey: ['editor', name],
    queryFn: ({ signal }) => readWorkflow(name, signal),
    staleTime: Infinity,
    gcTime: 0,
    structuralSharing: false,
  })
  const start = useMemo(() => (workflow.data ? at(open(workflow.data), node) : null), [workflow.data, node])
  return (
    <Opened
      title={name}
      kinds={kinds}
      start={start}
      error={workflow.error}
      retry={workflow.refetch}
      onMoved={onMoved}
    />
  )
}

interface NewProps {
  sample: string | undefined
  onMoved: (name: string) => void
}

function NewWorkflow({ sample, onMoved }: NewProps) {
  const kinds = useQuery(kindsQuery())
  const samples = useQuery({ ...samplesQuery(), enabled: sample !== undefined })
  const start = useMemo(() => {
    if (sample === undefined) return fresh(handedOver() ?? BLANK)
    const found = samples.data?.items.find((item) => item.name === sample)
    return samples.data ? fresh(found ? copyOfSample(found.definition) : BLANK) : null
  }, [sample, samples.data])
  return (
    <Opened
      title="New workflow"
      kinds={kinds}
      start={start}
      error={samples.error}
      retry={samples.refetch}
      onMoved={onMoved}
    />
  )
}

interface OpenedProps {
  title: string
  kinds: UseQueryResult<Kind[]>
  start: Session | null
  error: unknown
  retry: () => unknown
  onMoved: (name: string) => void
}

function Opened({ title, kinds, start, error, retry, onMoved }: OpenedProps) {
  const fault = error ?? kinds.error
  if (start && kinds.data) return <Editor start={start} kinds={kinds.data} onMoved={onMoved} />
  if (!fault) return <Loading title={title} />
  const again = () => {
    void kinds.refetch()
    void retry()
  }
  return (
    <Page title={title}>
      <Panel>
        <ErrorState error={fault} retry={again} back={{ to: '/', label: 'To the workflows' }} />
      </Panel>
    </Page>
  )
}

function at(session: Session, node: string | undefined): Session {
  const path = node === undefined ? null : pathTo(present(session), node)
  return path ? entering(path.slice(0, -1), path.slice(-1))(session) : session
}
