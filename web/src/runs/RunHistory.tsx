/** Below the graph: the run on a time axis, or its events one by one. */
import { useState } from 'react'

import type { Definition, Run } from '../api/types'
import { Panel } from '../ui/Page'
import { Tabs } from '../ui/Tabs'
import { EventList } from './EventList'
import { Gantt } from './gantt/Gantt'

interface Props {
  run: Run
  definition: Definition
  selected: string | undefined
  onSelect: (node: string) => void
}

const TABS = [
  { value: 'timeline', label: 'Timeline' },
  { value: 'events', label: 'Events' },
] as const

type Tab = (typeof TABS)[number]['value']

export function RunHistory(props: Props) {
  const [tab, show] = useState<Tab>('timeline')
  return (
    <Panel>
      <Tabs label="History of the run" value={tab} onChange={show} items={TABS}>
        {(chosen) => (chosen === 'timeline' ? <Gantt {...props} /> : <EventList run={props.run.id} />)}
      </Tabs>
    </Panel>
  )
}
