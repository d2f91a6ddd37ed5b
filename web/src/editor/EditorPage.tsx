/** The editor of a saved workflow, and that of one that isn't saved yet: blank, from a sample, or handed over. */
import { useQuery, type UseQueryResult } from '@tanstack/react-query'
import { useParams, useSearch } from '@tanstack/react-router'
import { useMemo } from 'react'

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

export function EditorPage() {
  const { name } = useParams({ from: '/workflows/$name/edit' })
  const { node } = useSearch({ from: '/workflows/$name/edit' })
  const kinds = useQuery(kindsQuery())
  // Read anew at each opening, and then left alone: the session is what counts from there on.
  const workflow = useQuery({
    queryKey: ['editor', name],
    queryFn: ({ signal }) => readWorkflow(name, signal),
    staleTime: Infinity,
    gcTime: 0,
    structuralSharing: false,
  })
  const start = useMemo(
    () => (workflow.data ? at(open(workflow.data), node) : null),
    // Where to begin is asked once: what is selected later doesn't begin the session again.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [workflow.data],
  )
  return <Opened title={name} kinds={kinds} start={start} error={workflow.error} retry={workflow.refetch} />
}

export function NewWorkflowPage() {
  const { sample } = useSearch({ from: '/new' })
  const kinds = useQuery(kindsQuery())
  const samples = useQuery({ ...samplesQuery(), enabled: sample !== undefined })
  const start = useMemo(() => {
    if (sample === undefined) return fresh(handedOver() ?? BLANK)
    const found = samples.data?.items.find((item) => item.name === sample)
    return samples.data ? fresh(found ? copyOfSample(found.definition) : BLANK) : null
  }, [sample, samples.data])
  return (
    <Opened title="New workflow" kinds={kinds} start={start} error={samples.error} retry={samples.refetch} />
  )
}

interface OpenedProps {
  title: string
  kinds: UseQueryResult<Kind[]>
  start: Session | null
  error: unknown
  retry: () => unknown
}

function Opened({ title, kinds, start, error, retry }: OpenedProps) {
  const fault = error ?? kinds.error
  if (start && kinds.data) return <Editor key={start.saved?.name ?? 'new'} start={start} kinds={kinds.data} />
  if (!fault) return <Loading title={title} />
  const again = () => {
    void kinds.refetch()
    void retry()
  }
  return (
    <Page title={title}>
      <Panel>
        <ErrorState error={fault} retry={again} />
      </Panel>
    </Page>
  )
}

function at(session: Session, node: string | undefined): Session {
  const path = node === undefined ? null : pathTo(present(session), node)
  return path ? entering(path.slice(0, -1), path.slice(-1))(session) : session
}
